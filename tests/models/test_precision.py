"""The number-format wrappers against the float32 model: values, gradients and the lowered programs."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.models.precision import mixed_precision, uint8_inputs

pytestmark = pytest.mark.usefixtures("quick_to_compile")

RELU = NONLINEARITIES["relu"]
NETS = {"mlp": mlp((64, 64), 10, RELU), "convnet": convnet((Stage(8, 3), Stage(8, 3)), (), 10, RELU)}


@pytest.fixture(params=NETS, scope="module")
def net(request):
    """Return a model, its params and 32 images."""
    x_BxHxWx1 = jax.random.normal(jax.random.key(1), (32, 8, 8, 1))
    model = jitted(NETS[request.param])
    return model, model.init(jax.random.key(0), x_BxHxWx1), x_BxHxWx1


def jitted(model):
    """Return the model with each function compiled as one program, faster than compiling operation by operation."""
    return type(model)(*map(jax.jit, model))


def largest_distance(one, other):
    """Return the largest distance between the leaves of two trees, relative to the norm of the second."""
    distances = jax.tree.map(lambda a, b: float(jnp.linalg.norm(a - b) / jnp.linalg.norm(b)), one, other)
    return max(jax.tree.leaves(distances))


def test_mixed_precision_scores_are_close_and_float32(net):
    model, params, x = net
    low = jitted(mixed_precision(model))
    assert mixed_precision(model).init is model.init
    scores = low.apply(params, x)
    assert scores.dtype == jnp.float32
    assert 1e-4 < largest_distance(scores, model.apply(params, x)) < 0.02  # bfloat16 has eight binary digits
    assert {layer.dtype for layer in low.layers(params, x)} == {jnp.dtype(jnp.float32)}
    assert largest_distance(low.layers(params, x), model.layers(params, x)) < 0.02


def test_mixed_precision_gradients_are_close_and_float32(net):
    model, params, x = net
    full, low = (
        jax.jit(jax.grad(lambda p, apply=variant.apply: jnp.mean(apply(p, x) ** 2)))(params)
        for variant in (model, mixed_precision(model))
    )
    assert {leaf.dtype for leaf in jax.tree.leaves(low)} == {jnp.dtype(jnp.float32)}
    assert largest_distance(low, full) < 0.05


@pytest.mark.parametrize("platform", ["tpu", "cuda"])
def test_every_product_of_mixed_precision_is_lowered_in_bfloat16(net, platform):
    model, params, x = net

    def gradient(params, x):
        return jax.grad(lambda p: jnp.mean(mixed_precision(model).apply(p, x) ** 2))(params)

    lowered = jax.export.export(jax.jit(gradient), platforms=[platform])(params, x).mlir_module()
    products = [line for line in lowered.splitlines() if re.search(r"= stablehlo.(dot_general|convolution)", line)]
    assert len(products) == 8
    assert all("xbf16>" in line for line in products)


def test_uint8_inputs_are_scaled_to_minus_one_to_one(net):
    model, params, _ = net
    byte_BxHxWx1 = np.arange(256, dtype=np.uint8).reshape(4, 8, 8, 1)
    scaled = byte_BxHxWx1 / np.float32(127.5) - 1
    wrapped = jitted(uint8_inputs(model))
    assert np.allclose(wrapped.apply(params, byte_BxHxWx1), model.apply(params, scaled), atol=1e-6)
    assert np.allclose(wrapped.layers(params, byte_BxHxWx1)[0], model.layers(params, scaled)[0], atol=1e-6)
    shapes = jax.tree.map(jnp.shape, wrapped.init(jax.random.key(0), byte_BxHxWx1[:1]))
    assert shapes == jax.tree.map(jnp.shape, params)
    assert {a.dtype for a in jax.tree.leaves(wrapped.init(jax.random.key(0), byte_BxHxWx1[:1]))} == {
        jnp.dtype("float32")
    }
