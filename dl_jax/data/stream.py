"""Batches of examples from shards as a function of the step, prefetched while the model trains."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np

from dl_jax.data.dataset import Examples, OnProgress, Stream
from dl_jax.data.permutation import shuffled
from dl_jax.data.shard_writer import OnDemand
from dl_jax.data.shards import Shards, verify_checksums
from dl_jax.errors import DataError


def stream(dataset: Shards | OnDemand, seed: int, *, process: int = 0, processes: int = 1) -> Stream:
    """Return an endless stream of the examples of a dataset, shuffled by the seed anew in every epoch.

    Batches are x_TxBx... as written and y_TxB int32. With several processes that train together, process p of P reads
    its own batch_size / P examples of every batch; concatenated they are the batch. After each call the next chunk of
    equal length is prefetched. DataError names a file that cannot be read. A dataset on demand is written before the
    first batch is read.
    """
    reader, prefetch = _Reader(dataset), _Prefetch()

    def read(first_step: int, steps: int, batch_size: int) -> Examples:
        per_process, rest = divmod(batch_size, processes)
        if rest:
            raise DataError(f"a batch of {batch_size} examples cannot be divided evenly among {processes} processes")
        offset_B = np.arange(per_process) + process * per_process
        position_TxB = np.arange(first_step, first_step + steps)[:, None] * batch_size + offset_B[None]
        number_N = shuffled(seed, position_TxB.ravel(), dataset.count)
        record_N = np.frombuffer(reader.read(number_N), dataset.record)
        record_TxB: Any = record_N.reshape(steps, per_process)
        return Examples(record_TxB["x"], record_TxB["y"].astype(np.int32))

    def batches(first_step: int, steps: int, batch_size: int) -> Examples:
        chunk = prefetch.take(read, first_step, steps, batch_size)
        prefetch.begin(read, first_step + steps, steps, batch_size)
        return chunk

    return Stream(_example(dataset.record), dataset.count, batches, reader.open)


def random_labels(examples: Stream, classes: int, seed: int) -> Stream:
    """Return the stream with labels drawn uniformly at random, a control from which nothing can be learned.

    The labels are a function of the seed and the step.
    """

    def batches(first_step: int, steps: int, batch_size: int) -> Examples:
        x_TxB, y_TxB = examples.batches(first_step, steps, batch_size)
        drawn = [np.random.default_rng((seed, first_step + t)).integers(classes, size=batch_size) for t in range(steps)]
        random_TxB: Any = np.stack(drawn).astype(np.int32)
        return Examples(x_TxB, random_TxB[:, : y_TxB.shape[1]])

    return examples._replace(batches=batches)


def _example(record: np.dtype) -> Examples:
    x: Any = jax.ShapeDtypeStruct(record["x"].shape, record["x"].base)
    y: Any = jax.ShapeDtypeStruct((), np.dtype(np.int32))
    return Examples(x, y)


class _Reader:
    """The files of a dataset, opened before the first record is read."""

    def __init__(self, dataset: Shards | OnDemand):
        self.dataset = dataset
        self.shards: Any = None
        self.source: Any = None

    def open(self, on_progress: OnProgress = lambda label, done, total: None) -> None:
        if self.source is None:
            self.shards = self.dataset if isinstance(self.dataset, Shards) else self.dataset.write(on_progress)
            import grain  # defines absl flags of its own on import, which other programs should not have

            files = [str(self.shards.folder / shard.file) for shard in self.shards.shards]
            with _name_damaged_file(self.shards):
                self.source = grain.sources.ArrayRecordDataSource(files)

    def read(self, number_N: np.ndarray) -> bytes:
        """Return the records of these examples, one after the other."""
        self.open()
        # One call for all records: single reads, as by grain's MapDataset, take ten times as long.
        with _name_damaged_file(self.shards):
            return b"".join(self.source.__getitems__(number_N.tolist()))


class _Prefetch:
    """The next chunk, read in the background. It affects when a chunk is there, never its contents."""

    def __init__(self):
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="prefetch")
        self.request: tuple[int, ...] | None = None
        self.future: Future | None = None

    def begin(self, read, *request):
        self.request, self.future = request, self.pool.submit(read, *request)

    def take(self, read, *request):
        if self.future is not None:
            if self.request == request:
                return self.future.result()
            self.future.cancel()
        return read(*request)


@contextmanager
def _name_damaged_file(shards: Shards):
    """Raise DataError with the name of the damaged file, which the errors of ArrayRecord do not give."""
    try:
        yield
    except (RuntimeError, OSError) as error:
        verify_checksums(shards)
        raise DataError(f"{shards.folder} cannot be read: {str(error).splitlines()[0]}") from None
