"""What is met on a path, on a linear machine, whose landscape is convex, and on a tiny net."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from sklearn.linear_model import LogisticRegression

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import cross_entropy
from experiments.loss_landscape import path as along_a_path
from experiments.loss_landscape.path import by_step, landscape, losses, lowest, lowest_point

pytestmark = pytest.mark.usefixtures("quick_to_compile")

GENERATOR = np.random.default_rng(0)
X_NxD = GENERATOR.normal(size=(60, 3)).astype(np.float32)
TRAIN = Examples(X_NxD, (X_NxD[:, 0] + 0.5 * GENERATOR.normal(size=60) > 0).astype(np.int32))
RIDGE = 0.05


def path_of(model, scales):
    """A path on which random weights shrink to the last of the scales."""
    params = model.init(jax.random.key(0), X_NxD)
    return jax.tree.map(lambda w: jnp.stack([scale * (w + 0.3) for scale in scales]), params)


def reduced(model, params):
    w_P, _ = ravel_pytree(params)
    return float(jnp.mean(cross_entropy(model.apply(params, X_NxD), TRAIN.y)) + RIDGE / 2 * w_P @ w_P)


def at(path_Kx, k):
    return jax.tree.map(lambda w_K: w_K[k], path_Kx)


def test_losses_are_those_of_each_point_and_the_largest_rise_is_between_two():
    model = linear(2)
    path_Kx = path_of(model, (1.0, 3.0, 0.0))
    found = losses(model, path_Kx, Splits(TRAIN, TRAIN, TRAIN), RIDGE)
    expected = [reduced(model, at(path_Kx, k)) for k in range(3)]
    np.testing.assert_allclose(found["train"], expected, rtol=1e-5)
    assert float(found["largest_rise"]) == pytest.approx((expected[1] - expected[0]) / expected[0], rel=1e-4)
    assert float(found["test"][2]) == pytest.approx(np.log(2), rel=1e-5)


def test_a_convex_landscape_has_no_hill_and_nowhere_curves_down():
    model = linear(2)
    path_Kx = path_of(model, (2.0, 1.0, 0.5))
    found = landscape(model, path_Kx, at(path_of(model, (-1.0,)), 0), TRAIN, RIDGE)
    assert float(found["bump"]) == pytest.approx(0.0, abs=1e-5)
    assert float(found["curves_down"]) < 0
    np.testing.assert_allclose(found["lowest_curvature"], RIDGE, atol=1e-3)
    assert float(found["mirrored_differs"]) == 0
    assert float(found["apart"]) == pytest.approx(2.0, rel=1e-5)
    assert float(found["bowl_steep"]) == 1.0
    np.testing.assert_allclose(found["segment"][0], reduced(model, at(path_Kx, -1)), rtol=1e-5)


def test_the_landscape_of_a_net_agrees_with_its_whole_hessian():
    model = mlp((4,), 2, NONLINEARITIES["tanh"])
    path_Kx = path_of(model, (1.0, 2.0))
    found = landscape(model, path_Kx, at(path_of(model, (-1.0,)), 0), TRAIN, 0.0)
    for k in range(2):
        w_P, whole = ravel_pytree(at(path_Kx, k))
        error = along_a_path._reduced(model, whole, TRAIN, 0.0)
        value_P = jnp.linalg.eigvalsh(jax.hessian(error)(w_P))
        assert float(found["lowest_curvature"][k]) == pytest.approx(float(value_P[0]), abs=1e-4)
        assert float(found["highest_curvature"][k]) == pytest.approx(float(value_P[-1]), rel=1e-3)
    assert float(found["mirrored_differs"]) < 1e-5 < float(found["half_mirrored_differs"])
    assert float(found["in_plane"]) == pytest.approx(1.0, abs=1e-3)
    assert 0 <= float(found["in_slice"]) < 1
    side = along_a_path.ACROSS
    middle = found["slice"].reshape(side, side)[side // 2, side // 2]
    assert float(middle) == pytest.approx(float(found["segment"][0]), rel=1e-5)


def test_the_lowest_point_is_that_of_scikit_learn():
    """Its penalty leaves the biases out, so here the data have none to learn: every example comes with its mirror."""
    x_NxD, y_N = np.concatenate([X_NxD, -X_NxD]), np.concatenate([TRAIN.y, 1 - TRAIN.y])
    train, model = Examples(x_NxD, y_N), linear(2)
    w_P = lowest_point(model, train, RIDGE)
    # Two scores with a ridge on each are one score of twice the weights with half the ridge.
    twin = LogisticRegression(C=1 / (RIDGE / 2 * len(y_N)), tol=1e-8).fit(x_NxD, y_N)
    _, whole = ravel_pytree(model.init(jax.random.key(0), x_NxD))
    found = whole(jnp.asarray(w_P))["layer_01"]
    np.testing.assert_allclose(found["w"][:, 1] - found["w"][:, 0], twin.coef_[0], rtol=1e-3, atol=1e-4)
    start = model.init(jax.random.key(1), x_NxD)
    end = jax.tree.map(lambda w, low: 0.25 * w + 0.75 * low, start, whole(jnp.asarray(w_P)))
    path_Kx = jax.tree.map(lambda a, b: jnp.stack([a, b]), start, end)
    left = lowest(model, path_Kx, w_P, train, RIDGE)
    assert float(left["left_to_go"]) == pytest.approx(0.25, rel=1e-4)
    assert 0 < float(left["left"]) < 0.25


def test_entries_of_a_row_become_steps_or_stay_entries():
    row = {"seed": 0, "metric": "train", "layer": 2, "value": 1.0}
    assert by_step(row, (0, 5)) == {"seed": 0, "metric": "train", "step": 5, "value": 1.0}
    assert by_step(row | {"metric": "slice"}, (0, 5)) == {"seed": 0, "metric": "slice", "entry": 2, "value": 1.0}
    assert by_step({"metric": "bump", "value": 1.0}, (0, 5)) == {"metric": "bump", "value": 1.0}
