"""Heads: the targets of their units, and the class scores that follow."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.hand_designed_features.heads import HEADS, pairwise, squares, squashed, squashed_pairwise, squashing


@pytest.mark.parametrize("name", HEADS)
def test_the_gradient_raises_the_score_of_the_labelled_class(name):
    head, label_B = HEADS[name](4), jnp.array([2, 0])
    output_BxU = jax.random.normal(jax.random.key(0), (2, head.units)) / 10
    descent_BxU = -jax.grad(lambda output: jnp.sum(head.loss(output, label_B)))(output_BxU)
    np.testing.assert_array_equal(jnp.argmax(head.scores(descent_BxU), 1), label_B)


def test_squares_are_0_at_plus_and_minus_1():
    head = squares(3)
    output_BxC = jnp.array([[-1.0, 1.0, -1.0]])
    assert head.loss(output_BxC, jnp.array([1]))[0] == 0.0
    assert head.loss(output_BxC, jnp.array([0]))[0] == pytest.approx(0.5 * (4 + 4))


def test_there_is_a_unit_for_each_pair_and_only_the_labels_own_have_a_gradient():
    head = pairwise(3)  # units 0/1, 0/2, 1/2
    assert head.units == 3
    assert pairwise(10).units == 45
    label_B = jnp.array([1])
    gradient = jax.grad(lambda output: head.loss(output, label_B)[0])(jnp.array([[5.0, 7.0, 3.0]]))
    np.testing.assert_allclose(gradient, [[5.0 + 1.0, 0.0, 3.0 - 1.0]])  # the target of 0/1 is -1, of 1/2 +1


def test_the_score_of_a_class_is_the_sum_of_its_units_with_their_signs():
    np.testing.assert_allclose(pairwise(3).scores(jnp.array([[5.0, 7.0, 3.0]])), [[5 + 7, -5 + 3, -7 - 3]])


def test_a_squashing_unit_is_1_at_1_where_its_curvature_is_largest():
    z = jnp.array([-1e3, -1.0, 0.0, 1.0, 1e3])
    np.testing.assert_allclose(squashing(z), [-1.7159, -1.0, 0.0, 1.0, 1.7159], atol=1e-4)
    curvature = jax.vmap(jax.grad(jax.grad(squashing)))(jnp.linspace(0.0, 3.0, 301))
    assert jnp.argmin(curvature) == pytest.approx(100, abs=2)  # steepest change of slope at z = 1


def test_squashed_is_squares_of_squashed_sums_and_the_highest_sum_wins():
    sum_BxC, label_B = jnp.array([[0.3, 5.0, 4.0], [2.0, -1.0, 0.0]]), jnp.array([1, 0])
    np.testing.assert_allclose(
        squashed(3).loss(sum_BxC, label_B), squares(3).loss(1.7159 * jnp.tanh(2 / 3 * sum_BxC), label_B), rtol=1e-6
    )
    np.testing.assert_array_equal(jnp.argmax(squashed(3).scores(100 * sum_BxC), 1), label_B)  # flat there, but ranked


def test_squashed_pairs_add_up_outputs_and_not_sums():
    sum_1xP, label_1 = jnp.array([[5.0, 7.0, 3.0]]), jnp.array([1])  # units 0/1, 0/2, 1/2
    a, b, c = 1.7159 * np.tanh(2 / 3 * np.array([5.0, 7.0, 3.0]))
    head = squashed_pairwise(3)
    np.testing.assert_allclose(head.scores(sum_1xP), [[a + b, -a + c, -b - c]], rtol=1e-5)
    assert head.loss(sum_1xP, label_1)[0] == pytest.approx(0.5 * ((a + 1) ** 2 + (c - 1) ** 2), rel=1e-5)
    assert jax.grad(lambda z: head.loss(z, label_1)[0])(sum_1xP)[0, 1] == 0.0
