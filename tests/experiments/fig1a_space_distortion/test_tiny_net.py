"""Weights in the records and back, and two ways to compute hidden units."""

import jax
import numpy as np
import pytest

from dl_jax.evidence.records import Records, measured
from dl_jax.models.mlp import mlp
from experiments.fig1a_space_distortion.grids import lattice
from experiments.fig1a_space_distortion.tiny_net import (
    FUNCTIONS,
    PRINTED,
    as_printed,
    hidden_units,
    largest_difference,
    nets,
    slopes,
    weights_of,
)

X = lattice(5)


def weights(hidden=3, seed=0):
    params = mlp((hidden,), 1, FUNCTIONS["tanh"]).init(jax.random.key(seed), X.reshape(-1, 2))
    return jax.tree.map(lambda array: np.asarray(array) + 0.1, params)


@pytest.mark.parametrize("hidden", [1, 2, 3, 12])
def test_weights_are_read_back_by_net_and_state(hidden, tmp_path):
    written = {
        (seed, state): weights(hidden, 10 * seed + number)
        for seed in (1, 2)
        for number, state in enumerate(("untrained", "trained"))
    }
    records = Records.gather(
        measured({"separable": 1.0, **weights_of(params, state)}, seed=seed, task="t")
        for (seed, state), params in written.items()
    )
    records.write(tmp_path / "records.jsonl")
    found = list(nets(Records.read(tmp_path / "records.jsonl")))
    assert [axes for axes, _ in found] == [{"seed": 1, "task": "t"}, {"seed": 2, "task": "t"}]
    for axes, states in found:
        assert list(states) == ["untrained", "trained"]
        for state, params in states.items():
            jax.tree.map(np.testing.assert_array_equal, params, written[axes["seed"], state])
            assert params["layer_01"]["w"].dtype == np.float32


def test_an_array_says_which_layer_and_units_it_connects():
    records = measured(weights_of(weights(), "trained"))
    w_2x3 = records.array("w", layer=1, state="trained")
    assert w_2x3.axes == {"input": (1, 2), "unit": (1, 2, 3)}
    np.testing.assert_array_equal(w_2x3.values, weights()["layer_01"]["w"])
    np.testing.assert_array_equal(records.array("b", layer=2).values, weights()["layer_02"]["b"])


@pytest.mark.parametrize("name", PRINTED)
def test_the_library_and_the_printed_equations_agree(name):
    one, other = hidden_units(weights(), FUNCTIONS[name], X), as_printed(weights(), PRINTED[name], X)
    assert one.shape == other.shape == (5, 5, 3)
    assert largest_difference(one, other) < 1e-6
    assert largest_difference(one, as_printed(weights(seed=1), PRINTED[name], X)) > 0.01


@pytest.mark.parametrize("name", ["tanh", "logistic", "identity"])
def test_slopes_equal_central_differences(name):
    """The differences are of the printed equations; the step is a power of 2, so that x + step is exact in float32."""
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


def test_a_difference_is_on_the_scale_of_the_largest_value():
    assert largest_difference(np.array([0.5, 0.0]), np.array([0.25, 0.0])) == 0.25
    assert largest_difference(np.array([10.0, 1.0]), np.array([10.0, 0.0])) == pytest.approx(0.1)
