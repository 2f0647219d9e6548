"""Pictures in which one nuisance varies, random subsets, distances of pixels, and the gallery."""

import jax
import numpy as np
import pytest

from dl_jax.data.dataset import Examples
from dl_jax.data.synthetic.canids import CLASSES, NUISANCES, matched_variants
from dl_jax.measures.canids import MATCHED
from dl_jax.training.context import local_context
from experiments.selectivity_invariance.pictures import (
    GALLERY_SIDE,
    SINGLE_NUISANCE,
    draw_single_nuisances,
    gallery,
    pixel_distances,
    random_subset,
)

SIDE, VARIED = 16, ("position", "background")


@pytest.fixture(scope="module")
def alone(quickly):
    with quickly():
        return draw_single_nuisances(SIDE, VARIED, 1.0, 0)


def test_splits_of_a_single_nuisance_have_their_sizes_and_no_picture_in_common(alone):
    for splits in alone.values():
        assert tuple(len(split.x) for split in splits) == SINGLE_NUISANCE
        x_MxD = np.concatenate([split.x.reshape(len(split.x), -1) for split in splits])
        assert len(np.unique(x_MxD, axis=0)) == len(x_MxD)


def test_only_the_named_nuisance_varies(alone):
    """Where the position alone varies, an upper corner shows the same background; else it varies."""
    corner_N = {name: splits.train.x[:, 0, 0] for name, splits in alone.items()}
    assert np.ptp(corner_N["position"], axis=0).max() < 0.01
    assert np.ptp(corner_N["background"], axis=0).max() > 0.5


def test_a_random_subset_is_drawn_without_replacement_with_its_labels():
    examples = Examples(np.arange(64.0)[:, None], np.arange(64) % 3)
    x_NxD, y_N = random_subset(32)(jax.random.key(0), examples)
    assert len(np.unique(x_NxD)) == 32
    np.testing.assert_array_equal(y_N, x_NxD[:, 0].astype(int) % 3)


def test_pixel_distances_are_those_of_matched_pictures(quick_to_compile):
    records = pixel_distances(SIDE, VARIED, 1.0, (0, 1), local_context(1))
    variants = jax.jit(lambda key: matched_variants(key, MATCHED, SIDE, VARIED, 1.0))(jax.random.key(1))
    x_NxD, kind_NxD, scene_NxD = (np.asarray(variants[name]) for name in ("as it is", "kind", "scene"))
    expected = np.sqrt(np.mean((kind_NxD - x_NxD) ** 2) / np.mean((scene_NxD - x_NxD) ** 2))
    assert records.by_seed("class_to_scene_distance", features="pixels")[1] == pytest.approx(expected, rel=1e-4)
    kind_N, scene_N = (np.linalg.norm((other - x_NxD).reshape(MATCHED, -1), axis=1) for other in (kind_NxD, scene_NxD))
    expected = np.quantile(scene_N / kind_N, 0.1)
    assert records.by_seed("scene_to_class_distance", features="pixels")[1] == pytest.approx(expected, rel=1e-4)


def test_the_gallery_is_one_array_of_both_kinds_in_every_scene(quick_to_compile):
    picture = gallery(3).array("picture", seed=3)
    assert picture.axes["kind"] == CLASSES
    assert picture.axes["varied"] == ("nothing", *NUISANCES, "all")
    assert picture.values.shape == (2, 8, GALLERY_SIDE, GALLERY_SIDE, 3)
    assert picture.values.dtype == np.uint8
    levels_KxVxD = picture.values.reshape(2, 8, -1).astype(int)
    assert np.all(np.abs(levels_KxVxD[0] - levels_KxVxD[1]).max(1) > 50)  # the kinds differ in every scene
    neutral, scale = (picture.axes["varied"].index(name) for name in ("nothing", "scale"))
    np.testing.assert_array_equal(picture.values[0, neutral, :8], picture.values[0, scale, :8])  # the sky stays
