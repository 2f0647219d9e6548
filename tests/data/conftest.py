"""The official raw files if they are there, prepared once per session, and a tiny prepared dataset."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dl_jax.data import tfds

REPOSITORY = Path(__file__).parents[2]

PREPARE = """
import socket, sys
from pathlib import Path

def refuse(*_, **__):
    raise AssertionError("a network access")

socket.socket.connect = socket.getaddrinfo = refuse
from dl_jax.data.tfds import load

for name in ("mnist", "fashion_mnist"):
    load(name, Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture(scope="session")
def official_raw():
    """Return the folder of raw files, with one folder per dataset."""
    folder = Path(os.environ.get("DL_JAX_RAW", REPOSITORY / "../shared/data/raw")).resolve()
    if not (folder / "mnist").is_dir():
        pytest.skip(f"no raw files in {folder}; DL_JAX_RAW names another folder")
    return folder


@pytest.fixture(scope="session")
def preparation(official_raw, tmp_path_factory):
    """Prepare mnist and fashion_mnist in one folder without network access: (the folder, the finished process).

    A separate process shows the imports and the output of a first use.
    """
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("preparing needs TensorFlow: the extra `prepare`")
    folder = tmp_path_factory.mktemp("prepared")
    command = [sys.executable, "-c", PREPARE, folder, official_raw]
    return folder, subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def tiny_images():
    """Return 60 training and 20 test images of 4 x 4 pixels in two classes: ((x, y), (x, y))."""
    generator = np.random.default_rng(0)
    return tuple(
        (generator.integers(0, 256, (count, 4, 4), np.uint8), generator.integers(0, 2, count)) for count in (60, 20)
    )


@pytest.fixture(scope="session")
def tiny_folder(tiny_images, tmp_path_factory):
    """Return a data_dir in which a builder of TensorFlow Datasets has written `tiny_images`, without TensorFlow."""
    import tensorflow_datasets

    class TinyImages(tensorflow_datasets.core.GeneratorBasedBuilder):
        VERSION = tensorflow_datasets.core.Version("1.0.0")

        def _info(self):
            features = tensorflow_datasets.features.FeaturesDict(
                {
                    "image": tensorflow_datasets.features.Tensor(shape=(4, 4, 1), dtype=np.uint8),
                    "label": tensorflow_datasets.features.ClassLabel(names=["cat", "dog"]),
                }
            )
            return tensorflow_datasets.core.DatasetInfo(builder=self, features=features)

        def _split_generators(self, _):
            return {"train": self._generate_examples(*tiny_images[0]), "test": self._generate_examples(*tiny_images[1])}

        def _generate_examples(self, x, y):
            for i, (image, label) in enumerate(zip(x, y, strict=True)):
                yield i, {"image": image[..., None], "label": int(label)}

    folder = tmp_path_factory.mktemp("tiny")
    tensorflow_datasets.disable_progress_bar()
    TinyImages(data_dir=folder, file_format="array_record").download_and_prepare(
        download_dir=tmp_path_factory.mktemp("downloads")
    )
    return folder


@pytest.fixture
def tiny_source(monkeypatch, tiny_images):
    """Add `tiny_images` to the known datasets."""
    source = tfds.Source("1.0.0", ("pixels.gz", "labels.gz"), tfds.content_checksum(*tiny_images))
    monkeypatch.setitem(tfds.SOURCES, "tiny_images", source)
    return source
