"""Gradient norms by layer against finite differences, and affine residuals by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples
from dl_jax.measures.gradients import affine_residual, gradient_norms
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import cross_entropy, half_squared_error
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner, mean_loss

GENERATOR = np.random.default_rng(0)
X_NxD = GENERATOR.normal(size=(20, 3)).astype(np.float32)
LABEL_N = GENERATOR.integers(0, 2, 20).astype(np.int32)


def test_norms_agree_with_finite_differences_of_every_weight():
    with jax.enable_x64(True):
        learner = Learner(mlp((3, 2), 2, NONLINEARITIES["tanh"]), cross_entropy, sgd(0.1))
        examples = Examples(jnp.asarray(X_NxD, jnp.float64), jnp.asarray(LABEL_N))
        params = learner.model.init(jax.random.key(0), examples.x)
        params = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), params)
        loss = jax.jit(lambda params: mean_loss(learner, params, examples))

        def slope(name, index):
            w = params[name]["w"]
            up, down = (loss(params | {name: params[name] | {"w": w.at[index].add(by)}}) for by in (1e-6, -1e-6))
            return float(up - down) / 2e-6

        expected = [
            np.linalg.norm([slope(name, index) for index in np.ndindex(params[name]["w"].shape)])
            for name in sorted(params)
        ]
        np.testing.assert_allclose(gradient_norms(learner, params, examples), expected, rtol=1e-6)


def test_norm_of_a_linear_model_agrees_with_its_closed_form():
    target_NxC = GENERATOR.normal(size=(20, 2)).astype(np.float32)
    learner = Learner(linear(2), half_squared_error, sgd(0.1))
    params = learner.model.init(jax.random.key(0), X_NxD)
    gradient = X_NxD.T @ (X_NxD @ np.asarray(params["layer_01"]["w"]) - target_NxC) / 20
    norm_L = gradient_norms(learner, params, Examples(X_NxD, target_NxC))
    np.testing.assert_allclose(norm_L, [np.linalg.norm(gradient)], rtol=1e-5)


def test_layers_are_in_order_beyond_nine():
    """In a chain of 11 scalar weights y = x prod w, dE/dw of a layer is inversely proportional to its own w."""
    learner = Learner(mlp((1,) * 10, 1, NONLINEARITIES["identity"]), half_squared_error, sgd(0.1))
    params = {f"layer_{n:02}": {"w": jnp.full((1, 1), 1.0 + 0.1 * n), "b": jnp.zeros(1)} for n in range(1, 12)}
    norm_L = gradient_norms(learner, params, Examples(X_NxD[:, :1], X_NxD[:, :1]))
    np.testing.assert_allclose(norm_L * (1.0 + 0.1 * np.arange(1, 12)), norm_L[0] * 1.1, rtol=1e-4)


def test_affine_maps_have_no_residual():
    matrix, offset = GENERATOR.normal(size=(3, 4)).astype(np.float32), np.float32(5)
    assert float(affine_residual(lambda x: x @ matrix + offset, X_NxD)) < 1e-5
    assert float(affine_residual(lambda x: 0 * x + offset, X_NxD)) == 0
    stack = mlp((9, 9, 9), 2, NONLINEARITIES["identity"])
    params = stack.init(jax.random.key(0), X_NxD)
    assert float(affine_residual(lambda x: stack.apply(params, x), X_NxD)) < 1e-5


@pytest.mark.parametrize("name", [name for name in NONLINEARITIES if name != "identity"])
def test_nets_of_every_other_nonlinearity_have_one(name):
    model = mlp((9, 9), 2, NONLINEARITIES[name])
    params = model.init(jax.random.key(0), X_NxD)
    assert float(affine_residual(lambda x: model.apply(params, x), X_NxD)) > 0.01


def test_residuals_by_hand():
    ends = jnp.array([[-1.0], [1.0]])
    # relu(-1) = 0 and relu(1) = 1: at the midpoint relu(0) = 0 instead of 1/2, and the outputs differ by 1.
    assert float(affine_residual(lambda x: jnp.maximum(0.0, x), ends)) == pytest.approx(0.5)
    # Outputs 0 and 4, and at the midpoint 1 instead of 2.
    assert float(affine_residual(lambda x: x**2, ends + 1.0)) == pytest.approx(0.25)


def test_residual_does_not_depend_on_scale_and_offset_of_the_output():
    ends = jnp.array([[0.0], [2.0]])
    assert float(affine_residual(lambda x: 7 * x**2 - 3, ends)) == pytest.approx(0.25)
