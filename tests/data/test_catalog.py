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
def own(tmp_path):
    np.savez(tmp_path / "mine.npz", x=np.arange(20)[:, None], y=np.arange(20) % 2)
    (tmp_path / "mine.CSV").write_text("".join(f"{i},{'ab'[i % 2]}\n" for i in range(20)))
    return tmp_path


def test_digits_are_at_hand():
    assert catalog.load("digits").name == "digits"
    assert catalog.NAMES[:5] == ("digits", "canids", "mnist", "fashion_mnist", "cifar10")
    assert catalog.NAMES[5:] == ("cifar10_jpeg", "imagenette", "imagenet2012")


@pytest.mark.parametrize("name", ["mine.npz", "mine.CSV"])
def test_own_files_are_read(own, name):
    assert len(catalog.load(str(own / name)).train[1]) == 12


def test_the_home_folder_may_be_abbreviated(own, monkeypatch):
    monkeypatch.setenv("HOME", str(own))
    assert catalog.load("~/mine.npz").name == "mine"
    assert catalog.identity("~/mine.npz") == catalog.identity(str(own / "mine.npz"))


def test_prepared_sets_come_from_their_folder(tiny_folder, tiny_source, tmp_path, monkeypatch):
    shutil.copytree(tiny_folder, tmp_path / "data")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "data"))
    assert catalog.load("tiny_images").name == "tiny_images"
    assert catalog.identity("tiny_images") == "tiny_images 1.0.0"


def test_the_folder_of_raw_files_is_handed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(DataError, match="type --manual_dir=FOLDER"):
        catalog.load("mnist", "")
    with pytest.raises(DataError, match=f"{tmp_path}/raw/mnist lacks"):
        catalog.load("mnist", "~/raw")


@pytest.mark.parametrize("what", [catalog.load, catalog.identity])
@pytest.mark.parametrize("name", ["imagenet", "", "mine.txt", "MNIST"])
def test_unknown_names_are_told_what_there_is(what, name):
    names = ", ".join(catalog.NAMES)
    message = rf"no data set '{name}'; there are {names}, .* --dataset=FILE.npz .* --dataset=FILE.csv"
    with pytest.raises(DataError, match=message):
        what(name)


# Identity


def test_identity_is_that_of_the_source():
    assert catalog.identity("digits") == f"digits, scikit-learn {version('scikit-learn')}"
    assert catalog.identity("mnist", "anywhere") == catalog.identity("mnist") == "mnist 3.0.1"
    assert len({catalog.identity(name) for name in catalog.NAMES}) == len(catalog.NAMES)


def test_identity_of_a_file_is_that_of_its_bytes(own):
    path = own / "mine.npz"
    first = catalog.identity(str(path))
    assert hashlib.sha256(path.read_bytes()).hexdigest() in first
    shutil.copyfile(path, own / "copy.npz")
    assert catalog.identity(str(own / "copy.npz")) == first
    np.savez(path, x=np.arange(20)[::-1, None], y=np.arange(20) % 2)
    assert catalog.identity(str(path)) != first


def test_identity_of_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        catalog.identity(str(tmp_path / "none.npz"))


def test_identity_loads_nothing(monkeypatch):
    def refuse(*_):
        raise AssertionError

    monkeypatch.setattr(tfds, "prepared", refuse)
    for name in catalog.NAMES:
        catalog.identity(name)


def test_importing_the_catalog_is_light():
    code = "import sys, dl_jax.data.catalog; print({'tensorflow_datasets', 'tensorflow', 'sklearn'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    process = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "set()"
