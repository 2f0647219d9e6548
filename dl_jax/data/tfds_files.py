"""Reading datasets that TensorFlow Datasets has prepared, without TensorFlow."""

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dl_jax.errors import DataError

BATCH_SIZE = 256
"""Examples per read: single reads take several times as long, and one read of all may not fit into memory."""


def examples(folder: Path, split: str, decoded: bool = True) -> Iterator[dict[str, Any]]:
    """Yield the examples of a split, {"image": ..., "label": ...}, in file order. DataError if they cannot be read.

    decoded: whether the image is an array or the bytes of its file.
    """
    import tensorflow_datasets as tfds

    decoders = None if decoded else {"image": tfds.decode.SkipDecoding()}
    with _data_errors(folder):
        builder = tfds.builder_from_directory(folder)
        if split not in builder.info.splits:
            raise DataError(f"{folder} has no split {split!r}: prepare all splits in another TFDS_DATA_DIR")
        files = builder.info.splits[split]
        # The default format of TensorFlow Datasets; its data source reads the other formats that need no TensorFlow.
        if builder.info.file_format.value == "tfrecord":
            count = 0
            for record in _records(files.filepaths):
                count += 1
                yield builder.info.features.deserialize_example_np(record, decoders=decoders)
            if count != files.num_examples:
                raise EOFError(f"{count} of {files.num_examples} examples")
        else:
            source = builder.as_data_source(split, decoders=decoders)
            for first in range(0, len(source), BATCH_SIZE):
                yield from source.__getitems__(range(first, min(first + BATCH_SIZE, len(source))))


def class_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the labels 0, 1, ..."""
    import tensorflow_datasets as tfds

    with _data_errors(folder):
        return tuple(tfds.builder_from_directory(folder).info.features["label"].names)


def _records(paths: Iterable[str]) -> Iterator[bytes]:
    """Yield the records of TFRecord files: an 8-byte length, its 4-byte checksum, the record, its 4-byte checksum."""
    for path in paths:
        with open(path, "rb") as file:
            while header := file.read(12):
                (length,) = struct.unpack("<Q", header[:8])
                record = file.read(length)
                if len(record) < length or len(file.read(4)) < 4:
                    raise EOFError(f"{path} ends too early")
                yield record


@contextmanager
def _data_errors(folder):
    """Raise DataError for any error of the readers."""
    try:
        yield
    except DataError:
        raise
    except NotImplementedError as error:
        other = "prepare the dataset in another folder: TFDS_DATA_DIR=FOLDER"
        raise DataError(f"{folder} is in a format that is not supported; {other}") from error
    except Exception as error:  # the readers have no exception class of their own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{folder} is damaged ({reason}); remove it to prepare it again") from error
