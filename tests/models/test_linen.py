"""Networks of flax.linen under the contract of `Model`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen

from dl_jax.models.linen import from_linen
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES

pytestmark = pytest.mark.usefixtures("strict_types", "quick_to_compile")

X_BxD = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)


class Net(linen.Module):
    @linen.compact
    def __call__(self, x):
        for width in (7, 5):
            x = linen.relu(linen.Dense(width)(x))
        return linen.Dense(3)(x)


class Residual(linen.Module):
    @linen.compact
    def __call__(self, x):
        return 2.0 * (linen.Dense(8)(x) + x)


class WithAverages(linen.Module):
    @linen.compact
    def __call__(self, x):
        return linen.Dense(3)(linen.BatchNorm(use_running_average=False)(x))


def test_it_is_the_module_itself():
    model, module = from_linen(Net()), Net()
    variables = module.init(jax.random.key(4), X_BxD)
    params = model.init(jax.random.key(4), X_BxD)
    jax.tree.map(np.testing.assert_array_equal, params, variables["params"])
    np.testing.assert_array_equal(model.apply(params, X_BxD), module.apply(variables, X_BxD))


def test_its_layers_are_what_the_dense_submodules_give():
    """Before the nonlinearity, as the submodules give it; the scores are those of the same net written out."""
    model = from_linen(Net())
    params = model.init(jax.random.key(4), X_BxD)
    twin = {
        f"layer_{n + 1:02}": {"w": params[f"Dense_{n}"]["kernel"], "b": params[f"Dense_{n}"]["bias"]} for n in range(3)
    }
    written_out = mlp((7, 5), 3, NONLINEARITIES["relu"])
    found, expected = model.layers(params, X_BxD), written_out.layers(twin, X_BxD)
    assert [layer.shape for layer in found] == [(6, 7), (6, 5), (6, 3)]
    for mine, theirs in zip(found[:-1], expected[:-1], strict=True):
        np.testing.assert_allclose(np.maximum(mine, 0), theirs, rtol=1e-5, atol=1e-6)
        assert np.min(mine) < 0
    np.testing.assert_allclose(found[-1], expected[-1], rtol=1e-5, atol=1e-6)


def test_the_last_layer_is_the_scores_whatever_follows_the_last_submodule():
    model = from_linen(Residual())
    params = model.init(jax.random.key(0), X_BxD)
    (scores,) = model.layers(params, X_BxD)
    np.testing.assert_array_equal(scores, model.apply(params, X_BxD))


def test_layers_can_be_traced_and_differentiated():
    model = from_linen(Net())
    params = model.init(jax.random.key(0), X_BxD)
    gradient = jax.jit(jax.grad(lambda params: jnp.sum(model.layers(params, X_BxD)[0])))(params)
    assert float(jnp.abs(gradient["Dense_0"]["kernel"]).max()) > 0
    assert float(jnp.abs(gradient["Dense_2"]["kernel"]).max()) == 0


def test_state_beyond_weights_is_refused():
    with pytest.raises(ValueError, match="batch_stats"):
        from_linen(WithAverages()).init(jax.random.key(0), X_BxD)
