"""Datasets of TensorFlow Datasets: reading, the cache, preparing from raw files, and the official datasets."""

import gzip
import importlib.machinery
import inspect
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dl_jax.data import tfds
from dl_jax.data import tfds_prepare as preparing
from dl_jax.errors import DataError

REPOSITORY = Path(__file__).parents[2]


def rows(*splits):
    """Return the multiset of (label, pixels), which does not depend on the order of the examples."""
    return Counter((int(label), image.tobytes()) for x, y in splits for image, label in zip(x, y, strict=True))


@pytest.fixture
def data_dir(tiny_folder, tiny_source, tmp_path):
    """Return a data_dir with the prepared `tiny_images`."""
    shutil.copytree(tiny_folder, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def manual_dir(tmp_path):
    """Return a folder of raw files for `tiny_images`."""
    folder = tmp_path / "raw" / "tiny_images"
    folder.mkdir(parents=True)
    for name in ("pixels.gz", "labels.gz"):
        (folder / name).write_bytes(b"raw")
    return tmp_path / "raw"


# Reading


def test_all_examples_of_a_prepared_dataset_are_read(data_dir, tiny_images):
    dataset = tfds.load("tiny_images", data_dir, None)
    assert dataset.train[0].shape[1:] == (4, 4)
    assert dataset.train[0].dtype == np.uint8
    assert dataset.class_names == ("cat", "dog")
    assert rows(dataset.train, dataset.validation) == rows(tiny_images[0])
    assert rows(dataset.test) == rows(tiny_images[1])
    assert len(dataset.validation[1]) == sum(round(count / 10) for count in np.bincount(tiny_images[0][1]))
    assert "tiny_images 1.0.0" in dataset.provenance


def test_the_second_load_reads_the_cache(data_dir):
    first = tfds.load("tiny_images", data_dir, None)
    folder = data_dir / "tiny_images" / "1.0.0"
    for file in folder.glob("*array_record*"):
        file.unlink()
    assert tfds.load("tiny_images", data_dir, None).fingerprint == first.fingerprint
    assert [file.name for file in folder.glob("*.npz")] == [tfds.CACHE_FILE]
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize("damage", [b"", b"no zip", None])
def test_a_damaged_cache_is_written_again(data_dir, damage):
    first = tfds.load("tiny_images", data_dir, None)
    cache = data_dir / "tiny_images" / "1.0.0" / tfds.CACHE_FILE
    intact = cache.read_bytes()
    cache.write_bytes(intact[: len(intact) // 2] if damage is None else damage)
    assert tfds.load("tiny_images", data_dir, None).fingerprint == first.fingerprint
    assert cache.stat().st_size == len(intact)


def test_a_cache_that_cannot_be_written_is_no_error(data_dir, monkeypatch):
    def full_disk(path, **_):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", full_disk)
    assert len(tfds.load("tiny_images", data_dir, None).test[1]) == 20
    assert not list((data_dir / "tiny_images" / "1.0.0").glob("*.npz"))
    assert not list((data_dir / "tiny_images" / "1.0.0").glob(".*"))


def test_a_dataset_with_other_images_is_refused(data_dir, monkeypatch, tiny_source):
    monkeypatch.setitem(tfds.SOURCES, "tiny_images", tfds.Source("1.0.0", (), tiny_source.checksum + 1))
    with pytest.raises(DataError, match="does not have the images of tiny_images; remove it"):
        tfds.load("tiny_images", data_dir, None)
    assert not (data_dir / "tiny_images" / "1.0.0" / tfds.CACHE_FILE).exists()


def test_the_content_checksum_depends_on_images_and_labels_but_not_on_their_order(tiny_images):
    (x, y), test = tiny_images
    checksum = tfds.content_checksum((x, y), test)
    assert tfds.content_checksum((x[::-1], y[::-1]), test) == checksum
    assert tfds.content_checksum((x, y[::-1]), test) != checksum
    changed = x.copy()
    changed[7, 2, 3] ^= 1
    assert tfds.content_checksum((changed, y), test) != checksum


def test_an_unsupported_format_is_an_error(data_dir):
    info = data_dir / "tiny_images" / "1.0.0" / "dataset_info.json"
    info.write_text(info.read_text().replace('"array_record"', '"riegeli"'))
    with pytest.raises(DataError, match=r"format that is not supported.*TFDS_DATA_DIR=FOLDER"):
        tfds.load("tiny_images", data_dir, None)


@pytest.mark.parametrize("pattern", ["*test.array_record*", "dataset_info.json", "features.json"])
def test_a_damaged_dataset_is_an_error(data_dir, pattern):
    (file,) = (data_dir / "tiny_images" / "1.0.0").glob(pattern)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(DataError, match=r"is damaged .*; remove it"):
        tfds.load("tiny_images", data_dir, None)


# Preparing


def test_without_raw_files_the_error_says_what_to_type(tmp_path):
    with pytest.raises(DataError, match=r"nothing is downloaded: type --manual_dir=FOLDER.*train-images-idx3-ubyte.gz"):
        tfds.load("mnist", tmp_path / "data", None)
    assert not list(tmp_path.iterdir())


def test_missing_files_are_named_immediately(tmp_path):
    raw = tmp_path / "raw" / "mnist"
    raw.mkdir(parents=True)
    for name in tfds.IDX[1:]:
        (raw / name).touch()
    start = time.monotonic()
    with pytest.raises(DataError, match=r"mnist lacks train-images-idx3-ubyte.gz; put it there"):
        tfds.load("mnist", tmp_path / "data", tmp_path / "raw")
    assert time.monotonic() - start < 5
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_files_and_versions_are_those_of_tensorflow_datasets(name, tmp_path):
    import tensorflow_datasets

    builder = tensorflow_datasets.builder(name, data_dir=tmp_path, try_gcs=False)
    assert str(builder.version) == tfds.SOURCES[name].version
    assert {info.filename for info in builder.url_infos.values()} == set(tfds.SOURCES[name].files)


@pytest.mark.parametrize("damaged", tfds.IDX)
def test_a_wrong_checksum_names_the_file(official_raw, tmp_path, damaged):
    shutil.copytree(official_raw / "mnist", tmp_path / "raw" / "mnist", copy_function=shutil.copyfile)
    content = bytearray((official_raw / "mnist" / damaged).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "raw" / "mnist" / damaged).write_bytes(content)
    with pytest.raises(DataError, match=f"{damaged} is damaged or another file: its checksum is wrong"):
        tfds.load("mnist", tmp_path / "data", tmp_path / "raw")
    assert not list((tmp_path / "data").iterdir())


def test_files_of_another_dataset_are_refused(official_raw, tmp_path):
    (tmp_path / "mnist").symlink_to(official_raw / "fashion_mnist")
    with pytest.raises(DataError, match="its checksum is wrong"):
        tfds.load("mnist", tmp_path / "data", tmp_path)


class NoTensorFlow:
    """A finder whose TensorFlow cannot be imported. (TFDS takes None in sys.modules for a loaded TensorFlow.)"""

    @classmethod
    def find_spec(cls, name, *_):
        return importlib.machinery.ModuleSpec(name, cls) if name == "tensorflow" else None

    @staticmethod
    def create_module(spec):
        raise ImportError(f"{spec.name} was imported")

    @staticmethod
    def exec_module(module):
        pass


def test_without_tensorflow_the_error_says_what_to_type(official_raw, tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoTensorFlow, *sys.meta_path])
    before = dict(os.environ)
    with pytest.raises(DataError, match=r"EXTRAS=prepare bash launch/local.sh \.\.\."):
        tfds.load("mnist", tmp_path, official_raw)
    assert dict(os.environ) == before
    assert not list(tmp_path.iterdir())


KILL_WHILE_BUILDING = """
import os, signal, sys
from pathlib import Path
from dl_jax.data import tfds
from dl_jax.data import tfds_prepare as preparing

def build(name, source, raw, scratch):
    half = scratch / name / "1.0.0"
    half.mkdir(parents=True)
    (half / "dataset_info.json").write_text("{}")
    os.kill(os.getpid(), signal.SIGKILL)

preparing.build = build
tfds.SOURCES["tiny_images"] = tfds.Source("1.0.0", ("pixels.gz", "labels.gz"), 0)
tfds.load("tiny_images", Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_killed_preparation_is_not_taken_for_complete(tiny_folder, tiny_source, manual_dir, tmp_path, monkeypatch):
    command = [sys.executable, "-c", KILL_WHILE_BUILDING, tmp_path / "data", manual_dir]
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == -signal.SIGKILL
    with pytest.raises(DataError, match="is not yet in"):
        tfds.load("tiny_images", tmp_path / "data", None)
    monkeypatch.setattr(preparing, "build", lambda name, source, raw, scratch: _finish(tiny_folder, scratch))
    assert len(tfds.load("tiny_images", tmp_path / "data", manual_dir).test[1]) == 20


def _finish(tiny_folder, folder):
    shutil.copytree(tiny_folder, folder, dirs_exist_ok=True)


def test_of_concurrent_preparations_the_first_wins(tiny_folder, tiny_source, manual_dir, tmp_path, monkeypatch):
    data_dir = tmp_path / "data"

    def build(name, source, raw, scratch):
        _finish(tiny_folder, scratch)
        _finish(tiny_folder, data_dir)  # the concurrent preparation finishes first
        (data_dir / "tiny_images" / "1.0.0" / "mark").touch()

    monkeypatch.setattr(preparing, "build", build)
    assert len(tfds.load("tiny_images", data_dir, manual_dir).test[1]) == 20
    assert (data_dir / "tiny_images" / "1.0.0" / "mark").exists()
    assert [path.name for path in data_dir.iterdir()] == ["tiny_images"]


def test_a_failed_preparation_leaves_no_files(tiny_source, manual_dir, tmp_path, monkeypatch):
    def build(name, source, raw, scratch):
        (scratch / "half").touch()
        raise OSError("disk full")

    monkeypatch.setattr(preparing, "build", build)
    with pytest.raises(OSError, match="disk full"):
        tfds.load("tiny_images", tmp_path / "data", manual_dir)
    assert not list((tmp_path / "data").iterdir())


def test_an_existing_folder_is_an_error(tiny_source, manual_dir, tmp_path):
    (tmp_path / "data" / "tiny_images" / "1.0.0" / "something").mkdir(parents=True)
    with pytest.raises(DataError, match="is not a prepared dataset"):
        tfds.load("tiny_images", tmp_path / "data", manual_dir)


def test_a_data_dir_that_cannot_be_created_is_an_error(tiny_source, manual_dir, tmp_path):
    (tmp_path / "data").touch()
    with pytest.raises(DataError, match=r"cannot write to .*TFDS_DATA_DIR=FOLDER"):
        tfds.load("tiny_images", tmp_path / "data", manual_dir)


def test_the_default_folder_is_that_of_tensorflow_datasets(monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert tfds.default_data_dir() == tmp_path
    monkeypatch.delenv("TFDS_DATA_DIR")
    assert tfds.default_data_dir() == Path.home() / "tensorflow_datasets"


# The official raw files and builders


def test_preparing_prints_nothing_needs_no_network_and_leaves_no_other_files(preparation):
    folder, process = preparation
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
    assert sorted(path.name for path in folder.iterdir()) == ["fashion_mnist", "mnist"]
    assert [path.name for path in (folder / "mnist").iterdir()] == ["3.0.1"]


def idx(folder, part, header):
    return np.frombuffer(gzip.decompress((folder / f"{part}-ubyte.gz").read_bytes()), np.uint8, offset=header)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_prepared_images_are_those_of_the_raw_files(name, official_raw, preparation):
    def split(part):
        return idx(official_raw / name, f"{part}-images-idx3", 16).reshape(-1, 28, 28), idx(
            official_raw / name, f"{part}-labels-idx1", 8
        )

    train, test = split("train"), split("t10k")
    dataset = tfds.load(name, preparation[0], None)
    x = np.concatenate([dataset.train[0], dataset.validation[0]])
    y = np.concatenate([dataset.train[1], dataset.validation[1]])
    assert x.dtype == np.uint8
    assert x.mean() == train[0].mean()
    assert dataset.test[0].mean() == test[0].mean()
    np.testing.assert_array_equal(np.bincount(y), np.bincount(train[1]))
    assert rows((x, y)) == rows(train)
    assert rows(dataset.test) == rows(test)
    np.testing.assert_allclose(np.bincount(dataset.validation[1]), np.bincount(y) / 10, atol=0.5)
    assert len(dataset.class_names) == 10


def test_datasets_prepared_in_one_process_are_not_mixed_up(preparation):
    mnist, fashion = (tfds.load(name, preparation[0], None) for name in ("mnist", "fashion_mnist"))
    assert mnist.class_names[:2] == ("0", "1")
    assert fashion.class_names[:2] == ("T-shirt/top", "Trouser")
    assert not rows(mnist.test) & rows(fashion.test)


WITHOUT_TENSORFLOW = (
    inspect.getsource(NoTensorFlow)
    + """
import importlib.machinery
import sys
from pathlib import Path
sys.meta_path.insert(0, NoTensorFlow)
from dl_jax.data.tfds import load
print(load("mnist", Path(sys.argv[1]), None).fingerprint)
assert "tensorflow" not in sys.modules
"""
)


def test_reading_needs_no_tensorflow(preparation, tmp_path):
    shutil.copytree(preparation[0] / "mnist", tmp_path / "mnist", ignore=shutil.ignore_patterns(tfds.CACHE_FILE))
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, tmp_path]
    process = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout.strip() == tfds.load("mnist", preparation[0], None).fingerprint


def test_the_second_load_of_a_real_dataset_reads_the_cache(preparation, monkeypatch):
    monkeypatch.setattr(tfds, "_read", None)
    assert len(tfds.load("fashion_mnist", preparation[0], None).test[1]) == 10_000


def test_the_order_is_the_same_on_every_host(preparation):
    assert tfds.load("mnist", preparation[0], None).test[1][:12].tolist() == [2, 0, 4, 8, 7, 6, 0, 6, 3, 1, 8, 0]
