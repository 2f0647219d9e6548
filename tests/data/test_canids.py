"""Canids: what is named varies and nothing else does; the two kinds differ, and only in part."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.synthetic.canids import NUISANCES, canids, compared, plain, render, scene

KEY, SIDE = jax.random.key(0), 32
EVERY = pytest.mark.parametrize("nuisance", NUISANCES)


@pytest.fixture(scope="module")
def drawn():
    return jax.jit(lambda key: canids(key, 64, SIDE))(KEY)


def test_pictures_are_colours_and_half_of_each_kind(drawn):
    assert drawn.x.shape == (64, SIDE, SIDE, 3)
    assert 0 <= drawn.x.min() < 0.2
    assert 0.9 < drawn.x.max() <= 1
    assert np.bincount(drawn.y).tolist() == [32, 32]


def test_every_scene_is_its_own_and_the_key_tells_which(drawn):
    assert len(np.unique(np.asarray(drawn.x).reshape(64, -1), axis=0)) == 64
    np.testing.assert_array_equal(jax.jit(lambda key: canids(key, 64, SIDE))(KEY).x, drawn.x)
    assert not np.array_equal(canids(jax.random.key(1), 2, SIDE).x, drawn.x[:2])


@EVERY
def test_a_nuisance_varies_alone(nuisance):
    found = scene(KEY, [nuisance])
    assert {name for name in NUISANCES if np.any(found[name] != plain()[name])} == {nuisance}
    different = render(jnp.zeros(()), found, SIDE) - render(jnp.zeros(()), plain(), SIDE)
    assert np.abs(different).max() > 0.1


@EVERY
def test_a_nuisance_is_drawn_alike_whatever_else_varies(nuisance):
    np.testing.assert_array_equal(scene(KEY, [nuisance])[nuisance], scene(KEY)[nuisance])


def test_without_nuisances_there_are_two_pictures():
    x_NxHxWx3, y_N = canids(KEY, 8, SIDE, ())
    assert len(np.unique(np.asarray(x_NxHxWx3).reshape(8, -1), axis=0)) == 2
    assert len(np.unique(np.asarray(x_NxHxWx3)[y_N == 0].reshape(4, -1), axis=0)) == 1


def test_an_unknown_nuisance_is_named():
    with pytest.raises(KeyError, match=r"weather.*pose, position"):
        scene(KEY, ["weather"])


def test_the_kinds_differ_less_than_two_scenes_of_one_kind():
    """The example of the paper: a wolf in the same scene is nearer than a Samoyed in another."""
    found = jax.jit(lambda key: compared(key, 32, SIDE))(KEY)
    assert set(found) == {"as it is", "kind", "scene", *NUISANCES}
    away = {name: np.sqrt(np.sum((x - found["as it is"]) ** 2, (1, 2, 3))) for name, x in found.items()}
    assert all(np.mean(away[name] > 0.05) > 0.9 for name in away if name != "as it is")
    assert np.all(away["kind"] < away["scene"])
    assert all(np.median(away[name]) < np.median(away["scene"]) for name in NUISANCES)


def test_without_detail_there_is_no_difference():
    at = scene(KEY)
    np.testing.assert_array_equal(render(jnp.zeros(()), at, SIDE, 0.0), render(jnp.ones(()), at, SIDE, 0.0))
    little, all_of_it = (
        np.abs(render(jnp.zeros(()), at, SIDE, detail) - render(jnp.ones(()), at, SIDE, detail)).sum()
        for detail in (0.3, 1.0)
    )
    assert 0 < little < all_of_it


def test_facing_left_is_the_mirror_image():
    left = plain() | {"pose": plain()["pose"].at[0].set(0.0)}
    bare = {"background": jnp.full(NUISANCES["background"], 0.5).at[7].set(0.5)}  # its waves are level
    pictures = [render(jnp.ones(()), each | bare, SIDE) for each in (plain(), left)]
    np.testing.assert_allclose(pictures[0], pictures[1][:, ::-1], atol=1e-5)
