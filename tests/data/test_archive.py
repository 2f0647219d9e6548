"""Image datasets in one archive: their images and labels, the cache, and the refusal of other files."""

import io
import tarfile
from hashlib import sha256

import numpy as np
import pytest
from PIL import Image

from dl_jax.data import archive, catalog
from dl_jax.errors import DataError

COUNT = {"train": 10, "test": 2}


def random_image(split, label, number):
    return np.random.default_rng([split == "test", label, number]).integers(0, 256, (4, 5, 3), dtype=np.uint8)


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """Return a folder of raw files with a tiny archive, which is added to the known datasets."""
    folder = tmp_path / "raw"
    (folder / "tiny").mkdir(parents=True)
    with tarfile.open(folder / "tiny/tiny.tar", "w") as file:
        for split, count in COUNT.items():
            for number in reversed(range(count)):
                for label in (1, 0):
                    content = io.BytesIO()
                    Image.fromarray(random_image(split, label, number)).save(content, "PNG")
                    member = tarfile.TarInfo(f"{split}/{'ab'[label]}/{number:04}.png")
                    member.size = len(content.getvalue())
                    content.seek(0)
                    file.addfile(member, content)
    digest = sha256((folder / "tiny/tiny.tar").read_bytes()).hexdigest()
    monkeypatch.setitem(archive.ARCHIVES, "tiny", archive.Archive("tiny.tar", digest, "a test"))
    return folder


def test_every_image_has_its_label(raw, tmp_path):
    dataset = archive.load("tiny", tmp_path / "data", raw)
    assert dataset.class_names == ("a", "b")
    assert [len(split[1]) for split in (dataset.train, dataset.validation, dataset.test)] == [18, 2, 4]
    x, y = dataset.test
    np.testing.assert_array_equal(x, [random_image("test", label, number) for label in (0, 1) for number in (0, 1)])
    np.testing.assert_array_equal(y, [0, 0, 1, 1])


def test_the_second_load_reads_the_cache(raw, tmp_path):
    first = archive.load("tiny", tmp_path / "data", raw)
    assert archive.load("tiny", tmp_path / "data", None).fingerprint == first.fingerprint


def test_a_missing_archive_is_an_error_that_says_what_to_type(raw, tmp_path):
    with pytest.raises(DataError, match=r"type --manual_dir=FOLDER.*tiny/tiny.tar"):
        archive.load("tiny", tmp_path / "data", None)
    with pytest.raises(DataError, match="lacks tiny"):
        archive.load("tiny", tmp_path / "data", tmp_path)


def test_a_file_with_another_checksum_is_refused_and_not_cached(raw, tmp_path):
    (raw / "tiny/tiny.tar").write_bytes(b"something else")
    with pytest.raises(DataError, match="checksum"):
        archive.load("tiny", tmp_path / "data", raw)
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_cifar10_jpeg_has_sixty_thousand_images_in_ten_classes(official_raw, tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    if not (official_raw / "cifar10_jpeg").is_dir():
        pytest.skip("no raw files of cifar10_jpeg")
    dataset = catalog.load("cifar10_jpeg", str(official_raw))
    assert dataset.train[0].shape == (45000, 32, 32, 3)
    assert np.bincount(dataset.test[1]).tolist() == [1000] * 10
    assert dataset.class_names[0] == "airplane"
