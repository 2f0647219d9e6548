"""The multilayer net against its twin in flax.linen, against NumPy, and its gradients against finite differences."""

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

TWINS = {
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


class Twin(linen.Module):
    """The same net as a reader of flax would write it."""

    nonlinearity: str

    @linen.compact
    def __call__(self, x_BxD):
        for number, width in enumerate(HIDDEN, 1):
            x_BxD = TWINS[self.nonlinearity](linen.Dense(width, name=f"layer_{number:02}")(x_BxD))
        return linen.Dense(CLASSES, name=f"layer_{len(HIDDEN) + 1:02}")(x_BxD)


def in_linen(params):
    return {"params": {name: {"kernel": layer["w"], "bias": layer["b"]} for name, layer in params.items()}}


def params_of(model, key=1):
    """First weights, with biases that are not 0, so that they are seen."""
    params = model.init(jax.random.key(key), X_BxD)
    keys = iter(jax.random.split(jax.random.key(key + 1), len(params)))
    return {
        name: layer | {"b": 0.3 * jax.random.normal(next(keys), layer["b"].shape)} for name, layer in params.items()
    }


def test_every_nonlinearity_has_its_twin():
    assert set(TWINS) == set(NONLINEARITIES)


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_it_equals_its_twin_in_linen_in_scores_and_gradients(name):
    model, twin = mlp(HIDDEN, CLASSES, NONLINEARITIES[name]), Twin(name)
    params = params_of(model)

    def error(apply, variables):
        return jnp.mean(cross_entropy(apply(variables, X_BxD), LABEL_B))

    @jax.jit
    def both(params):
        scores = model.apply(params, X_BxD), twin.apply(in_linen(params), X_BxD)
        mine = in_linen(jax.grad(lambda params: error(model.apply, params))(params))
        return scores, (mine, jax.grad(lambda variables: error(twin.apply, variables))(in_linen(params)))

    (scores, their_scores), (gradient, their_gradient) = both(params)
    np.testing.assert_allclose(scores, their_scores, rtol=1e-5, atol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), gradient, their_gradient)
    assert all(float(jnp.abs(leaf).max()) > 1e-4 for leaf in jax.tree.leaves(gradient))


def test_it_is_the_formula_of_figure_1c():
    model = mlp((5, 4), CLASSES, NONLINEARITIES["tanh"])
    params = params_of(model)
    expected, y = [], X_BxD.astype(np.float64)
    for name in ("layer_01", "layer_02", "layer_03"):
        z = y @ np.asarray(params[name]["w"], np.float64) + np.asarray(params[name]["b"], np.float64)
        y = z if name == "layer_03" else np.tanh(z)
        expected.append(y)
    found = model.layers(params, X_BxD)
    assert len(found) == 3
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(model.apply(params, X_BxD), found[-1])


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_the_gradient_agrees_with_finite_differences(name):
    with jax.enable_x64(True):
        learner = Learner(mlp(HIDDEN, CLASSES, NONLINEARITIES[name]), cross_entropy, sgd(0.1))
        params = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), params_of(learner.model))
        examples = Examples(jnp.asarray(X_BxD, jnp.float64), jnp.asarray(LABEL_B))
        generator = np.random.default_rng(3)
        direction = jax.tree.map(lambda leaf: generator.normal(size=leaf.shape), params)
        error = jax.jit(lambda params: mean_loss(learner, params, examples))

        def moved(by):
            return float(error(jax.tree.map(lambda leaf, along: leaf + by * along, params, direction)))

        gradient = jax.jit(jax.grad(error))(params)
        slope = sum(jax.tree.leaves(jax.tree.map(lambda g, along: float(np.sum(g * along)), gradient, direction)))
        assert slope == pytest.approx((moved(1e-6) - moved(-1e-6)) / 2e-6, rel=1e-6)


def test_layers_of_one_width_start_unlike_and_at_their_scale():
    params = mlp((200,) * 4, 10, NONLINEARITIES["relu"]).init(jax.random.key(0), X_BxD)
    assert list(params) == [f"layer_{number:02}" for number in range(1, 6)]
    shapes = [layer["w"].shape for layer in params.values()]
    assert shapes == [(8, 200), (200, 200), (200, 200), (200, 200), (200, 10)]
    weights = [np.asarray(layer["w"]) for layer in params.values()]
    assert not np.array_equal(weights[1], weights[2])
    for w, gain in zip(weights, [2**0.5] * 4 + [1.0], strict=True):
        # the deviation of n normal draws is known to 1 / sqrt(2 n); five of these
        assert w.std() * w.shape[0] ** 0.5 == pytest.approx(gain, rel=5 / (2 * w.size) ** 0.5)
    assert all(not np.any(layer["b"]) for layer in params.values())


def test_only_the_shape_of_the_input_matters_at_first():
    model = mlp(HIDDEN, CLASSES, NONLINEARITIES["relu"])
    first, second = (model.init(jax.random.key(0), x) for x in (X_BxD, np.full((1, 8), np.nan, np.float32)))
    jax.tree.map(np.testing.assert_array_equal, first, second)


def test_the_linear_classifier_is_one_weighted_sum():
    model = linear(CLASSES)
    params = model.init(jax.random.key(0), X_BxD)
    assert set(params) == {"layer_01"}
    np.testing.assert_allclose(model.apply(params, X_BxD), X_BxD @ params["layer_01"]["w"], rtol=1e-5, atol=1e-6)
    same = mlp((), CLASSES, NONLINEARITIES["relu"], lecun).init(jax.random.key(0), X_BxD)
    jax.tree.map(np.testing.assert_array_equal, params, same)


def test_a_stack_of_identities_is_one_matrix_product():
    model = mlp((9, 9, 9), 2, NONLINEARITIES["identity"])
    params = model.init(jax.random.key(0), X_BxD)
    product = np.linalg.multi_dot([np.asarray(layer["w"], float) for layer in params.values()])
    np.testing.assert_allclose(model.apply(params, X_BxD), X_BxD @ product, rtol=1e-4, atol=1e-5)


@settings(max_examples=20)
@given(st.integers(50, 5000), st.integers(1, 12), st.integers(1, 64), st.integers(1, 10))
def test_the_width_for_a_number_of_parameters_comes_nearest(parameters, depth, inputs, classes):
    def count(width):
        shapes = jax.eval_shape(
            mlp((width,) * depth, classes, NONLINEARITIES["relu"]).init, jax.random.key(0), jnp.zeros((1, inputs))
        )
        return sum(leaf.size for leaf in jax.tree.leaves(shapes))

    width = width_for(parameters, depth, inputs, classes)
    missed = abs(count(width) - parameters)
    assert missed <= abs(count(width + 1) - parameters)
    assert width == 1 or missed <= abs(count(width - 1) - parameters)
