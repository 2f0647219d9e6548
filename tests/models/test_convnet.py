"""The convnet against flax.linen, its pooling against windows, and its linearity where nothing bends it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen

from dl_jax.models import convnet as module
from dl_jax.models.convnet import Stage, convnet, pooled
from dl_jax.models.nonlinearities import NONLINEARITIES

KEY = jax.random.key(0)
STAGES = (Stage(4), Stage(6, kernel=3, pool=1, stride=2), Stage(5, kernel=3, pool=2, padding="VALID"))
X = jax.random.normal(jax.random.key(1), (3, 26, 22, 2))


class Twin(linen.Module):
    """The same net as linen has it."""

    @linen.compact
    def __call__(self, x):
        for stage in STAGES:
            shape, strides = (stage.kernel, stage.kernel), (stage.stride, stage.stride)
            x = linen.relu(linen.Conv(stage.maps, shape, strides, stage.padding)(x))
            window = (stage.pool, stage.pool)
            x = linen.max_pool(x, window, window) if stage.pool > 1 else x
        x = linen.relu(linen.Dense(7)(x.reshape(len(x), -1)))
        return linen.Dense(3)(x)


def test_it_is_its_linen_twin():
    model = convnet(STAGES, (7,), 3, NONLINEARITIES["relu"])
    params = model.init(KEY, X)
    names = ("Conv_0", "Conv_1", "Conv_2", "Dense_0", "Dense_1")
    theirs = {
        twin: {"kernel": params[mine]["w"], "bias": params[mine]["b"]} for twin, mine in zip(names, params, strict=True)
    }
    expected = Twin().init(KEY, X)["params"]
    assert jax.tree.map(jnp.shape, theirs) == jax.tree.map(jnp.shape, expected)
    np.testing.assert_allclose(model.apply(params, X), Twin().apply({"params": theirs}, X), rtol=1e-4, atol=1e-5)


def test_layers_are_the_maps_then_the_net_above_them():
    model = convnet(STAGES, (7,), 3, NONLINEARITIES["relu"])
    params = model.init(KEY, X)
    layers = model.layers(params, X)
    assert [layer.shape for layer in layers] == [(3, 13, 11, 4), (3, 7, 6, 6), (3, 2, 2, 5), (3, 7), (3, 3)]
    np.testing.assert_array_equal(layers[-1], model.apply(params, X))


def test_many_images_go_through_in_parts_and_come_out_the_same(monkeypatch):
    model = convnet(STAGES, (), 3, NONLINEARITIES["tanh"])
    params = model.init(KEY, X)
    whole = model.layers(params, X)
    monkeypatch.setattr(module, "PART", 2)
    for part, expected in zip(model.layers(params, X), whole, strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("side", "pooling", "window"), [(2, "max", linen.max_pool), (3, "mean", linen.avg_pool)])
def test_pooling_is_that_of_windows_that_do_not_overlap(side, pooling, window):
    np.testing.assert_allclose(pooled(X, side, pooling), window(X, (side, side), (side, side)), rtol=1e-5, atol=1e-6)


def test_with_the_mean_and_the_identity_it_is_linear_and_with_the_maximum_it_is_not():
    def bend(pooling):
        model = convnet((Stage(4), Stage(4)), (5,), 3, NONLINEARITIES["identity"], pooling=pooling)
        apply = lambda x: model.apply(model.init(KEY, X), x)  # noqa: E731
        return float(jnp.max(jnp.abs(apply(X[:1] + X[1:2]) + apply(0 * X[:1]) - apply(X[:1]) - apply(X[1:2]))))

    assert bend("mean") < 1e-4 < 1e-2 < bend("max")


def test_maps_shift_with_the_image():
    """A shift by the stride of all stages moves the maps by one place, but for the edges."""
    model = convnet((Stage(4, kernel=3),), (), 3, NONLINEARITIES["relu"])
    params = model.init(KEY, X)
    here, shifted = (model.layers(params, x)[0] for x in (X, jnp.roll(X, 2, axis=1)))
    np.testing.assert_allclose(shifted[:, 2:-1], here[:, 1:-2], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_first_maps_have_the_scale_that_suits_the_nonlinearity(name):
    model = convnet((Stage(64, kernel=5, pool=1),), (), 3, NONLINEARITIES[name])
    w = model.init(KEY, X)["conv_01"]["w"]
    assert float(jnp.std(w)) == pytest.approx(NONLINEARITIES[name].gain / 50**0.5, rel=0.05)


@pytest.mark.parametrize("pooling", module.POOLINGS)
@pytest.mark.parametrize(
    "stage", [Stage(4), Stage(3, padding="VALID"), Stage(16, 3), Stage(5, 4), Stage(5, 2, padding="VALID")]
)
def test_few_maps_of_one_picture_are_convolved_corner_by_corner_and_come_out_the_same(stage, pooling, monkeypatch):
    sides = (12, 16) if stage.padding == "SAME" or stage.kernel % 2 else (13, 17)
    x = jax.random.normal(jax.random.key(2), (3, *sides, 1))
    net = ((stage,), NONLINEARITIES["silu"])  # it rises and falls, so it must come before the pooling
    params = convnet((stage,), (), 2, NONLINEARITIES["silu"]).init(KEY, x)

    def seen(params):
        return module.through_stages(*net, params, x, pooling)[0]

    def error(params):
        return sum(jnp.sum(jnp.sin(part)) for part in seen(params))

    assert len(module.by_corners(x, params["conv_01"]["w"], stage)) == 4
    found, gradient = seen(params), jax.grad(error)(params)
    monkeypatch.setattr(module, "FEW_MAPS", 0)
    assert module.by_corners(x, params["conv_01"]["w"], stage) == []
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), found, seen(params))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4), gradient, jax.grad(error)(params))


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
def test_all_others_are_convolved_as_they_are(stage, shape):
    w = jnp.ones((stage.kernel, stage.kernel, shape[-1], stage.maps))
    assert module.by_corners(jnp.ones(shape), w, stage) == []
