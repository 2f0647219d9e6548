import numpy as np
import pytest

from dl_jax.data import catalog
from dl_jax.data import drawn_canids as module


@pytest.fixture
def few(monkeypatch, quick_to_compile):
    monkeypatch.setattr(module, "SIZES", (16, 8, 8))
    monkeypatch.setattr(module, "AT_ONCE", 8)
    return module.animals(16)


def test_splits_are_balanced_bytes_in_colour_and_the_same_every_time(few):
    assert [len(split[0]) for split in (few.train, few.validation, few.test)] == [16, 8, 8]
    for x, y in (few.train, few.validation, few.test):
        assert x.shape[1:] == (16, 16, 3)
        assert x.dtype == np.uint8
        assert y.dtype == np.int32
        assert y.mean() == 0.5
    assert few.fingerprint == module.animals(16).fingerprint
    assert len(np.unique(np.concatenate([few.train[0], few.test[0]]).reshape(24, -1), axis=0)) == 24
    assert few.class_names == ("Samoyed", "white wolf")


def test_they_have_a_name_in_the_catalog(few):
    assert "canids" in catalog.NAMES
    assert "canids" in catalog.identity("canids")
    assert catalog.load("canids").train[0].shape == (16, 32, 32, 3)


def test_the_portrait_is_a_picture(quick_to_compile):
    picture = module.portrait(48)
    assert picture.shape == (48, 48, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 20
