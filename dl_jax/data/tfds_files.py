"""Reading a set that TensorFlow Datasets prepared, here or anywhere, without TensorFlow."""

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dl_jax.errors import DataError

AT_ONCE = 256
"""Examples read together: one by one takes several times as long, and all together may be too much for memory."""


def examples(folder: Path, split: str, decoded: bool = True) -> Iterator[dict[str, Any]]:
    """The examples of a split, {"image": ..., "label": ...}, in the order of its files; DataError if that cannot be.

    decoded: the image as an array; else as the bytes of its file.
    """
    import tensorflow_datasets as tfds

    decoders = None if decoded else {"image": tfds.decode.SkipDecoding()}
    with _told(folder):
        builder = tfds.builder_from_directory(folder)
        if split not in builder.info.splits:
            raise DataError(f"{folder} holds no split {split!r}: have it prepared whole, in another TFDS_DATA_DIR")
        files = builder.info.splits[split]
        # The format that TensorFlow Datasets itself chooses; its data source reads all others that can be read.
        if builder.info.file_format.value == "tfrecord":
            count = 0
            for record in _records(files.filepaths):
                count += 1
                yield builder.info.features.deserialize_example_np(record, decoders=decoders)
            if count != files.num_examples:
                raise EOFError(f"{count} of {files.num_examples} examples")
        else:
            source = builder.as_data_source(split, decoders=decoders)
            for first in range(0, len(source), AT_ONCE):
                yield from source.__getitems__(range(first, min(first + AT_ONCE, len(source))))


def class_names(folder: Path) -> tuple[str, ...]:
    """What the labels 0, 1, ... stand for."""
    import tensorflow_datasets as tfds

    with _told(folder):
        return tuple(tfds.builder_from_directory(folder).info.features["label"].names)


def _records(paths: Iterable[str]) -> Iterator[bytes]:
    """The records of TFRecord files: a length of eight bytes, its checksum of four, the record, its checksum."""
    for path in paths:
        with open(path, "rb") as file:
            while header := file.read(12):
                (length,) = struct.unpack("<Q", header[:8])
                record = file.read(length)
                if len(record) < length or len(file.read(4)) < 4:
                    raise EOFError(f"{path} ends too early")
                yield record


@contextmanager
def _told(folder):
    try:
        yield
    except DataError:
        raise
    except NotImplementedError as error:
        other = "have it prepared anew in another folder: TFDS_DATA_DIR=FOLDER"
        raise DataError(f"{folder} is in a format that is not read here; {other}") from error
    except Exception as error:  # its readers have no error of their own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{folder} is damaged ({reason}); remove it, and it is prepared anew") from error
