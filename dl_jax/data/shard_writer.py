"""Writing datasets of `shards` in parallel, resumably, and without partial files."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np

from dl_jax.data.checksum import sha256_of
from dl_jax.data.dataset import OnProgress
from dl_jax.data.shards import MANIFEST, Shard, Shards, open_shards, read_manifest
from dl_jax.errors import DataError

PER_SHARD = 1 << 20
"""Examples per file, at most."""
BATCH_SIZE = 8192
"""Examples generated per call: few enough for a core's cache, enough that the overhead of NumPy's calls is small."""
OPTIONS = "group_size:1,uncompressed"
"""One record per chunk, for random access; noise does not compress."""
FRAME_BYTES = 64
"""Overhead of ArrayRecord per record (57 to 60 bytes), rounded up to an upper bound."""


def disk_bytes(count: int, record: np.dtype) -> int:
    """Return an upper bound of the disk space that `count` examples take, in bytes."""
    return count * (record.itemsize + FRAME_BYTES)


def write(
    folder: Path,
    examples: Callable[[np.ndarray], np.ndarray],
    record: np.dtype,
    count: int,
    origin: dict[str, Any],
    *,
    per_shard: int = PER_SHARD,
    on_progress: OnProgress = lambda label, done, total: None,
) -> Shards:
    """Write the examples 0 to count - 1 to `folder`, except for shards that an earlier call has completed.

    examples: number_N -> record_N of dtype `record`.
    origin: what else the examples depend on (a name, a seed), stored in the manifest.
    on_progress: called with a label, the examples written so far and `count` after each shard.
    DataError if the folder has other examples, or these do not fit on the disk.
    """
    description = {"count": count, "per_shard": per_shard, "origin": origin, "record": _dtype_as_json(record)}
    done = _completed(folder, description)
    todo = [first for first in range(0, count, per_shard) if _name(first, per_shard, count) not in done]
    missing = sum(min(per_shard, count - first) for first in todo)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        needed, free = disk_bytes(missing, record), shutil.disk_usage(folder).free
        if needed > free:
            raise DataError(
                f"{folder}: {missing:,} examples take {needed / 1e9:.2g} GB, and {free / 1e9:.2g} GB are free there; "
                "ask for fewer, or name another folder"
            )
        pool = ThreadPoolExecutor(os.cpu_count())
        try:
            for written in as_completed([pool.submit(_write, folder, examples, f, per_shard, count) for f in todo]):
                # Another process may write the same dataset here: its completed shards count too.
                done = _completed(folder, description) | done | {written.result().file: written.result()}
                _replace(folder / MANIFEST, json.dumps(description | {"shards": [s._asdict() for s in done.values()]}))
                on_progress("examples written", sum(s.count for s in done.values()), count)
        finally:
            pool.shutdown(cancel_futures=True)
    except OSError as error:
        raise DataError(f"{folder}: the examples cannot be written there ({error.strerror or error})") from None
    return open_shards(folder)


class OnDemand:
    """A dataset that is written when it is first needed, so that a dry run writes nothing.

        with OnDemand("", examples, record, count, origin) as dataset:
            ...

    The arguments are those of `write`. With an empty `folder` the files are in a temporary one, which is deleted at the
    end of the `with` statement.
    """

    def __init__(
        self,
        folder: str,
        examples: Callable[[np.ndarray], np.ndarray],
        record: np.dtype,
        count: int,
        origin: dict[str, Any],
    ):
        self.record, self.count = record, count
        self._folder, self._examples, self._origin = folder, examples, origin
        self._shards: Shards | None = None
        self._temporary: tempfile.TemporaryDirectory | None = None

    def __enter__(self) -> "OnDemand":
        return self

    def __exit__(self, *error: object) -> None:
        if self._temporary:
            self._temporary.cleanup()

    def write(self, on_progress: OnProgress = lambda label, done, total: None) -> Shards:
        """Return the dataset, which the first call writes."""
        if self._shards is None:
            folder = self._folder
            if not folder:
                self._temporary = tempfile.TemporaryDirectory(prefix="examples-", ignore_cleanup_errors=True)
                folder = self._temporary.name
            path = Path(folder).expanduser()
            self._shards = write(path, self._examples, self.record, self.count, self._origin, on_progress=on_progress)
        return self._shards

    @property
    def bytes(self) -> int:
        """Size on disk in bytes; 0 before it is written."""
        return self._shards.bytes if self._shards else 0


def _completed(folder, description) -> dict[str, Shard]:
    """Return the complete shards of the same dataset in a folder. DataError if the folder has another dataset."""
    manifest = read_manifest(folder)
    if manifest is None:
        return {}
    for key, value in description.items():
        if manifest[key] != value:
            raise DataError(f"{folder} has other examples ({key} {manifest[key]}, not {value}); name another folder")
    shards = [Shard(**shard) for shard in manifest["shards"]]
    return {s.file: s for s in shards if (folder / s.file).is_file() and (folder / s.file).stat().st_size == s.bytes}


def _dtype_as_json(record: np.dtype) -> list:
    return [[name, record[name].base.str, list(record[name].shape)] for name in record.names or ()]


def _name(first, per_shard, count):
    return f"examples-{first // per_shard:05}-of-{-(-count // per_shard):05}.array_record"


def _write(folder, examples, first, per_shard, count) -> Shard:
    from array_record.python.array_record_module import ArrayRecordWriter

    path, stop = folder / _name(first, per_shard, count), min(first + per_shard, count)
    handle, partial = tempfile.mkstemp(dir=folder, prefix=f".{path.name}-")
    os.close(handle)
    try:
        writer = ArrayRecordWriter(partial, OPTIONS)
        for start in range(first, stop, BATCH_SIZE):
            for record in examples(np.arange(start, min(start + BATCH_SIZE, stop))):
                writer.write(record.tobytes())
        writer.close()
        os.chmod(partial, 0o644)
        shard = Shard(path.name, stop - first, os.path.getsize(partial), sha256_of(partial))
        os.replace(partial, path)
    except (RuntimeError, ValueError) as error:  # ArrayRecord raises these when the disk is full
        raise OSError(None, f"{path.name}: {str(error).splitlines()[0]}") from None
    finally:
        Path(partial).unlink(missing_ok=True)
    return shard


def _replace(path, text):
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.chmod(partial, 0o644)
        os.replace(partial, path)
    finally:
        Path(partial).unlink(missing_ok=True)
