"""Worlds of pictures: what varies varies, variants differ in one respect, and no two seeds or splits share anything."""

import jax
import numpy as np
import pytest

from dl_jax.data import catalog
from dl_jax.data.synthetic import digit_scenes
from dl_jax.measures import worlds
from dl_jax.measures.worlds import NEARBY, NUISANCES, draw_pictures, pictures_by_seed, world

SIDE, SIZES, MATCHED, SEEDS = 10, (64, 32, 48), 16, (3, 4)


@pytest.fixture(scope="module", params=["canids", "digits"])
def of(request):
    return world(request.param, SIDE)


@pytest.fixture(scope="module")
def data(of, quickly):
    with quickly():
        return pictures_by_seed(of, SEEDS, SIZES, MATCHED)


@pytest.fixture(scope="module")
def pictures(data):
    return data.of(SEEDS[0])


def rows(pictures):
    every = [*(part.x for part in pictures[:3]), pictures.matched_variants["as it is"]]
    return np.concatenate([x.reshape(len(x), -1) for x in every])


def test_pictures_have_their_sizes_values_and_balanced_labels(pictures):
    for part, size in zip(pictures[:3], SIZES, strict=True):
        assert part.x.shape == (size, SIDE, SIDE, 3)
        assert part.y.tolist() == [at % 2 for at in range(size)]
        assert part.x.min() >= -2.001
        assert part.x.max() <= 2.001
    assert {x.shape for x in pictures.matched_variants.values()} == {(MATCHED, SIDE, SIDE, 3)}


def test_no_two_pictures_and_no_two_seeds_are_equal(data, pictures):
    both = np.concatenate([rows(pictures), rows(data.of(SEEDS[1]))])
    assert len(np.unique(both, axis=0)) == len(both)


def test_the_key_alone_decides_and_levels_are_rounded(of, data, pictures, quick_to_compile):
    key = jax.random.split(jax.random.key(SEEDS[0]), 3)[0]
    again = jax.jit(lambda key: draw_pictures(of, key, SIZES, MATCHED))(key)
    np.testing.assert_allclose(again.test.x, pictures.test.x, atol=4 / 255)


def test_variants_differ_from_the_picture_in_one_respect(pictures):
    variants = pictures.matched_variants
    assert set(variants) == {"as it is", "kind", "scene", NEARBY, *NUISANCES}

    def change(name):
        return np.sqrt(np.mean((variants[name] - variants["as it is"]) ** 2, (1, 2, 3)))

    for name in variants:
        assert name == "as it is" or np.median(change(name)) > 0, name
    assert np.median(change(NEARBY)) < np.median(change("scene"))
    # Light multiplies: where the picture is black it stays so.
    black = variants["as it is"] < -1.99
    assert np.all(variants["illumination"][black] < -1.95)


def test_pairs_are_of_both_kinds_alike_and_in_one_split_only(quick_to_compile):
    dataset = catalog.load("digits")
    of = digit_scenes.cutouts(dataset, (4, 9))
    assert of.pairs.shape == (180, 2, 8, 8)
    x = np.concatenate([dataset.train[0], dataset.validation[0], dataset.test[0]]) / 16
    y = np.concatenate([dataset.train[1], dataset.validation[1], dataset.test[1]])
    for at, kind in enumerate((4, 9)):
        originals = {image.tobytes() for image in x[y == kind].astype(np.float32)}
        used = [image.tobytes() for image in of.pairs[:, at]]
        assert set(used) <= originals
    first, second = of.pairs[:, 0].reshape(180, -1), of.pairs[:, 1].reshape(180, -1)
    matched = np.linalg.norm(first - second, axis=1).mean()
    assert matched < 0.95 * np.linalg.norm(first - second[::-1], axis=1).mean()
    pools = worlds._pools(jax.random.key(0), 180)
    assert np.array_equal(pools[2], pools[3])
    assert sorted(np.concatenate(pools[:3]).tolist()) == list(range(180))


def test_detail_is_the_share_of_the_difference_that_is_drawn(quick_to_compile):
    scene = digit_scenes.neutral_scene()
    of = digit_scenes.cutouts(catalog.load("digits"), (4, 9))
    drawn = {
        (label, detail): np.asarray(digit_scenes.render(of, 0, label, scene, 16, detail))
        for label in (0.0, 1.0)
        for detail in (0.0, 0.5, 1.0)
    }
    np.testing.assert_array_equal(drawn[0.0, 0.0], drawn[1.0, 0.0])
    whole, half = (np.abs(drawn[0.0, d] - drawn[1.0, d]).sum() for d in (1.0, 0.5))
    assert half == pytest.approx(whole / 2, rel=0.02)


def test_a_neutral_digit_is_upright_where_it_was_scanned(quick_to_compile):
    """At scale 0.7 and 20 pixels the digit's 8 x 8 pixels fall on the middle 14."""
    of = digit_scenes.cutouts(catalog.load("digits"), (4, 9))
    dark = of._replace(photographs=0 * of.photographs)
    image = np.asarray(digit_scenes.render(dark, 5, 1.0, digit_scenes.neutral_scene(), 20))[..., 1]
    small = image[3:17, 3:17].reshape(7, 2, 7, 2).mean((1, 3))
    expected = of.pairs[5, 1]
    wanted = np.asarray(jax.image.resize(expected, (7, 7), "linear"))
    assert np.corrcoef(small.ravel(), wanted.ravel())[0, 1] > 0.95
    assert image[:2].max() == image[:, :2].max() == 0


def test_an_unknown_nuisance_is_named(of):
    with pytest.raises(KeyError, match="smell"):
        of.random_scene(jax.random.key(0), ["smell"])
