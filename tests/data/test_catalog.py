"""Datasets by name or by file, and the texts that identify their versions."""

import hashlib
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from dl_jax.data import catalog, tfds
from dl_jax.errors import DataError


@pytest.fixture
def user_files(tmp_path):
    """Return a folder with a .npz and a .csv file."""
    np.savez(tmp_path / "mine.npz", x=np.arange(20)[:, None], y=np.arange(20) % 2)
    (tmp_path / "mine.CSV").write_text("".join(f"{i},{'ab'[i % 2]}\n" for i in range(20)))
    return tmp_path


def test_names_of_all_datasets():
    assert catalog.load("digits").name == "digits"
    assert catalog.NAMES[:5] == ("digits", "canids", "mnist", "fashion_mnist", "cifar10")
    assert catalog.NAMES[5:] == ("cifar10_jpeg", "imagenette", "imagenet2012")


@pytest.mark.parametrize("name", ["mine.npz", "mine.CSV"])
def test_user_files_are_read(user_files, name):
    assert len(catalog.load(str(user_files / name)).train[1]) == 12


def test_the_home_folder_may_be_abbreviated(user_files, monkeypatch):
    monkeypatch.setenv("HOME", str(user_files))
    assert catalog.load("~/mine.npz").name == "mine"
    assert catalog.source_version("~/mine.npz") == catalog.source_version(str(user_files / "mine.npz"))


def test_prepared_datasets_are_read_from_their_folder(tiny_folder, tiny_source, tmp_path, monkeypatch):
    shutil.copytree(tiny_folder, tmp_path / "data")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "data"))
    assert catalog.load("tiny_images").name == "tiny_images"
    assert catalog.source_version("tiny_images") == "tiny_images 1.0.0"


def test_the_folder_of_raw_files_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(DataError, match="type --manual_dir=FOLDER"):
        catalog.load("mnist", "")
    with pytest.raises(DataError, match=f"{tmp_path}/raw/mnist lacks"):
        catalog.load("mnist", "~/raw")


@pytest.mark.parametrize("function", [catalog.load, catalog.source_version])
@pytest.mark.parametrize("name", ["imagenet", "", "mine.txt", "MNIST"])
def test_the_error_for_an_unknown_name_lists_the_known_ones(function, name):
    names = ", ".join(catalog.NAMES)
    message = rf"no dataset '{name}'; there are {names}, .* --dataset=FILE.npz .* --dataset=FILE.csv"
    with pytest.raises(DataError, match=message):
        function(name)


# Versions of sources


def test_the_version_is_that_of_the_source():
    assert catalog.source_version("digits") == f"digits, scikit-learn {version('scikit-learn')}"
    assert catalog.source_version("mnist", "anywhere") == catalog.source_version("mnist") == "mnist 3.0.1"
    assert len({catalog.source_version(name) for name in catalog.NAMES}) == len(catalog.NAMES)


def test_the_version_of_a_file_changes_with_its_bytes_alone(user_files):
    path = user_files / "mine.npz"
    first = catalog.source_version(str(path))
    assert hashlib.sha256(path.read_bytes()).hexdigest() in first
    shutil.copyfile(path, user_files / "copy.npz")
    assert catalog.source_version(str(user_files / "copy.npz")) == first
    np.savez(path, x=np.arange(20)[::-1, None], y=np.arange(20) % 2)
    assert catalog.source_version(str(path)) != first


def test_the_version_of_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        catalog.source_version(str(tmp_path / "none.npz"))


def test_the_version_is_found_without_loading_data(monkeypatch):
    def refuse(*_):
        raise AssertionError

    monkeypatch.setattr(tfds, "load", refuse)
    for name in catalog.NAMES:
        catalog.source_version(name)


def test_importing_the_catalog_imports_no_slow_library():
    code = "import sys, dl_jax.data.catalog; print({'tensorflow_datasets', 'tensorflow', 'sklearn'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    process = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "set()"
