"""Two-class tasks: their definitions, their balance, and the accuracy of the best half-space."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.synthetic import planes

DRAWS = {
    "half_space": planes.half_space,
    "xor": planes.xor,
    "ring": planes.ring,
    "disk_and_annulus": planes.disk_and_annulus,
    "two_curves": planes.two_curves,
    "parity": planes.parity(4),
}


def best_half_space(x_Nx2, y_N, directions=720):
    """Return the accuracy of the best line, by brute force over all thresholds in many directions."""
    best = 0.0
    for angle in np.pi * (np.arange(directions) + 0.5) / directions:  # both signs are tried below
        along_N = x_Nx2 @ np.array([np.cos(angle), np.sin(angle)])
        order = np.argsort(along_N)
        sign_N = np.where(y_N[order] == 1, 1, -1)
        gain = np.concatenate([[0], np.cumsum(sign_N)])  # class 1 up to the threshold
        correct = gain + np.sum(sign_N < 0)
        best = max(best, correct.max(), (len(y_N) - correct).max())
    return best / len(y_N)


def xor_grid(side):
    """Return the four squares of `xor` on a grid, for a noise-free result."""
    offset = (np.arange(side) + 0.5) / side - 0.5
    corners = [(i, j) for i in (-1, 1) for j in (-1, 1)]
    x = np.array([(i + p, j + q) for i, j in corners for p in offset for q in offset])
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


def ring_grid(count):
    """Return the circles of `ring` at equal angles."""
    angle = 2 * np.pi * (np.arange(count) + 0.5) / count
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    return np.concatenate([0.5 * circle, circle]), np.repeat([0, 1], count)


def test_the_best_half_space_classifies_three_quarters_of_xor():
    assert best_half_space(*xor_grid(12)) == 0.75


def test_the_best_half_space_classifies_two_thirds_of_the_ring():
    assert best_half_space(*ring_grid(720)) == pytest.approx(2 / 3, abs=0.003)


@pytest.mark.parametrize(("name", "ceiling"), [("half_space", 1.0), ("xor", 0.75), ("ring", 2 / 3)])
def test_accuracy_of_the_best_half_space_on_drawn_examples(name, ceiling):
    x_Nx2, y_N = map(np.asarray, DRAWS[name](jax.random.key(0), 4000))
    assert best_half_space(x_Nx2, y_N) == pytest.approx(ceiling, abs=0.02)


@pytest.mark.parametrize("name", ["disk_and_annulus", "two_curves"])
def test_tasks_that_are_not_linearly_separable(name):
    x_Nx2, y_N = map(np.asarray, DRAWS[name](jax.random.key(0), 4000))
    assert best_half_space(x_Nx2, y_N) < 0.9


def test_no_bit_is_correlated_with_its_parity():
    bits = 4
    x_NxD = 2.0 * ((np.arange(2**bits)[:, None] >> np.arange(bits)) & 1) - 1.0
    odd = np.sum(x_NxD > 0, 1) % 2
    np.testing.assert_array_equal(x_NxD.T @ (2 * odd - 1), 0)


def test_labels_follow_the_definitions():
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


def test_points_are_uniform_in_the_disk_and_the_annulus():
    """Half of the points of each class are within the radius that halves its area."""
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


@pytest.mark.parametrize("name", DRAWS)
def test_classes_are_balanced_under_vmap(name):
    examples = jax.vmap(lambda key: DRAWS[name](key, 1000))(jax.random.split(jax.random.key(0), 4))
    assert examples.y.dtype == jnp.int32
    expected = 0.425 if name == "half_space" else 0.5  # the share of the square on the side of label 1
    assert float(jnp.mean(examples.y)) == pytest.approx(expected, abs=0.03)
