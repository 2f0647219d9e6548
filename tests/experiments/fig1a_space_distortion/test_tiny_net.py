"""Weights as records and back, and two ways to compute what hidden units answer."""

import jax
import numpy as np
import pytest

from dl_jax.models.mlp import mlp
from experiments.fig1a_space_distortion.grids import lattice
from experiments.fig1a_space_distortion.tiny_net import (
    FUNCTIONS,
    PRINTED,
    as_printed,
    hidden_units,
    nets,
    read_back,
    slopes,
    spelled,
    unlike,
)

X = lattice(5)


def weights(hidden=3, seed=0):
    params = mlp((hidden,), 1, FUNCTIONS["tanh"]).init(jax.random.key(seed), X.reshape(-1, 2))
    return jax.tree.map(lambda array: np.asarray(array) + 0.1, params)


@pytest.mark.parametrize("hidden", [1, 2, 3, 12])
def test_weights_come_back_as_they_went(hidden):
    params = weights(hidden)
    values = {name: float(value) for name, value in spelled(params).items()}
    assert len(values) == 2 * hidden + hidden + hidden + 1
    back = read_back({"separable": 1.0, **values, "wide": 2.0})
    assert jax.tree.structure(back) == jax.tree.structure(params)
    jax.tree.map(np.testing.assert_array_equal, back, params)


def test_a_name_says_where_a_weight_leads():
    values = spelled(weights())
    assert values["w1[2,3]"] == weights()["layer_01"]["w"][1, 2]
    assert values["b2[1]"] == weights()["layer_02"]["b"][0]


def test_prefixes_keep_two_nets_apart():
    first, last = weights(seed=1), weights(seed=2)
    both = spelled(first, "first_") | spelled(last)
    jax.tree.map(np.testing.assert_array_equal, read_back(both, "first_"), first)
    jax.tree.map(np.testing.assert_array_equal, read_back(both), last)


def test_rows_are_gathered_into_nets():
    rows = [{"seed": s, "task": "t", "metric": m, "value": float(s)} for s in (1, 2) for m in ("w1[1,1]", "b1[1]")]
    assert list(nets(rows)) == [({"seed": s, "task": "t"}, {"w1[1,1]": s, "b1[1]": s}) for s in (1, 2)]


@pytest.mark.parametrize("name", PRINTED)
def test_the_library_and_the_printed_equations_agree(name):
    one, other = hidden_units(weights(), FUNCTIONS[name], X), as_printed(weights(), PRINTED[name], X)
    assert one.shape == other.shape == (5, 5, 3)
    assert unlike(one, other) < 1e-6
    assert unlike(one, as_printed(weights(seed=1), PRINTED[name], X)) > 0.01


@pytest.mark.parametrize("name", ["tanh", "logistic", "identity"])
def test_slopes_are_those_of_small_differences(name):
    """Of the printed equations, in float64; the step is a power of 2, so that x + step is exact in float32."""
    step = 2.0**-10
    found = slopes(weights(), FUNCTIONS[name], X)
    assert found.shape == (5, 5, 3, 2)
    for i, along in enumerate(step * np.eye(2)):
        ahead, behind = (as_printed(weights(), PRINTED[name], X + side) for side in (along, -along))
        np.testing.assert_allclose(found[..., i], (ahead - behind) / (2 * step), atol=1e-5)


def test_printed_functions_are_those_of_the_paper_and_do_not_overflow():
    z = np.linspace(-5, 5, 11)
    printed = {"tanh": (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)), "logistic": 1 / (1 + np.exp(-z))}
    for name, y in printed.items():
        np.testing.assert_allclose([PRINTED[name](each) for each in z], y, rtol=1e-12)
    assert [PRINTED[name](z) for name in PRINTED for z in (-1e9, 1e9)] == pytest.approx(
        [-1, 1, 0, 1, 0, 1e9, -1e9, 1e9]
    )


def test_unlike_is_on_the_scale_of_the_largest_value():
    assert unlike(np.array([0.5, 0.0]), np.array([0.25, 0.0])) == 0.25
    assert unlike(np.array([10.0, 1.0]), np.array([10.0, 0.0])) == pytest.approx(0.1)
