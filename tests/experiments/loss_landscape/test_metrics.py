"""Losses of a pair of nets, and the landscape around their path: on a linear model, and on a small net."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import cross_entropy
from dl_jax.training.programs import Run
from experiments.loss_landscape.metrics import landscape, losses, way_down
from experiments.loss_landscape.regularized_loss import regularized_loss
from experiments.loss_landscape.surroundings import CURVE, ENDS

pytestmark = pytest.mark.usefixtures("quick_to_compile")

GENERATOR = np.random.default_rng(0)
X_NxD = GENERATOR.normal(size=(60, 3)).astype(np.float32)
TRAIN = Examples(X_NxD, (X_NxD[:, 0] + 0.5 * GENERATOR.normal(size=60) > 0).astype(np.int32))
SPLITS = Splits(TRAIN, TRAIN._replace(y=1 - TRAIN.y), TRAIN)
RIDGE = 0.05


def run_of(model, scales, other=-1.0):
    """A path on which random weights are scaled in turn, beside one that stands still at `other` times them."""
    params = model.init(jax.random.key(0), X_NxD)

    def path(w):
        return jnp.stack([jnp.stack([scale * (w + 0.3), other * (w + 0.3)]) for scale in scales])

    return Run(None, None, jax.tree.map(path, params), SPLITS, None, jax.random.key(1))


def at(run, k):
    """The first net of the pair at one point of the path."""
    return jax.tree.map(lambda w_Kx2: w_Kx2[k, 0], run.params)


def regularized(model, params, ridge):
    w_P, _ = ravel_pytree(params)
    return float(jnp.mean(cross_entropy(model.apply(params, X_NxD), TRAIN.y)) + ridge / 2 * w_P @ w_P)


def test_losses_are_those_of_the_first_net():
    model = linear(2)
    run = run_of(model, (1.0, 3.0))
    found = losses(model, RIDGE, run._replace(params=jax.tree.map(lambda w_K: w_K[1], run.params)))
    assert float(found["objective"]) == pytest.approx(regularized(model, at(run, 1), RIDGE), rel=1e-5)
    validation, test = found["loss"].value
    assert float(test) == pytest.approx(regularized(model, at(run, 1), 0.0), rel=1e-5)
    assert float(validation) != pytest.approx(float(test), rel=0.01)
    assert found["loss"].labels() == {"split": ("validation", "test")}


def test_the_largest_rise_is_between_two_neighbours_on_the_path():
    model = linear(2)
    run = run_of(model, (1.0, 3.0, 0.1))
    found = way_down(model, RIDGE, False, run)
    first, second = (regularized(model, at(run, k), RIDGE) for k in (0, 1))
    assert float(found["largest_rise"]) == pytest.approx((second - first) / first, rel=1e-4)


def test_a_convex_landscape_has_no_hill_and_nowhere_negative_curvature():
    model = linear(2)
    run = run_of(model, (2.0, 1.0, 0.5))
    found = landscape(model, RIDGE, True, (0, 1, 2), run)
    assert found["barrier"].labels() == {"end": ENDS}
    np.testing.assert_allclose(found["barrier"].value, 0.0, atol=1e-5)
    np.testing.assert_allclose(found["curvature"].value[:, 0], RIDGE, atol=1e-3)
    assert "largest_rise" not in found
    assert float(found["remaining_distance"]) > 0
    assert float(found["relative_distance"]) == pytest.approx(2.0, rel=1e-5)


def test_the_curvature_of_a_net_is_that_of_its_whole_hessian():
    model = mlp((4,), 2, NONLINEARITIES["tanh"])
    run = run_of(model, (1.0, 2.0))
    found = landscape(model, 0.0, False, (0, 1), run)
    assert found["barrier"].labels() == {"end": (*ENDS, CURVE)}
    for k in range(2):
        w_P, unravel = ravel_pytree(at(run, k))
        value_P = jnp.linalg.eigvalsh(jax.hessian(regularized_loss(model, 0.0, TRAIN, unravel))(w_P))
        np.testing.assert_allclose(found["curvature"].value[k], value_P[jnp.array([0, -1])], rtol=1e-3, atol=1e-4)
    random, principal = found["path_in_plane"]
    assert float(principal.value) == pytest.approx(1.0, abs=1e-3)
    assert 0 <= float(random.value) < 1
    assert "remaining_distance" not in found
