"""Sets in one archive: what comes out is what was put in, once read it is kept, and another file is refused."""

import io
import tarfile
from hashlib import sha256

import numpy as np
import pytest
from PIL import Image

from dl_jax.data import archive, catalog
from dl_jax.errors import DataError

COUNT = {"train": 10, "test": 2}


def picture(split, label, number):
    return np.random.default_rng([split == "test", label, number]).integers(0, 256, (4, 5, 3), dtype=np.uint8)


@pytest.fixture
def packed(tmp_path, monkeypatch):
    """A tiny archive under the name that its set has in the table."""
    raw = tmp_path / "raw"
    (raw / "tiny").mkdir(parents=True)
    with tarfile.open(raw / "tiny/tiny.tar", "w") as file:
        for split, count in COUNT.items():
            for number in reversed(range(count)):
                for label in (1, 0):
                    content = io.BytesIO()
                    Image.fromarray(picture(split, label, number)).save(content, "PNG")
                    member = tarfile.TarInfo(f"{split}/{'ab'[label]}/{number:04}.png")
                    member.size = content.tell()
                    content.seek(0)
                    file.addfile(member, content)
    digest = sha256((raw / "tiny/tiny.tar").read_bytes()).hexdigest()
    monkeypatch.setitem(archive.ARCHIVES, "tiny", archive.Archive("tiny.tar", digest, "a test"))
    return raw


def test_every_picture_comes_with_its_class(packed, tmp_path):
    dataset = archive.unpacked("tiny", tmp_path / "data", packed)
    assert dataset.class_names == ("a", "b")
    assert [len(split[1]) for split in (dataset.train, dataset.validation, dataset.test)] == [18, 2, 4]
    x, y = dataset.test
    np.testing.assert_array_equal(x, [picture("test", label, number) for label in (0, 1) for number in (0, 1)])
    np.testing.assert_array_equal(y, [0, 0, 1, 1])


def test_the_second_time_no_archive_is_needed(packed, tmp_path):
    first = archive.unpacked("tiny", tmp_path / "data", packed)
    assert archive.unpacked("tiny", tmp_path / "data", None).fingerprint == first.fingerprint


def test_without_the_archive_it_says_what_to_type(packed, tmp_path):
    with pytest.raises(DataError, match=r"type --manual_dir=FOLDER.*tiny/tiny.tar"):
        archive.unpacked("tiny", tmp_path / "data", None)
    with pytest.raises(DataError, match="lacks tiny"):
        archive.unpacked("tiny", tmp_path / "data", tmp_path)


def test_another_file_is_refused_and_nothing_is_kept(packed, tmp_path):
    (packed / "tiny/tiny.tar").write_bytes(b"something else")
    with pytest.raises(DataError, match="checksum"):
        archive.unpacked("tiny", tmp_path / "data", packed)
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_the_real_pictures_are_sixty_thousand_in_ten_classes(raw, tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    if not (raw / "cifar10_jpeg").is_dir():
        pytest.skip("no raw files of cifar10_jpeg")
    dataset = catalog.load("cifar10_jpeg", str(raw))
    assert dataset.train[0].shape == (45000, 32, 32, 3)
    assert np.bincount(dataset.test[1]).tolist() == [1000] * 10
    assert dataset.class_names[0] == "airplane"
