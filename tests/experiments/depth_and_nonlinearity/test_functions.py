"""The folded tent map against the triangle wave, and the regression task on it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.depth_and_nonlinearity import functions


@pytest.mark.parametrize("folds", range(7))
def test_the_folded_tent_map_is_a_triangle_wave(folds):
    """In closed form it is twice the distance of x 2^(folds - 1) to the nearest integer."""
    x = np.linspace(0, 1, 1025)  # binary fractions, so that both sides are exact
    y = np.asarray(functions.folded(jnp.asarray(x, jnp.float32), folds))
    if folds == 0:
        np.testing.assert_array_equal(y, x)
        return
    scaled = x * 2 ** (folds - 1)
    np.testing.assert_array_equal(y, 2 * np.abs(scaled - np.round(scaled)))
    extrema = np.sum(np.diff(np.sign(np.diff(y))) != 0)
    assert extrema + 1 == 2**folds  # linear pieces


@pytest.mark.parametrize("folds", [0, 1, 3, 6])
def test_targets_have_mean_0_and_variance_1(folds):
    x_Nx1, y_Nx1 = functions.tents(folds)(jax.random.key(0), 40_000)
    assert y_Nx1.shape == x_Nx1.shape == (40_000, 1)
    assert float(jnp.abs(x_Nx1).max()) <= 1
    assert float(y_Nx1.mean()) == pytest.approx(0, abs=0.02)
    assert float(y_Nx1.var()) == pytest.approx(1, abs=0.02)
    expected = np.sqrt(12) * (np.asarray(functions.folded((x_Nx1 + 1) / 2, folds)) - 0.5)
    np.testing.assert_allclose(y_Nx1, expected, atol=1e-5)


def test_a_draw_is_a_pure_function_of_its_key():
    draw = functions.tents(3)
    first, again, other = (draw(jax.random.key(seed), 64) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(first.y, again.y)
    assert not np.array_equal(first.x, other.x)
