"""Image sets of TensorFlow Datasets that fit in memory: prepared once, then read from a copy as plain arrays."""

import os
import zipfile
from contextlib import suppress
from pathlib import Path
from uuid import uuid4
from zlib import crc32

import numpy as np

from dl_jax.data.dataset import Dataset, hold_out
from dl_jax.data.tfds_files import class_names, examples
from dl_jax.data.tfds_prepare import Source, prepare, quiet, whole
from dl_jax.errors import DataError

IDX = tuple(f"{split}-{part}-ubyte.gz" for split in ("train", "t10k") for part in ("images-idx3", "labels-idx1"))

SOURCES = {
    "mnist": Source("3.0.1", IDX, content=150584038463785),
    "fashion_mnist": Source("3.0.1", IDX, content=150020560615121),
    "cifar10": Source("3.0.2", ("cifar-10-binary.tar.gz",)),
}

COPY = "dl_jax.npz"  # the same examples as plain arrays, beside the prepared set's own files


def default_data_dir() -> Path:
    """Where TensorFlow Datasets itself keeps prepared sets: TFDS_DATA_DIR, or a folder of the home directory."""
    return Path(os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets")).expanduser()


def prepared(name: str, data_dir: Path, manual_dir: Path | None) -> Dataset:
    """One of SOURCES, x_NxHxW[xC] uint8: a tenth of every class to choose by, the official test examples to judge by.

    Examples stand in the order in which the builder shuffled them, which is the same on every machine. A set that is
    not yet in `data_dir` is prepared from the raw files in `manual_dir/<name>`.
    """
    source = SOURCES[name]
    folder = source.folder(name, data_dir)
    arrays = copied(folder / COPY)
    if arrays is None:
        if not whole(folder):
            prepare(name, source, data_dir, manual_dir)
        arrays = _read(name, folder)
        copy(arrays, folder / COPY)
    verified = ", checksums verified" if source.content is not None else ""
    return as_dataset(name, arrays, f"tensorflow_datasets {name} {source.version}{verified}")


def as_dataset(name: str, arrays: dict[str, np.ndarray], provenance: str) -> Dataset:
    """What is in x_train, y_train, x_test, y_test and class_names: a tenth of every class to choose by."""
    train, validation = hold_out(arrays["x_train"], arrays["y_train"], 0.1)
    test, names = (arrays["x_test"], arrays["y_test"]), tuple(map(str, arrays["class_names"]))
    return Dataset(name, train, validation, test, names, provenance)


def content(*splits: tuple[np.ndarray, np.ndarray]) -> int:
    """A number that changes with the images and their labels, but not with the order of the examples."""
    return sum(crc32(image.tobytes(), int(label)) for x, y in splits for image, label in zip(x, y, strict=True))


def copied(path: Path) -> dict[str, np.ndarray] | None:
    """The arrays of an earlier `copy`; None where there is none that can be read."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):  # not there, or damaged: read the set itself
        return None


def copy(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Keep arrays for the next time, in a folder that is made where it is missing."""
    # The copy saves time and no more: where the folder is read-only, or the disk is full, go on without it.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{uuid4()}.npz")
        try:
            np.savez(partial, **arrays)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def _read(name, folder):
    with quiet():
        train, test = (_stacked(examples(folder, split)) for split in ("train", "test"))
        names = class_names(folder)
    # Sets prepared by others are read too, and one whose raw files were mistaken for another's looks whole.
    if SOURCES[name].content not in (None, content(train, test)):
        raise DataError(f"{folder} does not hold the images of {name}; remove it, and {name} is prepared anew")
    arrays = {"x_train": train[0], "y_train": train[1], "x_test": test[0], "y_test": test[1]}
    return arrays | {"class_names": np.array(names)}


def _stacked(rows):
    images, labels = zip(*((row["image"], row["label"]) for row in rows), strict=True)
    x = np.stack(images)
    return (x[..., 0] if x.shape[-1] == 1 else x), np.array(labels, np.int32)
