import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.synthetic import planes
from experiments.depth_and_nonlinearity import functions

DRAWS = {
    "half_space": planes.half_space,
    "xor": planes.xor,
    "ring": planes.ring,
    "disk_and_annulus": planes.disk_and_annulus,
    "two_curves": planes.two_curves,
    "parity": planes.parity(4),
    "tents": functions.tents(3),
}
CLASSES = {name: draw for name, draw in DRAWS.items() if name != "tents"}


def best_half_space(x_Nx2, y_N, directions=720):
    """The share of the examples that the best line gets right: every threshold in many directions, by brute force."""
    best = 0.0
    for angle in np.pi * (np.arange(directions) + 0.5) / directions:  # both sides are tried below
        along_N = x_Nx2 @ np.array([np.cos(angle), np.sin(angle)])
        order = np.argsort(along_N)
        signs_N = np.where(y_N[order] == 1, 1, -1)
        gained = np.concatenate([[0], np.cumsum(signs_N)])  # up to a cut, all are called 1
        right = gained + np.sum(signs_N < 0)
        best = max(best, right.max(), (len(y_N) - right).max())
    return best / len(y_N)


def even_xor(side):
    """The four squares of `xor` on a grid, for an answer without noise."""
    place = (np.arange(side) + 0.5) / side - 0.5
    corners = [(i, j) for i in (-1, 1) for j in (-1, 1)]
    x = np.array([(i + p, j + q) for i, j in corners for p in place for q in place])
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


def even_ring(count):
    angle = 2 * np.pi * (np.arange(count) + 0.5) / count
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    return np.concatenate([0.5 * circle, circle]), np.repeat([0, 1], count)


def test_the_best_line_gets_three_quarters_of_xor_right():
    assert best_half_space(*even_xor(12)) == 0.75


def test_the_best_line_gets_two_thirds_of_the_ring_right():
    assert best_half_space(*even_ring(720)) == pytest.approx(2 / 3, abs=0.003)


@pytest.mark.parametrize(("name", "ceiling"), [("half_space", 1.0), ("xor", 0.75), ("ring", 2 / 3)])
def test_drawn_examples_have_these_ceilings(name, ceiling):
    x_Nx2, y_N = map(np.asarray, DRAWS[name](jax.random.key(0), 4000))
    assert best_half_space(x_Nx2, y_N) == pytest.approx(ceiling, abs=0.02)


@pytest.mark.parametrize("name", ["disk_and_annulus", "two_curves"])
def test_no_line_parts_these(name):
    x_Nx2, y_N = map(np.asarray, DRAWS[name](jax.random.key(0), 4000))
    assert best_half_space(x_Nx2, y_N) < 0.9


def test_no_hyperplane_knows_any_part_of_parity():
    """No bit and no set of fewer than all bits tells anything: every one is uncorrelated with the label."""
    bits = 4
    x_NxD = 2.0 * ((np.arange(2**bits)[:, None] >> np.arange(bits)) & 1) - 1.0
    odd = np.sum(x_NxD > 0, 1) % 2
    np.testing.assert_array_equal(x_NxD.T @ (2 * odd - 1), 0)


def test_labels_are_those_of_the_definitions():
    key, count = jax.random.key(3), 500
    x, y = map(np.asarray, planes.half_space(key, count))
    np.testing.assert_array_equal(y, x[:, 0] + 2 * x[:, 1] > 0.3)
    assert np.abs(x).max() <= 1
    x, y = map(np.asarray, planes.xor(key, count))
    np.testing.assert_array_equal(y, x[:, 0] * x[:, 1] > 0)
    assert (np.abs(x).min(), np.abs(x).max()) == pytest.approx((0.5, 1.5), abs=0.01)
    x, y = map(np.asarray, planes.ring(key, count))
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y, 1.0, 0.5), rtol=1e-5)
    x, y = map(np.asarray, planes.disk_and_annulus(key, count))
    radius = np.hypot(*x.T)
    assert radius[y == 0].max() <= 1 / 3 + 1e-6
    assert radius[y == 1].min() >= 2 / 3 - 1e-6
    assert radius.max() <= 1 + 1e-6
    x, y = map(np.asarray, planes.two_curves(key, count))
    np.testing.assert_allclose(x[:, 1], 0.5 * np.cos(np.pi * x[:, 0]) - 0.25 + 0.5 * y, atol=1e-5)
    x, y = map(np.asarray, planes.parity(5)(key, count))
    assert set(np.unique(x)) == {-1.0, 1.0}
    np.testing.assert_array_equal(y, [sum(bit > 0 for bit in row) % 2 for row in x])


def test_the_disk_and_the_annulus_are_evenly_filled():
    """Half of each area lies within the radius that halves it."""
    x, y = map(np.asarray, planes.disk_and_annulus(jax.random.key(0), 8000))
    radius = np.hypot(*x.T)
    assert np.mean(radius[y == 0] < np.sqrt(1 / 2) / 3) == pytest.approx(0.5, abs=0.03)
    assert np.mean(radius[y == 1] < np.sqrt((4 / 9 + 1) / 2)) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_is_a_pure_function_of_its_key(name):
    first, again, other = (DRAWS[name](jax.random.key(seed), 64) for seed in (0, 0, 1))
    compiled = jax.jit(DRAWS[name], static_argnums=1)(jax.random.key(0), 64)
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(first.y, again.y)
    np.testing.assert_allclose(compiled.x, first.x, atol=1e-6)
    assert not np.array_equal(first.x, other.x)
    assert first.x.dtype == jnp.float32


@pytest.mark.parametrize("name", CLASSES)
def test_classes_are_balanced_and_many_draws_go_together(name):
    many = jax.vmap(lambda key: CLASSES[name](key, 1000))(jax.random.split(jax.random.key(0), 4))
    assert many.y.dtype == jnp.int32
    expected = 0.425 if name == "half_space" else 0.5  # the line leaves 0.425 of the square on the side of label 1
    assert float(jnp.mean(many.y)) == pytest.approx(expected, abs=0.03)


# The tent map


@pytest.mark.parametrize("folds", range(7))
def test_folded_tents_are_the_triangle_wave(folds):
    """In closed form: the distance of x 2^(folds - 1) to the nearest integer, doubled."""
    x = np.linspace(0, 1, 1025)  # binary fractions, so that both sides are exact
    found = np.asarray(functions.folded(jnp.asarray(x, jnp.float32), folds))
    if folds == 0:
        np.testing.assert_array_equal(found, x)
        return
    y = x * 2 ** (folds - 1)
    np.testing.assert_array_equal(found, 2 * np.abs(y - np.round(y)))
    turns = np.sum(np.diff(np.sign(np.diff(found))) != 0)
    assert turns + 1 == 2**folds  # linear pieces


@pytest.mark.parametrize("folds", [0, 1, 3, 6])
def test_tents_have_mean_0_and_variance_1(folds):
    x_Nx1, y_Nx1 = functions.tents(folds)(jax.random.key(0), 40_000)
    assert y_Nx1.shape == x_Nx1.shape == (40_000, 1)
    assert float(jnp.abs(x_Nx1).max()) <= 1
    assert float(y_Nx1.mean()) == pytest.approx(0, abs=0.02)
    assert float(y_Nx1.var()) == pytest.approx(1, abs=0.02)
    expected = np.sqrt(12) * (np.asarray(functions.folded((x_Nx1 + 1) / 2, folds)) - 0.5)
    np.testing.assert_allclose(y_Nx1, expected, atol=1e-5)
