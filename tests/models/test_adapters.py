"""flax.linen and flax.nnx networks as models, against the modules themselves and against each other."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx

from dl_jax.models.adapters import from_linen, from_nnx
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES

pytestmark = pytest.mark.usefixtures("strict_types", "quick_to_compile")

X_BxD = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)


class LinenNet(linen.Module):
    @linen.compact
    def __call__(self, x):
        for width in (7, 5):
            x = linen.relu(linen.Dense(width)(x))
        return linen.Dense(3)(x)


class LinenResidual(linen.Module):
    @linen.compact
    def __call__(self, x):
        return 2.0 * (linen.Dense(8)(x) + x)


class LinenWithAverages(linen.Module):
    @linen.compact
    def __call__(self, x):
        return linen.Dense(3)(linen.BatchNorm(use_running_average=False)(x))


class NnxNet(nnx.Module):
    """The same network as LinenNet, with attributes whose alphabetical order is not the order of the calls."""

    def __init__(self, rngs):
        self.scores = nnx.Linear(5, 3, rngs=rngs)
        self.upper = nnx.Linear(7, 5, rngs=rngs)
        self.zeroth = nnx.Linear(8, 7, rngs=rngs)

    def __call__(self, x):
        return self.scores(nnx.relu(self.upper(nnx.relu(self.zeroth(x)))))


class NnxResidual(nnx.Module):
    def __init__(self, rngs):
        self.linear = nnx.Linear(8, 8, rngs=rngs)

    def __call__(self, x):
        return 2.0 * (self.linear(x) + x)


class NnxWithAverages(nnx.Module):
    def __init__(self, rngs):
        self.norm = nnx.BatchNorm(8, rngs=rngs)

    def __call__(self, x):
        return self.norm(x)


class NnxWithDropout(nnx.Module):
    def __init__(self, rngs):
        self.dropout = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x):
        return self.dropout(x)


MODELS = {"linen": from_linen(LinenNet()), "nnx": from_nnx(NnxNet)}
FIRST, LAST = {"linen": "Dense_0", "nnx": "zeroth"}, {"linen": "Dense_2", "nnx": "scores"}


def to_linen(params):
    """Copy the params of NnxNet to LinenNet."""
    return {f"Dense_{number}": params[name] for number, name in enumerate(("zeroth", "upper", "scores"))}


def test_params_and_scores_are_those_of_the_linen_module():
    model, module = MODELS["linen"], LinenNet()
    variables = module.init(jax.random.key(4), X_BxD)
    params = model.init(jax.random.key(4), X_BxD)
    jax.tree.map(np.testing.assert_array_equal, params, variables["params"])
    np.testing.assert_array_equal(model.apply(params, X_BxD), module.apply(variables, X_BxD))


def test_params_and_scores_are_those_of_the_nnx_module():
    model, module = MODELS["nnx"], NnxNet(nnx.Rngs(jax.random.key(4)))
    params = model.init(jax.random.key(4), X_BxD)
    assert set(params) == {"zeroth", "upper", "scores"}
    np.testing.assert_array_equal(params["upper"]["kernel"], module.upper.kernel[...])
    np.testing.assert_array_equal(model.apply(params, X_BxD), module(X_BxD))


def test_nnx_equals_linen_with_copied_weights_in_scores_layers_and_gradients():
    params = MODELS["nnx"].init(jax.random.key(0), X_BxD)

    def loss(apply, params):
        return jnp.sum(jnp.sin(apply(params, X_BxD)))

    np.testing.assert_array_equal(MODELS["nnx"].apply(params, X_BxD), MODELS["linen"].apply(to_linen(params), X_BxD))
    layers, expected = MODELS["nnx"].layers(params, X_BxD), MODELS["linen"].layers(to_linen(params), X_BxD)
    for ours, theirs in zip(layers, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    gradient = to_linen(jax.grad(lambda params: loss(MODELS["nnx"].apply, params))(params))
    linen_gradient = jax.grad(lambda params: loss(MODELS["linen"].apply, params))(to_linen(params))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), gradient, linen_gradient)


def test_layers_are_the_outputs_of_the_dense_submodules_before_the_nonlinearity():
    """The scores are those of the same network as an `mlp`."""
    model = MODELS["linen"]
    params = model.init(jax.random.key(4), X_BxD)
    mlp_params = {
        f"layer_{n + 1:02}": {"w": params[f"Dense_{n}"]["kernel"], "b": params[f"Dense_{n}"]["bias"]} for n in range(3)
    }
    layers = model.layers(params, X_BxD)
    expected = mlp((7, 5), 3, NONLINEARITIES["relu"]).layers(mlp_params, X_BxD)
    assert [layer.shape for layer in layers] == [(6, 7), (6, 5), (6, 3)]
    for ours, theirs in zip(layers[:-1], expected[:-1], strict=True):
        np.testing.assert_allclose(np.maximum(ours, 0), theirs, rtol=1e-5, atol=1e-6)
        assert np.min(ours) < 0
    np.testing.assert_allclose(layers[-1], expected[-1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("model", [from_linen(LinenResidual()), from_nnx(NnxResidual)], ids=["linen", "nnx"])
def test_the_last_layer_is_the_output_of_the_whole_module(model):
    params = model.init(jax.random.key(0), X_BxD)
    (scores,) = model.layers(params, X_BxD)
    np.testing.assert_array_equal(scores, model.apply(params, X_BxD))


@pytest.mark.parametrize("name", MODELS)
def test_layers_can_be_compiled_and_differentiated(name):
    params = MODELS[name].init(jax.random.key(0), X_BxD)
    gradient = jax.jit(jax.grad(lambda params: jnp.sum(MODELS[name].layers(params, X_BxD)[0])))(params)
    assert float(jnp.abs(gradient[FIRST[name]]["kernel"]).max()) > 0
    assert float(jnp.abs(gradient[LAST[name]]["kernel"]).max()) == 0


@pytest.mark.parametrize("name", MODELS)
def test_models_can_be_initialised_and_applied_under_vmap(name):
    keys_S = jax.random.split(jax.random.key(0), 3)
    params = jax.vmap(MODELS[name].init, (0, None))(keys_S, X_BxD)
    scores_SxBxC = jax.vmap(MODELS[name].apply, (0, None))(params, X_BxD)
    third = MODELS[name].apply(jax.tree.map(lambda leaf: leaf[2], params), X_BxD)
    np.testing.assert_allclose(scores_SxBxC[2], third, rtol=1e-5, atol=1e-6)


def test_recording_layers_leaves_the_nnx_classes_unchanged():
    model = MODELS["nnx"]
    model.layers(model.init(jax.random.key(0), X_BxD), X_BxD)
    assert type(NnxNet(nnx.Rngs(0)).upper) is nnx.Linear


def test_linen_modules_with_state_are_refused():
    with pytest.raises(ValueError, match="this module has batch_stats"):
        from_linen(LinenWithAverages()).init(jax.random.key(0), X_BxD)


@pytest.mark.parametrize(("build", "kinds"), [(NnxWithAverages, "BatchStat"), (NnxWithDropout, "RngCount, RngKey")])
def test_nnx_modules_with_state_are_refused(build, kinds):
    with pytest.raises(ValueError, match=f"this module has {kinds}"):
        from_nnx(build)
