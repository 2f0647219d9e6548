"""What is seen of nets whose weights are set by hand, and what no two rising units can do."""

import itertools

import jax
import numpy as np
import pytest

from dl_jax.data.synthetic import planes
from dl_jax.measures.half_spaces import separable
from experiments.fig1a_space_distortion.grids import turned
from experiments.fig1a_space_distortion.space_distortion import GRID, distortion
from experiments.fig1a_space_distortion.tiny_net import FOLDING, FUNCTIONS, PRINTED, hidden_units, slopes, spelled

CURVES, DISK = (
    [np.asarray(each) for each in draw(jax.random.key(0), 500)] for draw in (planes.two_curves, planes.disk_and_annulus)
)


def net(w_2xW, b_W):
    """Weights of hidden units by hand; those of the output do not matter here."""
    w, b = np.asarray(w_2xW, float), np.asarray(b_W, float)
    return {"layer_01": {"w": w, "b": b}, "layer_02": {"w": np.ones((len(b), 1)), "b": np.zeros(1)}}


def seen(params, nonlinearity, examples):
    return distortion(spelled(params) | spelled(params, "first_"), nonlinearity, *examples)


WEDGE = net([[3.0, -3.0], [3.0, 3.0]], [-1.5, -1.5])
"""Two units, one for each flank of the curves."""


@pytest.mark.parametrize(("nonlinearity", "scale"), [("tanh", 1), ("relu", 1), ("logistic", 2)])
def test_two_units_by_hand_part_the_two_curves(nonlinearity, scale):
    """logistic(2z) = (1 + tanh(z)) / 2, so twice the weights make its units those of tanh."""
    found = seen(jax.tree.map(lambda w: scale * w, WEDGE), nonlinearity, CURVES)
    assert found["separable"] == 1
    assert found["grid_bend"] > 0.05
    assert found["grid_turned"] == 0


def test_the_identity_bends_nothing_and_parts_nothing():
    found = seen(WEDGE, "identity", CURVES)
    assert found["separable"] == 0
    assert found["grid_bend"] < 1e-6
    assert found["unlike_printed"] < 1e-6


def test_a_net_that_folds_parts_disk_from_annulus():
    found = seen(FOLDING, "square", DISK)
    assert (found["separable"], found["grid_turned"]) == (1.0, pytest.approx(0.5, abs=0.02))
    assert "unlike_printed" not in found


def test_three_units_part_disk_from_annulus():
    angle = 2 * np.pi * np.arange(3) / 3
    found = seen(net([np.cos(angle), np.sin(angle)], [-1.0, -1.0, -1.0]), "tanh", DISK)
    assert found["separable"] == 1
    assert "grid_turned" not in found


@pytest.mark.parametrize("nonlinearity", PRINTED)
def test_two_rising_units_never_do(nonlinearity):
    """Random weights at scales from nearly linear to nearly a threshold find no way to do what is impossible."""
    generator = np.random.default_rng(0)
    for scale in np.repeat([0.3, 1.0, 3.0, 10.0], 15):
        params = net(scale * generator.normal(size=(2, 2)), scale * generator.normal(size=2))
        assert not separable(hidden_units(params, FUNCTIONS[nonlinearity], DISK[0]), DISK[1])


def test_the_wedge_argument():
    """Where the sum of two rising functions exceeds a threshold, it does so on a whole wedge from there.

    So were all the disk on one side, then a strip as wide as the disk would be too, from it out through the annulus.
    Whichever way the strip runs, it holds many of the annulus' points: this sample leaves no way out.
    """
    x_Nx2, label_N = DISK
    outside = x_Nx2[label_N == 1]
    turns = np.linspace(0, 2 * np.pi, 360)
    directions = np.stack([np.cos(turns), np.sin(turns)], 1)
    along, beside = outside @ directions.T, outside @ np.stack([-directions[:, 1], directions[:, 0]])
    assert np.min(np.mean((along > 0) & (np.abs(beside) < 1 / 3), axis=0)) > 0.08


@pytest.mark.parametrize("nonlinearity", PRINTED)
def test_rising_units_never_fold_however_flat_or_saturated(nonlinearity):
    """Nearly parallel weights too, where a grid of corners would seem turned over."""
    generator = np.random.default_rng(1)
    for scale, apart in itertools.product([0.3, 3.0, 30.0], [1e-6, 1e-4, 1e-2, 1.0]):
        along = scale * generator.normal(size=2)
        w_2x2 = np.stack([along, along + apart * scale * generator.normal(size=2)], 1)
        found = turned(slopes(net(w_2x2, scale * generator.normal(size=2)), FUNCTIONS[nonlinearity], GRID))
        assert found == 0


def test_a_diverged_net_is_a_failure_and_no_exception():
    found = seen(net(np.full((2, 2), np.nan), [0.0, 0.0]), "tanh", CURVES)
    assert found["separable"] == 0
    assert np.isnan(found["grid_bend"])
    assert np.isnan(found["unlike_printed"])
