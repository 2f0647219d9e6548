"""The multilayer perceptron against flax.linen and NumPy, and its gradients against finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen
from hypothesis import given, settings
from hypothesis import strategies as st

from dl_jax.data.dataset import Examples
from dl_jax.models.initializers import lecun
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp, width_for
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner, mean_loss

pytestmark = pytest.mark.usefixtures("strict_types", "quick_to_compile")

HIDDEN, CLASSES = (7, 4, 5), 3
X_BxD = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)
LABEL_B = np.array([0, 1, 2, 2, 1, 0], np.int32)

LINEN = {
    "relu": linen.relu,
    "tanh": linen.tanh,
    "logistic": linen.sigmoid,
    "identity": lambda z: z,
    "leaky_relu": linen.leaky_relu,
    "softsign": linen.soft_sign,
    "elu": linen.elu,
    "gelu": linen.gelu,
    "silu": linen.silu,
    "softplus": linen.softplus,
}


class LinenMlp(linen.Module):
    """The same network in linen."""

    nonlinearity: str

    @linen.compact
    def __call__(self, x_BxD):
        for number, width in enumerate(HIDDEN, 1):
            x_BxD = LINEN[self.nonlinearity](linen.Dense(width, name=f"layer_{number:02}")(x_BxD))
        return linen.Dense(CLASSES, name=f"layer_{len(HIDDEN) + 1:02}")(x_BxD)


def in_linen(params):
    return {"params": {name: {"kernel": layer["w"], "bias": layer["b"]} for name, layer in params.items()}}


def random_params(model, key=1):
    """Return initial params with random biases instead of 0, so that the biases are tested too."""
    params = model.init(jax.random.key(key), X_BxD)
    keys = iter(jax.random.split(jax.random.key(key + 1), len(params)))
    return {
        name: layer | {"b": 0.3 * jax.random.normal(next(keys), layer["b"].shape)} for name, layer in params.items()
    }


def test_every_nonlinearity_has_a_linen_function():
    assert set(LINEN) == set(NONLINEARITIES)


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_scores_and_gradients_equal_those_of_linen(name):
    model, reference = mlp(HIDDEN, CLASSES, NONLINEARITIES[name]), LinenMlp(name)
    params = random_params(model)

    def loss(apply, variables):
        return jnp.mean(cross_entropy(apply(variables, X_BxD), LABEL_B))

    @jax.jit
    def both(params):
        scores = model.apply(params, X_BxD), reference.apply(in_linen(params), X_BxD)
        ours = in_linen(jax.grad(lambda params: loss(model.apply, params))(params))
        return scores, (ours, jax.grad(lambda variables: loss(reference.apply, variables))(in_linen(params)))

    (scores, their_scores), (gradient, their_gradient) = both(params)
    np.testing.assert_allclose(scores, their_scores, rtol=1e-5, atol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), gradient, their_gradient)
    assert all(float(jnp.abs(leaf).max()) > 1e-4 for leaf in jax.tree.leaves(gradient))


def test_layers_equal_the_formula_of_figure_1c():
    model = mlp((5, 4), CLASSES, NONLINEARITIES["tanh"])
    params = random_params(model)
    expected, y = [], X_BxD.astype(np.float64)
    for name in ("layer_01", "layer_02", "layer_03"):
        z = y @ np.asarray(params[name]["w"], np.float64) + np.asarray(params[name]["b"], np.float64)
        y = z if name == "layer_03" else np.tanh(z)
        expected.append(y)
    layers = model.layers(params, X_BxD)
    assert len(layers) == 3
    for ours, theirs in zip(layers, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(model.apply(params, X_BxD), layers[-1])


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_gradients_equal_finite_differences(name):
    with jax.enable_x64(True):
        learner = Learner(mlp(HIDDEN, CLASSES, NONLINEARITIES[name]), cross_entropy, sgd(0.1))
        params = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), random_params(learner.model))
        examples = Examples(jnp.asarray(X_BxD, jnp.float64), jnp.asarray(LABEL_B))
        generator = np.random.default_rng(3)
        direction = jax.tree.map(lambda leaf: generator.normal(size=leaf.shape), params)
        loss = jax.jit(lambda params: mean_loss(learner, params, examples))

        def perturbed_loss(by):
            return float(loss(jax.tree.map(lambda leaf, along: leaf + by * along, params, direction)))

        gradient = jax.jit(jax.grad(loss))(params)
        slope = sum(jax.tree.leaves(jax.tree.map(lambda g, along: float(np.sum(g * along)), gradient, direction)))
        assert slope == pytest.approx((perturbed_loss(1e-6) - perturbed_loss(-1e-6)) / 2e-6, rel=1e-6)


def test_layers_of_one_width_have_different_initial_weights_at_their_gain():
    params = mlp((200,) * 4, 10, NONLINEARITIES["relu"]).init(jax.random.key(0), X_BxD)
    assert list(params) == [f"layer_{number:02}" for number in range(1, 6)]
    shapes = [layer["w"].shape for layer in params.values()]
    assert shapes == [(8, 200), (200, 200), (200, 200), (200, 200), (200, 10)]
    weights = [np.asarray(layer["w"]) for layer in params.values()]
    assert not np.array_equal(weights[1], weights[2])
    for w, gain in zip(weights, [2**0.5] * 4 + [1.0], strict=True):
        # Five standard errors of the deviation of n normal draws, each 1 / sqrt(2 n).
        assert w.std() * w.shape[0] ** 0.5 == pytest.approx(gain, rel=5 / (2 * w.size) ** 0.5)
    assert all(not np.any(layer["b"]) for layer in params.values())


def test_initial_params_depend_on_the_shape_of_the_input_alone():
    model = mlp(HIDDEN, CLASSES, NONLINEARITIES["relu"])
    first, second = (model.init(jax.random.key(0), x) for x in (X_BxD, np.full((1, 8), np.nan, np.float32)))
    jax.tree.map(np.testing.assert_array_equal, first, second)


def test_linear_is_one_matrix_product():
    model = linear(CLASSES)
    params = model.init(jax.random.key(0), X_BxD)
    assert set(params) == {"layer_01"}
    np.testing.assert_allclose(model.apply(params, X_BxD), X_BxD @ params["layer_01"]["w"], rtol=1e-5, atol=1e-6)
    same = mlp((), CLASSES, NONLINEARITIES["relu"], lecun).init(jax.random.key(0), X_BxD)
    jax.tree.map(np.testing.assert_array_equal, params, same)


def test_layers_with_the_identity_are_one_matrix_product():
    model = mlp((9, 9, 9), 2, NONLINEARITIES["identity"])
    params = model.init(jax.random.key(0), X_BxD)
    product = np.linalg.multi_dot([np.asarray(layer["w"], float) for layer in params.values()])
    np.testing.assert_allclose(model.apply(params, X_BxD), X_BxD @ product, rtol=1e-4, atol=1e-5)


@settings(max_examples=20)
@given(st.integers(50, 5000), st.integers(1, 12), st.integers(1, 64), st.integers(1, 10))
def test_width_for_comes_nearest_to_the_number_of_parameters(parameters, depth, inputs, classes):
    def count(width):
        shapes = jax.eval_shape(
            mlp((width,) * depth, classes, NONLINEARITIES["relu"]).init, jax.random.key(0), jnp.zeros((1, inputs))
        )
        return sum(leaf.size for leaf in jax.tree.leaves(shapes))

    width = width_for(parameters, depth, inputs, classes)
    distance = abs(count(width) - parameters)
    assert distance <= abs(count(width + 1) - parameters)
    assert width == 1 or distance <= abs(count(width - 1) - parameters)
