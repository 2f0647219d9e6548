"""The dataset of drawn canids: its fixed draw."""

import numpy as np
import pytest

from dl_jax.data import catalog
from dl_jax.data import drawn_canids as module


@pytest.fixture
def dataset(monkeypatch, quick_to_compile):
    """Return a small version of the dataset."""
    monkeypatch.setattr(module, "SIZES", (16, 8, 8))
    return module.drawn_canids(16)


def test_splits_are_balanced_rgb_images_and_reproducible(dataset):
    assert [len(split[0]) for split in (dataset.train, dataset.validation, dataset.test)] == [16, 8, 8]
    for x, y in (dataset.train, dataset.validation, dataset.test):
        assert x.shape[1:] == (16, 16, 3)
        assert x.dtype == np.uint8
        assert y.dtype == np.int32
        assert y.mean() == 0.5
    assert dataset.fingerprint == module.drawn_canids(16).fingerprint
    assert len(np.unique(np.concatenate([dataset.train[0], dataset.test[0]]).reshape(24, -1), axis=0)) == 24
    assert dataset.class_names == ("Samoyed", "white wolf")


def test_the_dataset_is_in_the_catalog(dataset):
    assert "canids" in catalog.NAMES
    assert "canids" in catalog.source_version("canids")
    assert catalog.load("canids").train[0].shape == (16, 32, 32, 3)


def test_the_portrait_is_an_rgb_image(quick_to_compile):
    image = module.portrait(48)
    assert image.shape == (48, 48, 3)
    assert image.dtype == np.uint8
    assert image.std() > 20
