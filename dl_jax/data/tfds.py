"""Image sets of TensorFlow Datasets: prepared once from raw files that are at hand, read without TensorFlow.

Nothing is downloaded. The set's own builder checks the raw files and prepares them, which needs TensorFlow and half a
minute; after that the images come from a copy as plain arrays, in less than a second.
"""

import io
import logging
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from uuid import uuid4
from zlib import crc32

import numpy as np

from dl_jax.data.dataset import DataError, Dataset, hold_out

IDX = tuple(f"{split}-{part}-ubyte.gz" for split in ("train", "t10k") for part in ("images-idx3", "labels-idx1"))


@dataclass(frozen=True)
class Source:
    """The version of a set, the raw files that it is prepared from, and the `content` that must come out."""

    version: str
    files: tuple[str, ...]
    content: int


SOURCES = {
    "mnist": Source("3.0.1", IDX, content=150584038463785),
    "fashion_mnist": Source("3.0.1", IDX, content=150020560615121),
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
    folder = data_dir / name / source.version
    arrays = copied(folder / COPY)
    if arrays is None:
        if not _whole(folder):
            _prepare(name, folder, manual_dir)
        arrays = _read(name, folder)
        copy(arrays, folder / COPY)
    train, validation = hold_out(arrays["x_train"], arrays["y_train"], 0.1)
    class_names = tuple(map(str, arrays["class_names"]))
    provenance = f"tensorflow_datasets {name} {source.version}, checksums verified"
    return Dataset(name, train, validation, (arrays["x_test"], arrays["y_test"]), class_names, provenance)


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


def _whole(folder):
    return (folder / "dataset_info.json").is_file()


def _read(name, folder):
    with _quiet():
        import tensorflow_datasets as tfds

        try:
            builder = tfds.builder_from_directory(folder)
            train, test = (_stacked(builder.as_data_source(split)) for split in ("train", "test"))
        except NotImplementedError as error:  # TensorFlow Datasets' own default is such a format
            other = "have it prepared anew in another folder: TFDS_DATA_DIR=FOLDER"
            raise DataError(f"{folder} holds {name} in a format that only TensorFlow reads; {other}") from error
        except Exception as error:  # its readers have no error of their own
            raise DataError(f"{folder} is damaged ({error}); remove it, and {name} is prepared anew") from error
    # Sets prepared by others are read too, and one whose raw files were mistaken for another's looks whole.
    if content(train, test) != SOURCES[name].content:
        raise DataError(f"{folder} does not hold the images of {name}; remove it, and {name} is prepared anew")
    arrays = {"x_train": train[0], "y_train": train[1], "x_test": test[0], "y_test": test[1]}
    return arrays | {"class_names": np.array(builder.info.features["label"].names)}


def _stacked(source):
    rows = source.__getitems__(range(len(source)))  # in bulk: one by one takes five times as long
    x = np.stack([row["image"] for row in rows])
    return (x[..., 0] if x.shape[-1] == 1 else x), np.array([row["label"] for row in rows], np.int32)


def _prepare(name, folder, manual_dir):
    data_dir = folder.parents[1]
    raw = _raw_files(name, data_dir, manual_dir)
    if folder.exists() and not _whole(folder):
        raise DataError(f"{folder} is in the way and no prepared set; remove it")
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=data_dir))
    except OSError as error:
        raise DataError(f"cannot write to {data_dir} ({error.strerror}); use TFDS_DATA_DIR=FOLDER") from error
    # The set comes into its place whole or not at all, and the first of several that prepare it at once wins.
    try:
        _build(name, raw, scratch)
        folder.parent.mkdir(exist_ok=True)
        (scratch / name / folder.name).rename(folder)
    except OSError:
        if not _whole(folder):
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _raw_files(name, data_dir, manual_dir):
    if manual_dir is None:
        raise DataError(
            f"{name} is not yet in {data_dir}, and nothing is downloaded: type --manual_dir=FOLDER, a folder that "
            f"holds one folder of raw files per data set, here {name}/ with {', '.join(SOURCES[name].files)}"
        )
    raw = manual_dir / name
    missing = [file for file in SOURCES[name].files if not (raw / file).is_file()]
    if missing:
        raise DataError(f"{raw} lacks {', '.join(missing)}; put it there, or type another --manual_dir=FOLDER")
    return raw


def _build(name, raw, scratch):
    with _quiet():
        import tensorflow_datasets as tfds

        tfds.disable_progress_bar()
        version = SOURCES[name].version
        builder = tfds.builder(f"{name}:{version}", data_dir=scratch, file_format="array_record", try_gcs=False)
        for expected in builder.url_infos.values():
            with open(raw / expected.filename, "rb") as file:
                if file_digest(file, "sha256").hexdigest() != expected.checksum:
                    raise DataError(f"{raw / expected.filename} is damaged or another file: its checksum is wrong")
        _import_tensorflow(name)
        # Raw files of several sets have the same names: in a shared extract_dir one set is read as another.
        config = tfds.download.DownloadConfig(
            manual_dir=raw, extract_dir=scratch / "extracted", try_download_gcs=False, force_checksums_validation=True
        )
        builder.download_and_prepare(download_dir=scratch / "downloads", download_config=config)


def _import_tensorflow(name):
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}  # both are looked at on import only
    added = {variable: value for variable, value in quiet.items() if variable not in os.environ}
    os.environ.update(added)
    try:
        import tensorflow  # noqa: F401
    except ImportError as error:
        command = "EXTRAS=prepare bash launch/local.sh ..."
        raise DataError(f"{name} has to be prepared, once, and that needs TensorFlow: {command}") from error
    finally:
        for variable in added:
            del os.environ[variable]


@contextmanager
def _quiet() -> Iterator[None]:
    """TensorFlow Datasets prints and warns about itself."""
    logger = logging.getLogger("absl")  # what TFDS warns with
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
