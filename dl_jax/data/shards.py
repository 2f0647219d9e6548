"""Datasets that do not fit into memory: a folder of ArrayRecord shards and a JSON manifest.

Every example is one record of fixed size, the bytes of a NumPy record without pickling. The manifest lists complete
shards only, so that `shard_writer.write` resumes after an interruption.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dl_jax.data.checksum import sha256_of
from dl_jax.errors import DataError

MANIFEST = "manifest.json"


class Shard(NamedTuple):
    """A complete file of examples."""

    file: str
    count: int  # type: ignore[assignment]
    bytes: int
    sha256: str


class Shards(NamedTuple):
    """A complete dataset: its folder, its files in order, and the dtype of one record."""

    folder: Path
    shards: tuple[Shard, ...]
    record: np.dtype

    @property
    def count(self) -> int:  # type: ignore[override]
        """Number of examples."""
        return sum(shard.count for shard in self.shards)

    @property
    def bytes(self) -> int:
        """Size on disk in bytes."""
        return sum(shard.bytes for shard in self.shards)


def open_shards(folder: Path) -> Shards:
    """Open the dataset in a folder. DataError unless all examples are there and every file has its original length."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise DataError(f"{folder} has no examples: there is no {MANIFEST} in it")
    shards = sorted(Shard(**shard) for shard in manifest["shards"])
    written = sum(shard.count for shard in shards)
    if written != manifest["count"]:
        raise DataError(f"{folder}: {written:,} of {manifest['count']:,} examples are written; write the rest first")
    for shard in shards:
        path = folder / shard.file
        if not path.is_file():
            raise DataError(f"{path} is missing; write the examples again")
        if (size := path.stat().st_size) != shard.bytes:
            raise DataError(f"{path} has {size:,} bytes, not the {shard.bytes:,} that were written; write it again")
    record = np.dtype([(name, kind, tuple(shape)) for name, kind, shape in manifest["record"]])
    return Shards(folder, tuple(shards), record)


def verify_checksums(shards: Shards) -> None:
    """Read all files. DataError names the first one that is missing or whose checksum differs from the manifest."""
    for shard in shards.shards:
        path = shards.folder / shard.file
        if not path.is_file():
            raise DataError(f"{path} is missing; write the examples again")
        if sha256_of(path) != shard.sha256:
            raise DataError(f"{path} is damaged: its sha256 is not the one in {MANIFEST}; delete it and write it again")


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder, or None if it does not exist. DataError if it is damaged."""
    try:
        return json.loads((folder / MANIFEST).read_text())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        raise DataError(f"{folder / MANIFEST} is damaged; delete the folder to write it again") from None
