"""The minimum of a convex objective against scikit-learn, and what is left of the way to it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from sklearn.linear_model import LogisticRegression

from dl_jax.data.dataset import Examples
from dl_jax.models.linear import linear
from experiments.loss_landscape.minimum import minimum, remaining
from experiments.loss_landscape.regularized_loss import regularized_loss

pytestmark = pytest.mark.usefixtures("quick_to_compile")

GENERATOR = np.random.default_rng(0)
X_NxD = GENERATOR.normal(size=(60, 3)).astype(np.float32)
LABEL_N = (X_NxD[:, 0] + 0.5 * GENERATOR.normal(size=60) > 0).astype(np.int32)
RIDGE = 0.05


def test_the_minimum_is_that_of_scikit_learn():
    """Its penalty leaves the biases out, so here the data have none to learn: every example comes with its mirror."""
    x_NxD, y_N = np.concatenate([X_NxD, -X_NxD]), np.concatenate([LABEL_N, 1 - LABEL_N])
    model = linear(2)
    flat_P, unravel = ravel_pytree(model.init(jax.random.key(0), x_NxD))
    loss = regularized_loss(model, RIDGE, Examples(x_NxD, y_N), unravel)
    w_P = jax.jit(lambda: minimum(loss, flat_P.size))()
    # Two scores with a ridge on each are one score of twice the weights with half the ridge.
    expected = LogisticRegression(C=1 / (RIDGE / 2 * len(y_N)), tol=1e-8).fit(x_NxD, y_N)
    found = unravel(w_P)["layer_01"]
    np.testing.assert_allclose(found["w"][:, 1] - found["w"][:, 0], expected.coef_[0], rtol=1e-3, atol=1e-4)


def test_what_is_left_of_a_way_into_a_bowl_is_known():
    """After three quarters of the way a quarter of the distance is left, and a sixteenth of the height."""
    minimum_P = np.array([1.0, -2.0, 0.5], np.float32)
    path_KxP = jnp.stack([minimum_P + 4.0, minimum_P + 2.0, minimum_P + 1.0])
    found = remaining(lambda w_P: 3.0 + jnp.sum((w_P - minimum_P) ** 2), path_KxP)
    assert float(found["remaining_distance"]) == pytest.approx(1 / 4, rel=1e-5)
    assert float(found["remaining_objective"]) == pytest.approx(1 / 16, rel=1e-5)
