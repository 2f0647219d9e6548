"""The convnet and its pooling against flax.linen, its linear case, and the polyphase convolution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen

from dl_jax.models import convnet as module
from dl_jax.models.convnet import Stage, convnet, pool
from dl_jax.models.nonlinearities import NONLINEARITIES

KEY = jax.random.key(0)
STAGES = (Stage(4), Stage(6, kernel=3, pool=1, stride=2), Stage(5, kernel=3, pool=2, padding="VALID"))
X = jax.random.normal(jax.random.key(1), (3, 26, 22, 2))


class LinenConvnet(linen.Module):
    """The same network in linen."""

    @linen.compact
    def __call__(self, x):
        for stage in STAGES:
            shape, strides = (stage.kernel, stage.kernel), (stage.stride, stage.stride)
            x = linen.relu(linen.Conv(stage.maps, shape, strides, stage.padding)(x))
            window = (stage.pool, stage.pool)
            x = linen.max_pool(x, window, window) if stage.pool > 1 else x
        x = linen.relu(linen.Dense(7)(x.reshape(len(x), -1)))
        return linen.Dense(3)(x)


def test_convnet_equals_the_same_network_in_linen():
    model = convnet(STAGES, (7,), 3, NONLINEARITIES["relu"])
    params = model.init(KEY, X)
    names = ("Conv_0", "Conv_1", "Conv_2", "Dense_0", "Dense_1")
    linen_params = {
        theirs: {"kernel": params[ours]["w"], "bias": params[ours]["b"]}
        for theirs, ours in zip(names, params, strict=True)
    }
    initial = LinenConvnet().init(KEY, X)["params"]
    assert jax.tree.map(jnp.shape, linen_params) == jax.tree.map(jnp.shape, initial)
    expected = LinenConvnet().apply({"params": linen_params}, X)
    np.testing.assert_allclose(model.apply(params, X), expected, rtol=1e-4, atol=1e-5)


def test_layers_are_the_feature_maps_then_the_fully_connected_layers():
    model = convnet(STAGES, (7,), 3, NONLINEARITIES["relu"])
    params = model.init(KEY, X)
    layers = model.layers(params, X)
    assert [layer.shape for layer in layers] == [(3, 13, 11, 4), (3, 7, 6, 6), (3, 2, 2, 5), (3, 7), (3, 3)]
    np.testing.assert_array_equal(layers[-1], model.apply(params, X))


def test_the_forward_batch_size_does_not_change_the_layers(monkeypatch):
    model = convnet(STAGES, (), 3, NONLINEARITIES["tanh"])
    params = model.init(KEY, X)
    in_one_batch = model.layers(params, X)
    monkeypatch.setattr(module, "BATCH_SIZE", 2)
    for layer, expected in zip(model.layers(params, X), in_one_batch, strict=True):
        np.testing.assert_allclose(layer, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("side", "pooling", "window"), [(2, "max", linen.max_pool), (3, "mean", linen.avg_pool)])
def test_pooling_equals_linen_pooling_over_non_overlapping_windows(side, pooling, window):
    np.testing.assert_allclose(pool(X, side, pooling), window(X, (side, side), (side, side)), rtol=1e-5, atol=1e-6)


def test_with_the_identity_mean_pooling_is_affine_and_max_pooling_is_not():
    def affine_residual(pooling):
        model = convnet((Stage(4), Stage(4)), (5,), 3, NONLINEARITIES["identity"], pooling=pooling)
        apply = lambda x: model.apply(model.init(KEY, X), x)  # noqa: E731
        return float(jnp.max(jnp.abs(apply(X[:1] + X[1:2]) + apply(0 * X[:1]) - apply(X[:1]) - apply(X[1:2]))))

    assert affine_residual("mean") < 1e-4 < 1e-2 < affine_residual("max")


def test_feature_maps_are_translation_equivariant():
    """A shift by the total stride shifts the feature maps by one position, except at the border."""
    model = convnet((Stage(4, kernel=3),), (), 3, NONLINEARITIES["relu"])
    params = model.init(KEY, X)
    original, shifted = (model.layers(params, x)[0] for x in (X, jnp.roll(X, 2, axis=1)))
    np.testing.assert_allclose(shifted[:, 2:-1], original[:, 1:-2], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_initial_kernels_have_the_gain_of_the_nonlinearity(name):
    model = convnet((Stage(64, kernel=5, pool=1),), (), 3, NONLINEARITIES[name])
    w = model.init(KEY, X)["conv_01"]["w"]
    assert float(jnp.std(w)) == pytest.approx(NONLINEARITIES[name].gain / 50**0.5, rel=0.05)


@pytest.mark.parametrize("pooling", module.POOLINGS)
@pytest.mark.parametrize(
    "stage", [Stage(4), Stage(3, padding="VALID"), Stage(16, 3), Stage(5, 4), Stage(5, 2, padding="VALID")]
)
def test_polyphase_convolution_changes_no_outputs_and_no_gradients(stage, pooling, monkeypatch):
    sides = (12, 16) if stage.padding == "SAME" or stage.kernel % 2 else (13, 17)
    x = jax.random.normal(jax.random.key(2), (3, *sides, 1))
    net = ((stage,), NONLINEARITIES["silu"])  # not monotonic, so its order with the pooling matters
    params = convnet((stage,), (), 2, NONLINEARITIES["silu"]).init(KEY, x)

    def outputs(params):
        return module.stage_outputs(*net, params, x, pooling)[0]

    def loss(params):
        return sum(jnp.sum(jnp.sin(y)) for y in outputs(params))

    assert len(module.polyphase_convolve(x, params["conv_01"]["w"], stage)) == 4
    expected, gradient = outputs(params), jax.grad(loss)(params)
    monkeypatch.setattr(module, "POLYPHASE_MAX_MAPS", 0)
    assert module.polyphase_convolve(x, params["conv_01"]["w"], stage) == []
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), expected, outputs(params))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4), gradient, jax.grad(loss)(params))


@pytest.mark.parametrize(
    ("stage", "shape"),
    [
        (Stage(17), (1, 8, 8, 1)),
        (Stage(4), (1, 8, 8, 2)),
        (Stage(4), (1, 9, 8, 1)),
        (Stage(4, pool=3), (1, 12, 12, 1)),
        (Stage(4, stride=2), (1, 8, 8, 1)),
    ],
)
def test_other_stages_are_not_convolved_by_phases(stage, shape):
    w = jnp.ones((stage.kernel, stage.kernel, shape[-1], stage.maps))
    assert module.polyphase_convolve(jnp.ones(shape), w, stage) == []
