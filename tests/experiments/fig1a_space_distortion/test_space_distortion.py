"""Metrics of nets whose weights are set by hand, and what two increasing units cannot do."""

import itertools

import jax
import numpy as np
import pytest

from dl_jax.data.synthetic import planes
from dl_jax.measures.half_spaces import separable
from experiments.fig1a_space_distortion.grids import folded_share
from experiments.fig1a_space_distortion.space_distortion import GRID, distortion
from experiments.fig1a_space_distortion.tiny_net import FOLDING, FUNCTIONS, PRINTED, hidden_units, slopes

CURVES, DISK = (
    [np.asarray(each) for each in draw(jax.random.key(0), 500)] for draw in (planes.two_curves, planes.disk_and_annulus)
)


def net(w_2xW, b_W):
    """Weights of hidden units by hand; those of the output do not matter here."""
    w, b = np.asarray(w_2xW, float), np.asarray(b_W, float)
    return {"layer_01": {"w": w, "b": b}, "layer_02": {"w": np.ones((len(b), 1)), "b": np.zeros(1)}}


def metrics_of(params, nonlinearity, examples, init_params=None):
    return distortion({"untrained": init_params or params, "trained": params}, nonlinearity, *examples)


def printed_errors(metrics):
    """{state: largest difference}."""
    return {dict(each.at)["state"]: each.value for each in metrics["printed_error"]}


WEDGE = net([[3.0, -3.0], [3.0, 3.0]], [-1.5, -1.5])
"""Two units, one for each slope of the curves."""


@pytest.mark.parametrize(("nonlinearity", "scale"), [("tanh", 1), ("relu", 1), ("logistic", 2)])
def test_two_units_by_hand_separate_the_two_curves(nonlinearity, scale):
    """logistic(2z) = (1 + tanh(z)) / 2, so twice the weights make its units those of tanh."""
    found = metrics_of(jax.tree.map(lambda w: scale * w, WEDGE), nonlinearity, CURVES)
    assert found["separable"] == 1
    assert found["grid_bend"] > 0.05
    assert found["grid_folded"] == 0


def test_the_identity_bends_nothing_and_separates_nothing():
    found = metrics_of(WEDGE, "identity", CURVES)
    assert found["separable"] == 0
    assert found["grid_bend"] < 1e-6
    assert printed_errors(found)["trained"] < 1e-6


def test_the_printed_equations_with_other_weights_give_another_grid():
    other = jax.tree.map(lambda w: -w, WEDGE)
    errors = printed_errors(metrics_of(WEDGE, "tanh", CURVES, init_params=other))
    assert errors["trained"] < 1e-6
    assert errors["untrained"] == pytest.approx(2, abs=1e-3), "tanh(-z) is -tanh(z), and some units are saturated"


def test_a_net_that_folds_separates_disk_and_annulus():
    found = metrics_of(FOLDING, "square", DISK)
    assert (found["separable"], found["grid_folded"]) == (1.0, pytest.approx(0.5, abs=0.02))
    assert "printed_error" not in found


def test_three_units_separate_disk_and_annulus():
    angle = 2 * np.pi * np.arange(3) / 3
    found = metrics_of(net([np.cos(angle), np.sin(angle)], [-1.0, -1.0, -1.0]), "tanh", DISK)
    assert found["separable"] == 1
    assert "grid_folded" not in found


@pytest.mark.parametrize("nonlinearity", PRINTED)
def test_two_increasing_units_never_do(nonlinearity):
    """Random weights at scales from nearly linear to nearly a threshold find no way to do what is impossible."""
    generator = np.random.default_rng(0)
    for scale in np.repeat([0.3, 1.0, 3.0, 10.0], 15):
        params = net(scale * generator.normal(size=(2, 2)), scale * generator.normal(size=2))
        assert not separable(hidden_units(params, FUNCTIONS[nonlinearity], DISK[0]), DISK[1])


def test_the_wedge_argument():
    """Where the sum of two increasing functions exceeds a threshold, it does so on a whole wedge from there.

    If all the disk were on one side, a strip as wide as the disk would be too, from it out through the annulus. In
    every direction such a strip contains many points of the annulus in this sample.
    """
    x_Nx2, label_N = DISK
    outside = x_Nx2[label_N == 1]
    angles = np.linspace(0, 2 * np.pi, 360)
    directions = np.stack([np.cos(angles), np.sin(angles)], 1)
    along, beside = outside @ directions.T, outside @ np.stack([-directions[:, 1], directions[:, 0]])
    assert np.min(np.mean((along > 0) & (np.abs(beside) < 1 / 3), axis=0)) > 0.08


@pytest.mark.usefixtures("quick_to_compile")  # without fused multiplications a cancellation costs the most digits
@pytest.mark.parametrize("nonlinearity", PRINTED)
def test_increasing_units_never_fold_however_flat_or_saturated(nonlinearity):
    """Also with nearly parallel weights, where the corners of a grid's cells would seem to be reversed."""
    generator = np.random.default_rng(1)
    for scale, apart in itertools.product([0.3, 3.0, 30.0], [1e-6, 1e-4, 1e-2, 1.0]):
        along = scale * generator.normal(size=2)
        w_2x2 = np.stack([along, along + apart * scale * generator.normal(size=2)], 1)
        found = folded_share(slopes(net(w_2x2, scale * generator.normal(size=2)), FUNCTIONS[nonlinearity], GRID))
        assert found == 0


def test_a_diverged_net_is_a_failure_and_no_exception():
    found = metrics_of(net(np.full((2, 2), np.nan), [0.0, 0.0]), "tanh", CURVES)
    assert found["separable"] == 0
    assert np.isnan(found["grid_bend"])
    assert np.isnan(printed_errors(found)["trained"])
