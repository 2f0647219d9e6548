"""Updates along the gradient, along a random direction of equal length, and none."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.training.choices import choose
from dl_jax.training.directions import DIRECTIONS, step_along

GRADIENT = {"w": jnp.array([[3.0, 0.0], [0.0, 0.0]]), "b": jnp.array([0.0, 4.0])}


def updates(direction, seed, steps=2):
    """What replaces GRADIENT at each step, as vectors."""
    transformation = step_along(direction, seed)
    state, found = transformation.init(GRADIENT), []
    for _ in range(steps):
        update, state = transformation.update(GRADIENT, state)
        found.append(jnp.concatenate([jnp.ravel(leaf) for leaf in jax.tree.leaves(update)]))
    return np.stack(found)


def test_the_gradient_is_passed_on():
    np.testing.assert_array_equal(updates(DIRECTIONS["gradient"], 0), [[0, 4, 3, 0, 0, 0]] * 2)


def test_no_update_is_zero():
    np.testing.assert_array_equal(updates(DIRECTIONS["no update"], 0), np.zeros((2, 6)))


def test_random_directions_are_as_long_as_the_gradient_and_new_at_every_step_and_seed():
    found = np.concatenate([updates(DIRECTIONS["random direction"], seed) for seed in (0, 1)])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 5, rtol=1e-6)
    cosine = found @ found.T / 25
    assert np.abs(cosine - np.eye(4)).max() < 0.99
    np.testing.assert_array_equal(found[:2], updates(DIRECTIONS["random direction"], 0))


def test_random_directions_favour_no_weight():
    found = updates(DIRECTIONS["random direction"], 3, steps=500)
    np.testing.assert_allclose(found.mean(0), 0, atol=0.4)
    np.testing.assert_allclose((found**2).mean(0), 25 / 6, rtol=0.25)


@pytest.mark.parametrize("name", DIRECTIONS)
def test_the_direction_and_the_seed_may_be_traced(name):
    index = jnp.int32(list(DIRECTIONS).index(name))
    traced = jax.jit(lambda index, seed: jnp.asarray(_first(choose(index, list(DIRECTIONS.values())), seed)))
    np.testing.assert_allclose(traced(index, 7), updates(DIRECTIONS[name], 7, steps=1)[0], rtol=1e-6)


def _first(direction, seed):
    transformation = step_along(direction, seed)
    update, _ = transformation.update(GRADIENT, transformation.init(GRADIENT))
    return jnp.concatenate([jnp.ravel(leaf) for leaf in jax.tree.leaves(update)])
