"""Image datasets of TensorFlow Datasets that fit in memory: prepared once, then read from a cache of plain arrays."""

import os
import zipfile
from contextlib import suppress
from pathlib import Path
from uuid import uuid4
from zlib import crc32

import numpy as np

from dl_jax.data.dataset import Dataset, hold_out
from dl_jax.data.tfds_files import class_names, examples
from dl_jax.data.tfds_prepare import Source, is_prepared, prepare, silence_tfds
from dl_jax.errors import DataError

IDX = tuple(f"{split}-{part}-ubyte.gz" for split in ("train", "t10k") for part in ("images-idx3", "labels-idx1"))

SOURCES = {
    "mnist": Source("3.0.1", IDX, checksum=150584038463785),
    "fashion_mnist": Source("3.0.1", IDX, checksum=150020560615121),
    "cifar10": Source("3.0.2", ("cifar-10-binary.tar.gz",)),
}

CACHE_FILE = "dl_jax.npz"
"""The examples as plain arrays, beside the files of the prepared dataset."""


def default_data_dir() -> Path:
    """Return the folder of TensorFlow Datasets: TFDS_DATA_DIR, or ~/tensorflow_datasets."""
    return Path(os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets")).expanduser()


def load(name: str, data_dir: Path, manual_dir: Path | None) -> Dataset:
    """Load one of SOURCES as x_NxHxW[xC] uint8: the official test split, and a tenth of every class as validation.

    Examples are in the builder's shuffled order, which is the same on every host. A dataset that is not yet in
    `data_dir` is prepared from the raw files in `manual_dir/<name>`. DataError if it cannot be prepared or read.
    """
    source = SOURCES[name]
    folder = source.folder(name, data_dir)
    arrays = read_cache(folder / CACHE_FILE)
    if arrays is None:
        if not is_prepared(folder):
            prepare(name, source, data_dir, manual_dir)
        arrays = _read(name, folder)
        write_cache(arrays, folder / CACHE_FILE)
    verified = ", checksums verified" if source.checksum is not None else ""
    return as_dataset(name, arrays, f"tensorflow_datasets {name} {source.version}{verified}")


def as_dataset(name: str, arrays: dict[str, np.ndarray], provenance: str) -> Dataset:
    """Return a dataset of the arrays x_train, y_train, x_test, y_test and class_names.

    A tenth of every training class becomes the validation split; the test is official.
    """
    train, validation = hold_out(arrays["x_train"], arrays["y_train"], 0.1)
    test, names = (arrays["x_test"], arrays["y_test"]), tuple(map(str, arrays["class_names"]))
    return Dataset(name, train, validation, test, names, provenance, official_test=True)


def content_checksum(*splits: tuple[np.ndarray, np.ndarray]) -> int:
    """Return a number that depends on the images and their labels, but not on the order of the examples."""
    return sum(crc32(image.tobytes(), int(label)) for x, y in splits for image, label in zip(x, y, strict=True))


def read_cache(path: Path) -> dict[str, np.ndarray] | None:
    """Return the arrays that `write_cache` wrote, or None if the file is missing or damaged."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def write_cache(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Write arrays to a .npz file, and create its folder if it is missing. Failures are ignored."""
    # The cache only saves time, so a read-only folder or a full disk must not stop the run.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{uuid4()}.npz")
        try:
            np.savez(partial, **arrays)  # type: ignore[arg-type]
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def _read(name, folder):
    with silence_tfds():
        train, test = (_stack(examples(folder, split)) for split in ("train", "test"))
        names = class_names(folder)
    # A dataset that another tool prepared from the wrong raw files is complete, but has other images.
    if SOURCES[name].checksum not in (None, content_checksum(train, test)):
        raise DataError(f"{folder} does not have the images of {name}; remove it to prepare {name} again")
    arrays = {"x_train": train[0], "y_train": train[1], "x_test": test[0], "y_test": test[1]}
    return arrays | {"class_names": np.array(names)}


def _stack(rows):
    images, labels = zip(*((row["image"], row["label"]) for row in rows), strict=True)
    x = np.stack(images)
    return (x[..., 0] if x.shape[-1] == 1 else x), np.array(labels, np.int32)
