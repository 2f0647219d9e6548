"""The printed equations agree with independent derivatives, and every mutation of them is detected."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.derivatives import ORACLES
from dl_jax.models.backpropagation import UNITS, backward, forward
from experiments.fig1cd_backpropagation.equation_errors import (
    FIGURE_1C,
    apply_rule,
    by_equation,
    equation_errors,
    oracle_results,
)
from experiments.fig1cd_backpropagation.mutations import MUTATIONS, PRINTED

LIBRARY = {"relu": jax.nn.relu, "tanh": jnp.tanh, "logistic": jax.nn.sigmoid}


def normals(*shapes):
    return [jax.random.normal(jax.random.key(number), shape) for number, shape in enumerate(shapes)]


@pytest.mark.parametrize("name", sorted(UNITS))
def test_every_mutation_is_detected_and_the_printed_equations_pass(name):
    *w, x_BxD, t_BxC = normals((6, 5), (5, 4), (4, 3), (16, 6), (16, 3))
    weights = [each.at[:, 0].set(jnp.abs(each[:, 0])) / len(each) ** 0.5 for each in w]
    tested = set()
    for errors in equation_errors(weights, x_BxD, t_BxC, UNITS[name], LIBRARY[name]):
        at, along = dict(errors.at), errors.labels()
        if at.get("mutation") == "none":
            assert along["oracle"] == (("linen",) if at["equation"] in FIGURE_1C else tuple(ORACLES))
            assert float(errors.value[0]) < 20 * 2.0**-23, at
        else:
            assert along["mutation"] == tuple(MUTATIONS[at["equation"]])
            assert float(jnp.min(errors.value)) > 1e-2, (at, errors.value)
            tested.add(at["equation"])
    assert tested == set(PRINTED._fields) == set(MUTATIONS)


@pytest.mark.parametrize("equation", PRINTED._fields)
def test_a_printed_rule_gives_the_results_of_the_printed_passes(equation):
    *weights, x, t = normals((3, 4), (4, 2), (3,), (2,))
    activations = forward(weights, x, UNITS["tanh"].f)
    derivatives = backward(weights, activations, t, UNITS["tanh"].derivative)
    rule = getattr(PRINTED, equation)
    results = apply_rule(equation, rule, weights, activations, derivatives, t, UNITS["tanh"])
    jax.tree.map(np.testing.assert_array_equal, results, by_equation(activations, derivatives)[equation])


def test_the_oracle_of_a_linear_unit_is_worked_out_by_hand():
    """One weight matrix, f(z) = 2 z: z = x w, y = 2 z, dE/dy = y - t, dE/dz = 2 (y - t), dE/dx = w dE/dz."""
    w, x, t = jnp.array([[1.0, 0.0], [2.0, -1.0]]), jnp.array([1.0, 3.0]), jnp.array([4.0, 0.0])
    expected = {
        "total_input": [7.0, -3.0],
        "output": [14.0, -6.0],
        "cost_derivative": [10.0, -6.0],
        "into_total_input": [20.0, -12.0],
        "to_outputs_below": [20.0, 52.0],
        "weight_derivative": [[20.0, -12.0], [60.0, -36.0]],
    }
    results = oracle_results(ORACLES["grad"], [w], x, t, lambda z: 2 * z)
    assert set(results) == set(expected)
    for equation, (value,) in results.items():
        np.testing.assert_allclose(value, expected[equation], rtol=1e-6, err_msg=equation)
