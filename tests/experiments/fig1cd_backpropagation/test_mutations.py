"""The mistakes in the equations, on arrays small enough to work out by hand."""

import jax.numpy as jnp
import numpy as np

from experiments.fig1cd_backpropagation.mutations import (
    EQUATIONS,
    FEEDBACK,
    MUTATIONS,
    PRINTED,
    neighbours,
    random_feedback,
    transposed,
    without_first,
)

A_3x2 = jnp.arange(6.0).reshape(3, 2)


def test_wrong_indices_by_hand():
    np.testing.assert_array_equal(neighbours(jnp.array([1.0, 2.0, 3.0])), [3, 1, 2])
    np.testing.assert_array_equal(transposed(A_3x2), [[0, 2], [4, 1], [3, 5]])
    np.testing.assert_array_equal(without_first(A_3x2), [[0, 0], [2, 3], [4, 5]])


def test_every_equation_has_a_statement_and_mutations_that_differ_from_it():
    assert {name for name, _ in EQUATIONS.values()} == set(MUTATIONS) == set(PRINTED._fields)
    w, y = A_3x2, jnp.array([1.0, -2.0, 3.0])
    for rule in MUTATIONS["total_input"].values():
        assert not np.allclose(rule(w, y), PRINTED.total_input(w, y))


def test_random_feedback_is_fixed_and_does_not_depend_on_the_weights():
    dE_dz_k = jnp.array([1.0, -1.0])
    assert FEEDBACK["weights"] is PRINTED.to_outputs_below
    assert FEEDBACK["random"] is random_feedback
    feedback_j = random_feedback(A_3x2, dE_dz_k)
    np.testing.assert_array_equal(random_feedback(-A_3x2, dE_dz_k), feedback_j)
    np.testing.assert_allclose(random_feedback(A_3x2, 2 * dE_dz_k), 2 * feedback_j, rtol=1e-6)
    assert not np.allclose(feedback_j, PRINTED.to_outputs_below(A_3x2, dE_dz_k))
