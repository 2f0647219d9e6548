"""Examples too many for memory, as files: a folder of ArrayRecord shards and a manifest that says what they hold.

Every example is one record of fixed size, the bytes of a NumPy record; nothing is pickled. A shard appears under its
name only when it is whole, and the manifest names it only after that: writing that was cut off goes on where it was.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dl_jax.data.checksum import sha256_of
from dl_jax.errors import DataError

PER_SHARD = 1 << 20
"""Examples a file, at most."""
AT_ONCE = 8192
"""Examples drawn at once: few enough to stay in a core's cache, enough that NumPy's calls do not count."""
OPTIONS = "group_size:1,uncompressed"
"""One record a chunk, for reading at random. Noise does not compress."""
FRAME_BYTES = 64
"""What ArrayRecord adds to a record (57 to 60 bytes), rounded up: so that a plan does not run out of disk."""
MANIFEST = "manifest.json"


class Shard(NamedTuple):
    """One file that is whole."""

    file: str
    count: int
    bytes: int
    sha256: str


class Shards(NamedTuple):
    """A whole set: its folder, its files in order, and the dtype of one record."""

    folder: Path
    shards: tuple[Shard, ...]
    record: np.dtype

    @property
    def count(self) -> int:
        """Examples in all."""
        return sum(shard.count for shard in self.shards)

    @property
    def bytes(self) -> int:
        """Bytes on the disk."""
        return sum(shard.bytes for shard in self.shards)


def bytes_planned(count: int, record: np.dtype) -> int:
    """How many bytes of disk so many examples take, at most."""
    return count * (record.itemsize + FRAME_BYTES)


def write(
    folder: Path,
    examples: Callable[[np.ndarray], np.ndarray],
    record: np.dtype,
    count: int,
    origin: dict[str, Any],
    *,
    per_shard: int = PER_SHARD,
    tell: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> Shards:
    """The examples 0 to count - 1 in `folder`: those that are there already, and the rest written now.

    examples: number_N -> record_N of dtype `record`.
    origin:   what else they depend on (a name, a seed), kept in the manifest.
    DataError if the folder holds other examples, or cannot hold these.
    """
    whole = {"count": count, "per_shard": per_shard, "origin": origin, "record": _described(record)}
    done = _begun(folder, whole)
    todo = [first for first in range(0, count, per_shard) if _name(first, per_shard, count) not in done]
    missing = sum(min(per_shard, count - first) for first in todo)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        needed, free = bytes_planned(missing, record), shutil.disk_usage(folder).free
        if needed > free:
            raise DataError(
                f"{folder}: {missing:,} examples take {needed / 1e9:.2g} GB, and {free / 1e9:.2g} GB are free there; "
                "ask for fewer, or name another folder"
            )
        pool = ThreadPoolExecutor(os.cpu_count())
        try:
            for written in as_completed([pool.submit(_write, folder, examples, f, per_shard, count) for f in todo]):
                # Another process may be writing the same set here: what it finished is finished for both.
                done = _begun(folder, whole) | done | {written.result().file: written.result()}
                _replace(folder / MANIFEST, json.dumps(whole | {"shards": [s._asdict() for s in done.values()]}))
                tell("examples written", sum(s.count for s in done.values()), count)
        finally:
            pool.shutdown(cancel_futures=True)
    except OSError as error:
        raise DataError(f"{folder}: the examples cannot be written there ({error.strerror or error})") from None
    return opened(folder)


@contextmanager
def kept_or_passing(folder: str, *arguments: Any, **options: Any) -> Iterator[Shards]:
    """What `write` writes to `folder`, there to stay; or, where that is empty, to a folder that vanishes in the end."""
    if folder:
        yield write(Path(folder).expanduser(), *arguments, **options)
        return
    with tempfile.TemporaryDirectory(prefix="examples-", ignore_cleanup_errors=True) as passing:
        yield write(Path(passing), *arguments, **options)


def opened(folder: Path) -> Shards:
    """The set in a folder. DataError unless its files are whole and as long as they were when they were written."""
    manifest = _manifest(folder)
    if manifest is None:
        raise DataError(f"{folder} holds no examples: there is no {MANIFEST} in it")
    shards = sorted(Shard(**shard) for shard in manifest["shards"])
    there = sum(shard.count for shard in shards)
    if there != manifest["count"]:
        raise DataError(f"{folder}: {there:,} of {manifest['count']:,} examples are written; write the rest first")
    for shard in shards:
        path = folder / shard.file
        if not path.is_file():
            raise DataError(f"{path} is missing; write the examples again")
        if (size := path.stat().st_size) != shard.bytes:
            raise DataError(f"{path} has {size:,} bytes, not the {shard.bytes:,} that were written; write it again")
    record = np.dtype([(name, kind, tuple(shape)) for name, kind, shape in manifest["record"]])
    return Shards(folder, tuple(shards), record)


def check(shards: Shards) -> None:
    """DataError that names the first file whose bytes are not those that were written. Reads all of them."""
    for shard in shards.shards:
        path = shards.folder / shard.file
        if not path.is_file():
            raise DataError(f"{path} is missing; write the examples again")
        if sha256_of(path) != shard.sha256:
            raise DataError(f"{path} is damaged: its sha256 is not the one in {MANIFEST}; delete it and write it again")


def _begun(folder, whole) -> dict[str, Shard]:
    """The shards that an earlier writing of the same set finished. DataError if the folder holds another set."""
    manifest = _manifest(folder)
    if manifest is None:
        return {}
    for key, wanted in whole.items():
        if manifest[key] != wanted:
            raise DataError(f"{folder} holds other examples ({key} {manifest[key]}, not {wanted}); name another folder")
    shards = [Shard(**shard) for shard in manifest["shards"]]
    return {s.file: s for s in shards if (folder / s.file).is_file() and (folder / s.file).stat().st_size == s.bytes}


def _manifest(folder):
    try:
        return json.loads((folder / MANIFEST).read_text())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        raise DataError(f"{folder / MANIFEST} is damaged; delete the folder, and it is written again") from None


def _described(record: np.dtype) -> list:
    """A dtype as JSON holds it."""
    return [[name, record[name].base.str, list(record[name].shape)] for name in record.names]


def _name(first, per_shard, count):
    return f"examples-{first // per_shard:05}-of-{-(-count // per_shard):05}.array_record"


def _write(folder, examples, first, per_shard, count) -> Shard:
    from array_record.python.array_record_module import ArrayRecordWriter

    path, stop = folder / _name(first, per_shard, count), min(first + per_shard, count)
    handle, fresh = tempfile.mkstemp(dir=folder, prefix=f".{path.name}-")
    os.close(handle)
    try:
        writer = ArrayRecordWriter(fresh, OPTIONS)
        for start in range(first, stop, AT_ONCE):
            for record in examples(np.arange(start, min(start + AT_ONCE, stop))):
                writer.write(record.tobytes())
        writer.close()
        os.chmod(fresh, 0o644)
        shard = Shard(path.name, stop - first, os.path.getsize(fresh), sha256_of(fresh))
        os.replace(fresh, path)
    except (RuntimeError, ValueError) as error:  # what ArrayRecord makes of a full disk
        raise OSError(None, f"{path.name}: {str(error).splitlines()[0]}") from None
    finally:
        Path(fresh).unlink(missing_ok=True)
    return shard


def _replace(path, text):
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.chmod(fresh, 0o644)
        os.replace(fresh, path)
    finally:
        Path(fresh).unlink(missing_ok=True)
