"""Heads: what their units are corrected to, and what they say of the categories."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.training.heads import HEADS, pairwise, squares


@pytest.mark.parametrize("name", HEADS)
def test_the_gradient_raises_the_score_of_the_labelled_category(name):
    head, label_B = HEADS[name](4), jnp.array([2, 0])
    output_BxU = jax.random.normal(jax.random.key(0), (2, head.units)) / 10
    descent_BxU = -jax.grad(lambda output: jnp.sum(head.error(output, label_B)))(output_BxU)
    np.testing.assert_array_equal(jnp.argmax(head.scores(descent_BxU), 1), label_B)


def test_squares_are_0_at_plus_and_minus_1():
    head = squares(3)
    output_BxC = jnp.array([[-1.0, 1.0, -1.0]])
    assert head.error(output_BxC, jnp.array([1]))[0] == 0.0
    assert head.error(output_BxC, jnp.array([0]))[0] == pytest.approx(0.5 * (4 + 4))


def test_one_unit_a_pair_of_which_only_the_labels_own_are_corrected():
    head = pairwise(3)  # units 0/1, 0/2, 1/2
    assert head.units == 3
    assert pairwise(10).units == 45
    label_B = jnp.array([1])
    gradient = jax.grad(lambda output: head.error(output, label_B)[0])(jnp.array([[5.0, 7.0, 3.0]]))
    np.testing.assert_allclose(gradient, [[5.0 + 1.0, 0.0, 3.0 - 1.0]])  # 0/1 shall be -1, 1/2 shall be +1


def test_the_score_of_a_category_is_the_sum_of_its_units_with_their_signs():
    np.testing.assert_allclose(pairwise(3).scores(jnp.array([[5.0, 7.0, 3.0]])), [[5 + 7, -5 + 3, -7 - 3]])
