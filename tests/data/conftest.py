"""Real raw files where there are some, prepared once a session; and a tiny prepared set that needs none."""

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
    raise AssertionError("the network was asked for something")

socket.socket.connect = socket.getaddrinfo = refuse
from dl_jax.data.tfds import prepared

for name in ("mnist", "fashion_mnist"):
    prepared(name, Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture(scope="session")
def raw():
    """The folder of raw files, one folder per data set."""
    folder = Path(os.environ.get("DL_JAX_RAW", REPOSITORY / "../shared/data/raw")).resolve()
    if not (folder / "mnist").is_dir():
        pytest.skip(f"no raw files in {folder}; DL_JAX_RAW names another folder")
    return folder


@pytest.fixture(scope="session")
def preparation(raw, tmp_path_factory):
    """mnist and fashion_mnist prepared into one folder with the network shut off: (the folder, the finished process).

    In a process of its own, so that nothing is hidden by what the tests have imported already.
    """
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("preparing needs TensorFlow: the extra `prepare`")
    folder = tmp_path_factory.mktemp("prepared")
    command = [sys.executable, "-c", PREPARE, folder, raw]
    return folder, subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def tiny_images():
    """60 + 20 images of 4 x 4 pixels in two classes: ((x, y) to learn from, (x, y) to judge by)."""
    generator = np.random.default_rng(0)
    return tuple(
        (generator.integers(0, 256, (count, 4, 4), np.uint8), generator.integers(0, 2, count)) for count in (60, 20)
    )


@pytest.fixture(scope="session")
def tiny_folder(tiny_images, tmp_path_factory):
    """A data_dir with `tiny_images`, as a builder of TensorFlow Datasets writes it, with no TensorFlow."""
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
    """The entry of the table for `tiny_images`."""
    source = tfds.Source("1.0.0", ("pixels.gz", "labels.gz"), tfds.content(*tiny_images))
    monkeypatch.setitem(tfds.SOURCES, "tiny_images", source)
    return source
