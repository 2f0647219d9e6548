"""Sets of photographs by TensorFlow Datasets, in ImageNet's format: many sizes, cut to one small square each.

A set that is prepared already is read where it lies, whichever of its variants it is. Pictures are decoded by Pillow
and made small as they stream by, so that memory holds the small ones alone. These are kept for the next time.
"""

import io
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dl_jax.data.dataset import Dataset
from dl_jax.data.photo import fitted
from dl_jax.data.tfds import as_dataset, copied, copy
from dl_jax.data.tfds_files import AT_ONCE, class_names, examples
from dl_jax.data.tfds_prepare import Source, prepare, quiet, whole
from dl_jax.errors import DataError

IMAGENET = ("ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar")
PHOTOGRAPHS = {
    # Ten classes of ImageNet, 13,394 pictures.
    "imagenette": (
        Source("1.0.0", ("imagenette2-160.tgz",), config="160px-v2"),
        Source("1.0.0", ("imagenette2-320.tgz",), config="320px-v2"),
        Source("1.0.0", ("imagenette2.tgz",), config="full-size-v2"),
    ),
    "imagenet2012": (Source("5.1.0", IMAGENET), Source("5.0.0", IMAGENET)),
}
"""The variants of each, any of which will do."""

SIDE = 64
"""Pixels of the squares, unless told."""
MOST = {"train": 100_000, "validation": 10_000}
"""Pictures at most, as many of each class: 1.4 GB at 64 pixels. All 1.33 million of ImageNet would take 16 GB."""


def squares(name: str, side: int, data_dir: Path, manual_dir: Path | None) -> Dataset:
    """One of PHOTOGRAPHS, x_NxSxSx3 uint8: a tenth of every training class to choose by, the official ones to judge by.

    Of each picture the largest square about its middle, resized. Pictures stand in the order of their classes; of a
    set with more than MOST, the first of each class in the order in which the builder shuffled them. A set that is not
    yet in `data_dir` is prepared from the raw files in `manual_dir/<name>`.
    """
    source = _variant(name, data_dir, manual_dir)
    folder = source.folder(name, data_dir)
    kept = folder / f"dl_jax-{side}-{MOST['train']}-{MOST['validation']}.npz"
    arrays = copied(kept)
    if arrays is None:
        if not whole(folder):
            prepare(name, source, data_dir, manual_dir)
        arrays = _read(folder, side)
        copy(arrays, kept)
    variant = identity(name, data_dir, manual_dir)
    return as_dataset(name, arrays, f"tensorflow_datasets {variant}, cut to {side} x {side} pixels")


def identity(name: str, data_dir: Path, manual_dir: Path | None) -> str:
    """The set with the variant and the version that `squares` would read."""
    source = _variant(name, data_dir, manual_dir)
    return " ".join(filter(None, (name, source.config, source.version)))


def _variant(name, data_dir, manual_dir):
    """The one that is prepared; else that whose raw files are there; else the first."""
    sources = PHOTOGRAPHS[name]
    there = [source for source in sources if whole(source.folder(name, data_dir))]
    raw = [s for s in sources if manual_dir and all((manual_dir / name / file).is_file() for file in s.files)]
    return [*there, *raw, *sources][0]


def small(file: bytes, side: int) -> np.ndarray:
    """picture_SxSx3 uint8 of a picture file's bytes, of whatever size and colours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a detail beside the picture may be damaged, the picture is not
        with Image.open(io.BytesIO(file)) as image:
            return fitted(image, side, side)


def first_of_each(rows: Iterable[dict[str, Any]], count: int, classes: int) -> Iterator[dict[str, Any]]:
    """The first `count` of each class; no more are read once there are enough of all."""
    missing_C = [count] * classes
    for row in rows:
        if missing_C[row["label"]]:
            missing_C[row["label"]] -= 1
            yield row
            if not any(missing_C):
                return


def _read(folder, side):
    with quiet(), ThreadPoolExecutor() as pool:
        names = class_names(folder)
        arrays = {"class_names": np.array(names)}
        for split, into in (("train", "train"), ("validation", "test")):
            x, y = [], []
            rows = first_of_each(examples(folder, split, decoded=False), MOST[split] // len(names), len(names))
            while some := list(islice(rows, AT_ONCE)):
                try:
                    x += pool.map(partial(small, side=side), [row["image"] for row in some])
                except Exception as error:  # decoders of broken files raise nearly anything
                    raise DataError(f"{folder} holds a picture that is damaged ({error}) among its {split}") from error
                y += [row["label"] for row in some]
            order = np.argsort(y, kind="stable")
            arrays[f"y_{into}"] = np.array(y, np.int32)[order]
            arrays[f"x_{into}"] = np.stack([x[place] for place in order])
    return arrays
