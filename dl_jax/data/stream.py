"""Examples from shards as a stream of batches, each a function of its number alone, read while the machine learns."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import jax
import numpy as np

from dl_jax.data.dataset import Examples, Stream
from dl_jax.data.permutation import shuffled
from dl_jax.data.shards import Shards, check
from dl_jax.errors import DataError


def stream(shards: Shards, seed: int, *, process: int = 0, processes: int = 1) -> Stream:
    """The examples of `shards` in an endless stream: each pass shows every one once, in an order drawn from the seed.

    Batches are x_TxBx... as they were written and y_TxB int32. Of `processes` that train together each reads its own
    part of every batch, B / processes examples; put one after another these are the batch, whose size is the one that
    is asked for. Asked for some steps, it begins to read as many that follow, for who comes back for just these.
    DataError names a file that cannot be read.
    """
    source, ahead = _source(shards), _Ahead()

    def read(first_step: int, steps: int, batch_size: int) -> Examples:
        each, rest = divmod(batch_size, processes)
        if rest:
            raise DataError(f"batches of {batch_size} examples cannot be shared out evenly among {processes} processes")
        own_B = np.arange(each) + process * each
        place_TxB = np.arange(first_step, first_step + steps)[:, None] * batch_size + own_B[None]
        number_N = shuffled(seed, place_TxB.ravel(), shards.count)
        # All at once: read one by one, as a MapDataset of records does it, they take ten times as long.
        with _naming_the_damaged(shards):
            records = source.__getitems__(number_N.tolist())
        record_N = np.frombuffer(b"".join(records), shards.record)
        record_TxB = record_N.reshape(steps, each)
        return Examples(record_TxB["x"], record_TxB["y"].astype(np.int32))

    def batches(first_step: int, steps: int, batch_size: int) -> Examples:
        found = ahead.take(read, first_step, steps, batch_size)
        ahead.begin(read, first_step + steps, steps, batch_size)
        return found

    return Stream(_example(shards.record), shards.count, batches)


def abstract_stream(record: np.dtype, count: int) -> Stream:
    """A stream of so many examples for who only plans: it has their shapes, and no batch can be had of it."""

    def batches(first_step: int, steps: int, batch_size: int) -> Examples:
        raise DataError("the examples of this stream were only planned; write them first")

    return Stream(_example(record), count, batches)


def random_labels(shown: Stream, classes: int, seed: int) -> Stream:
    """The same examples, each with a label drawn by lot: what nothing can be learned from."""

    def batches(first_step: int, steps: int, batch_size: int) -> Examples:
        x_TxB, y_TxB = shown.batches(first_step, steps, batch_size)
        drawn = [np.random.default_rng((seed, first_step + t)).integers(classes, size=batch_size) for t in range(steps)]
        return Examples(x_TxB, np.stack(drawn).astype(np.int32)[:, : y_TxB.shape[1]])

    return shown._replace(batches=batches)


def _example(record: np.dtype) -> Examples:
    x = jax.ShapeDtypeStruct(record["x"].shape, record["x"].base)
    return Examples(x, jax.ShapeDtypeStruct((), np.dtype(np.int32)))


class _Ahead:
    """What will be asked for next, in the reading. It changes when an answer comes, never what it is."""

    def __init__(self):
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        self.asked: tuple[int, ...] | None = None
        self.future: Future | None = None

    def begin(self, read, *asked):
        self.asked, self.future = asked, self.pool.submit(read, *asked)

    def take(self, read, *asked):
        if self.asked == asked:
            return self.future.result()
        if self.future is not None:
            self.future.cancel()
        return read(*asked)


def _source(shards: Shards):
    import grain  # it brings absl flags of its own, which only who reads a stream shall have

    with _naming_the_damaged(shards):
        return grain.sources.ArrayRecordDataSource([str(shards.folder / shard.file) for shard in shards.shards])


@contextmanager
def _naming_the_damaged(shards: Shards):
    """ArrayRecord keeps a hash of every record and says where one does not fit, but not in which file."""
    try:
        yield
    except (RuntimeError, OSError) as error:
        check(shards)
        raise DataError(f"{shards.folder} cannot be read: {str(error).splitlines()[0]}") from None
