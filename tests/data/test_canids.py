"""Drawn canids: the named nuisances vary independently, and the classes differ in small details only."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.synthetic.canids import (
    NUISANCES,
    canids,
    neutral_scene,
    random_scene,
    random_scenes,
    render,
    render_bytes,
)

KEY, SIDE = jax.random.key(0), 32
EVERY = pytest.mark.parametrize("nuisance", NUISANCES)


@pytest.fixture(scope="module")
def examples():
    return jax.jit(lambda key: canids(key, 64, SIDE))(KEY)


def test_images_are_in_colour_and_classes_are_balanced(examples):
    assert examples.x.shape == (64, SIDE, SIDE, 3)
    assert 0 <= examples.x.min() < 0.2
    assert 0.9 < examples.x.max() <= 1
    assert np.bincount(examples.y).tolist() == [32, 32]


def test_all_scenes_differ_and_depend_on_the_key_alone(examples):
    assert len(np.unique(np.asarray(examples.x).reshape(64, -1), axis=0)) == 64
    np.testing.assert_array_equal(jax.jit(lambda key: canids(key, 64, SIDE))(KEY).x, examples.x)
    assert not np.array_equal(canids(jax.random.key(1), 2, SIDE).x, examples.x[:2])


@EVERY
def test_only_the_named_nuisance_varies(nuisance):
    scene = random_scene(KEY, [nuisance])
    assert {name for name in NUISANCES if np.any(scene[name] != neutral_scene()[name])} == {nuisance}
    difference = render(jnp.zeros(()), scene, SIDE) - render(jnp.zeros(()), neutral_scene(), SIDE)
    assert np.abs(difference).max() > 0.1


@EVERY
def test_the_draw_of_a_nuisance_does_not_depend_on_the_others(nuisance):
    np.testing.assert_array_equal(random_scene(KEY, [nuisance])[nuisance], random_scene(KEY)[nuisance])


def test_without_nuisances_there_are_two_images():
    x_NxHxWx3, y_N = canids(KEY, 8, SIDE, ())
    assert len(np.unique(np.asarray(x_NxHxWx3).reshape(8, -1), axis=0)) == 2
    assert len(np.unique(np.asarray(x_NxHxWx3)[y_N == 0].reshape(4, -1), axis=0)) == 1


def test_an_unknown_nuisance_is_an_error():
    with pytest.raises(KeyError, match=r"weather.*pose, position"):
        random_scene(KEY, ["weather"])


def test_the_classes_differ_less_than_two_scenes_of_one_class():
    """As in the paper: a wolf in the same scene is nearer than a Samoyed in another scene."""
    label_N, here_N = jnp.arange(32) % 2, random_scenes(KEY, 32)
    there_N = random_scenes(jax.random.key(1), 32)
    scenes = {"as it is": here_N, "kind": here_N, "scene": there_N}
    scenes |= {name: here_N | {name: there_N[name]} for name in NUISANCES}
    variants = {
        name: np.asarray(render_bytes(1 - label_N if name == "kind" else label_N, scene_N, SIDE)) / 255
        for name, scene_N in scenes.items()
    }
    distances = {name: np.sqrt(np.sum((x - variants["as it is"]) ** 2, (1, 2, 3))) for name, x in variants.items()}
    assert all(np.mean(distances[name] > 0.05) > 0.9 for name in distances if name != "as it is")
    assert np.all(distances["kind"] < distances["scene"])
    assert all(np.median(distances[name]) < np.median(distances["scene"]) for name in NUISANCES)


def test_the_detail_scales_the_difference_of_the_classes():
    scene = random_scene(KEY)
    np.testing.assert_array_equal(render(jnp.zeros(()), scene, SIDE, 0.0), render(jnp.ones(()), scene, SIDE, 0.0))
    small, full = (
        np.abs(render(jnp.zeros(()), scene, SIDE, detail) - render(jnp.ones(()), scene, SIDE, detail)).sum()
        for detail in (0.3, 1.0)
    )
    assert 0 < small < full


def test_an_animal_facing_left_is_the_mirror_image():
    left = neutral_scene() | {"pose": neutral_scene()["pose"].at[0].set(0.0)}
    symmetric = {"background": jnp.full(NUISANCES["background"], 0.5).at[7].set(0.5)}  # horizontal waves
    images = [render(jnp.ones(()), scene | symmetric, SIDE) for scene in (neutral_scene(), left)]
    np.testing.assert_allclose(images[0], images[1][:, ::-1], atol=1e-5)
