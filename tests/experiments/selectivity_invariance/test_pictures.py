"""Pictures in which one nuisance varies, distances of pixels, and the gallery."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.synthetic.canids import CLASSES
from dl_jax.measures.worlds import NUISANCES, pictures_by_seed, world
from dl_jax.training.context import local_context
from experiments.selectivity_invariance.pictures import ALONE, CHANGED, draw_alone, gallery, pixel_distances

SIDE, MATCHED = 12, 40


def only(name):
    return {each: jnp.float32(each == name) for each in NUISANCES}


@pytest.fixture(scope="module", params=["canids", "digits"])
def of(request):
    return world(request.param, SIDE)


@pytest.fixture(scope="module")
def alone(of, quickly):
    with quickly():
        return jax.jit(lambda key, varies: draw_alone(of, key, varies))(jax.random.key(0), only("background"))


def test_splits_have_their_sizes_and_no_picture_in_common(alone):
    assert tuple(len(part.x) for part in alone.varied) == ALONE
    x_MxD = np.concatenate([part.x.reshape(len(part.x), -1) for part in alone.varied])
    assert len(np.unique(x_MxD, axis=0)) == len(x_MxD)


def test_only_the_named_nuisance_varies(of, alone):
    corner_N = {name: np.asarray(part[0].x[:, 0, 0]) for name, part in zip(alone._fields, alone, strict=True)}
    assert np.ptp(corner_N["varied"], axis=0).max() > 0.5
    assert np.ptp(corner_N["still"], axis=0).max() < 0.01
    for varied, still in zip(alone.varied, alone.still, strict=True):
        np.testing.assert_array_equal(varied.y, still.y)
    pictures = {image.tobytes() for image in np.asarray(alone.still[0].x)}
    assert len(pictures) == 2 if of.individuals == 1 else len(pictures) > 20


def test_no_digit_is_learned_and_tested(of, alone):
    if of.individuals > 1:
        learned, tested = ({x.tobytes() for x in np.asarray(part.x)} for part in (alone.still[0], alone.still[2]))
        assert not learned & tested


def test_pixel_distances_are_those_of_matched_pictures(of, quick_to_compile):
    pictures = pictures_by_seed(of, (0, 1), (2, 2, 2), MATCHED)
    records = pixel_distances(pictures, (0, 1), local_context(1), dataset="d")
    variants = pictures.of(1).matched_variants
    x, kind, scene, moved = (np.asarray(variants[name]) for name in ("as it is", "kind", "scene", "position"))
    expected = np.sqrt(np.mean((kind - x) ** 2) / np.mean((scene - x) ** 2))
    assert records.by_seed("class_to_scene_distance", features="pixels")[1] == pytest.approx(expected, rel=1e-4)
    for other, changed in ((scene, "scene"), (moved, "position")):
        kind_N, other_N = (np.linalg.norm((each - x).reshape(MATCHED, -1), axis=1) for each in (kind, other))
        found = records.by_seed("scene_to_class_distance", features="pixels", changed=changed, dataset="d")[1]
        assert found == pytest.approx(np.quantile(other_N / kind_N, 0.1), rel=1e-4)
    assert set(records.where(metric="scene_to_class_distance").axis("changed")) == set(CHANGED)


def test_the_gallery_is_one_array_of_both_kinds_in_every_scene(quick_to_compile):
    picture = gallery(world("canids", 64), 3).array("picture", seed=3)
    assert picture.axes["kind"] == CLASSES
    assert picture.axes["varied"] == ("nothing", *NUISANCES, "all")
    assert picture.values.shape == (2, 8, 64, 64, 3)
    assert picture.values.dtype == np.uint8
    levels_KxVxD = picture.values.reshape(2, 8, -1).astype(int)
    assert np.all(np.abs(levels_KxVxD[0] - levels_KxVxD[1]).max(1) > 50)  # the kinds differ in every scene
    neutral, scale = (picture.axes["varied"].index(name) for name in ("nothing", "scale"))
    np.testing.assert_array_equal(picture.values[0, neutral, :8], picture.values[0, scale, :8])  # the sky stays
