"""Datasets of photographs in ImageNet's format, prepared by TensorFlow Datasets and reduced to small squares.

Images of many sizes are decoded by Pillow, cropped and resized as they are read, so that memory contains the squares
alone; these are cached. Any variant that is already prepared is read where it is.
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
from dl_jax.data.photo import crop_and_resize
from dl_jax.data.tfds import as_dataset, read_cache, write_cache
from dl_jax.data.tfds_files import BATCH_SIZE, class_names, examples
from dl_jax.data.tfds_prepare import Source, is_prepared, prepare, silence_tfds
from dl_jax.errors import DataError

IMAGENET = ("ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar")
PHOTOGRAPHS = {
    # Ten classes of ImageNet, 13,394 images.
    "imagenette": (
        Source("1.0.0", ("imagenette2-160.tgz",), config="160px-v2"),
        Source("1.0.0", ("imagenette2-320.tgz",), config="320px-v2"),
        Source("1.0.0", ("imagenette2.tgz",), config="full-size-v2"),
    ),
    "imagenet2012": (Source("5.1.0", IMAGENET), Source("5.0.0", IMAGENET)),
}
"""Interchangeable variants of each dataset, in the order of preference."""

DEFAULT_SIDE = 64
"""Pixels of the squares."""
MAX_IMAGES = {"train": 100_000, "validation": 10_000}
"""Images per split, equally many of each class: 1.4 GB at 64 pixels. All 1.33 million of ImageNet would take 16 GB."""


def load(name: str, side: int, data_dir: Path, manual_dir: Path | None) -> Dataset:
    """Load one of PHOTOGRAPHS as x_NxSxSx3 uint8, ordered by class; the official validation split is the test split.

    Every image is cropped to its largest central square and resized; a tenth of every training class is validation. Of
    a split with more than MAX_IMAGES, the first of each class in the builder's shuffled order are taken. A dataset that
    is not yet in `data_dir` is prepared from the raw files in `manual_dir/<name>`.
    """
    source = _variant(name, data_dir, manual_dir)
    folder = source.folder(name, data_dir)
    cache = folder / f"dl_jax-{side}-{MAX_IMAGES['train']}-{MAX_IMAGES['validation']}.npz"
    arrays = read_cache(cache)
    if arrays is None:
        if not is_prepared(folder):
            prepare(name, source, data_dir, manual_dir)
        arrays = _read(folder, side)
        write_cache(arrays, cache)
    variant = source_version(name, data_dir, manual_dir)
    return as_dataset(name, arrays, f"tensorflow_datasets {variant}, cut to {side} x {side} pixels")


def source_version(name: str, data_dir: Path, manual_dir: Path | None) -> str:
    """Return the name, the variant and the version that `load` would read."""
    source = _variant(name, data_dir, manual_dir)
    return " ".join(filter(None, (name, source.config, source.version)))


def _variant(name, data_dir, manual_dir):
    """Return the variant that is prepared, else the one whose raw files exist, else the preferred one."""
    sources = PHOTOGRAPHS[name]
    prepared = [source for source in sources if is_prepared(source.folder(name, data_dir))]
    raw = [s for s in sources if manual_dir and all((manual_dir / name / file).is_file() for file in s.files)]
    return [*prepared, *raw, *sources][0]


def _decode(file: bytes, side: int) -> np.ndarray:
    """Decode an image file of any size and colour mode to image_SxSx3 uint8."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # damaged metadata does not matter here
        with Image.open(io.BytesIO(file)) as image:
            return crop_and_resize(image, side, side)


def first_of_each_class(rows: Iterable[dict[str, Any]], count: int, classes: int) -> Iterator[dict[str, Any]]:
    """Yield the first `count` rows of each class, and stop reading when all classes are complete."""
    missing_C = [count] * classes
    for row in rows:
        if missing_C[row["label"]]:
            missing_C[row["label"]] -= 1
            yield row
            if not any(missing_C):
                return


def _read(folder, side):
    with silence_tfds(), ThreadPoolExecutor() as pool:
        names = class_names(folder)
        arrays = {"class_names": np.array(names)}
        for split, target in (("train", "train"), ("validation", "test")):
            x: list[np.ndarray] = []
            y: list[int] = []
            per_class = MAX_IMAGES[split] // len(names)
            rows = first_of_each_class(examples(folder, split, decoded=False), per_class, len(names))
            while batch := list(islice(rows, BATCH_SIZE)):
                try:
                    x += pool.map(partial(_decode, side=side), [row["image"] for row in batch])
                except Exception as error:  # decoders raise many kinds of exceptions on broken files
                    raise DataError(f"{folder} has a damaged image ({error}) in its split {split!r}") from error
                y += [row["label"] for row in batch]
            order = np.argsort(y, kind="stable")
            arrays[f"y_{target}"] = np.array(y, np.int32)[order]
            arrays[f"x_{target}"] = np.stack([x[i] for i in order])
    return arrays
