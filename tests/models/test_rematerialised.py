"""Gradient checkpointing gives the same numbers with fewer residuals, also in the memory of a TPU."""

import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.models.precision import mixed_precision
from dl_jax.models.rematerialised import checkpoint_segments, rematerialised
from dl_jax.training.flops import matrix_products

pytestmark = pytest.mark.usefixtures("quick_to_compile")

RELU = NONLINEARITIES["relu"]
NETS = {
    "one layer": mlp((), 10, RELU),
    "mlp": mlp((32,) * 9, 10, RELU),
    "tanh": mlp((32,) * 3, 10, NONLINEARITIES["tanh"]),
    "convnet": convnet((Stage(4, 3, 1), Stage(4, 3)), (16,), 10, RELU),
    "mixed": mixed_precision(mlp((32,) * 9, 10, RELU)),
}


@pytest.mark.parametrize("name", NETS)
def test_values_and_gradients_are_unchanged(name):
    model, x = NETS[name], jax.random.normal(jax.random.key(1), (16, 8, 8, 1))
    params = jax.jit(model.init)(jax.random.key(0), x)

    def value_and_gradient(apply):
        return jax.jit(jax.value_and_grad(lambda p: jnp.mean(apply(p, x) ** 2)))(params)

    expected, checkpointed = value_and_gradient(model.apply), value_and_gradient(rematerialised(model).apply)
    assert expected[0] == checkpointed[0]
    tolerance = 1e-2 if name == "mixed" else 1e-6  # other fusions round differently
    for one, other in zip(*map(jax.tree.leaves, (expected, checkpointed)), strict=True):
        assert np.allclose(one, other, rtol=tolerance, atol=tolerance * np.abs(one).max())


def test_skip_connections_and_shared_weights_are_supported():
    def net(params, x):
        w = jnp.exp(params["w"])
        y = jnp.tanh(x @ w)
        for _ in range(4):
            y = y + jnp.tanh(y @ w)
        return y @ w + x, jnp.float32(3.0)

    params, x = {"w": jax.random.normal(jax.random.key(0), (5, 5)) / 10}, jnp.ones((2, 5))
    expected, checkpointed = (jax.vjp(function, params, x) for function in (net, checkpoint_segments(net)))
    for one, other in zip(*map(jax.tree.leaves, (expected[0], checkpointed[0])), strict=True):
        assert np.allclose(one, other)
    cotangents = [jax.tree.leaves(vjp((x, jnp.float32(1)))) for _, vjp in (expected, checkpointed)]
    for one, other in zip(*cotangents, strict=True):
        assert np.allclose(one, other, rtol=1e-5)


def residual_bytes(model, x):
    """Return the bytes that the forward pass saves for the backward pass, besides params and input."""
    params = jax.eval_shape(model.init, jax.random.key(0), x)
    _, vjp = jax.eval_shape(lambda p, x: jax.vjp(model.apply, p, x), params, x)
    size = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(vjp))
    return size - sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves((params, x)))


@pytest.mark.parametrize("wrap", [lambda model: model, mixed_precision], ids=["float32", "mixed"])
def test_fewer_residuals_are_saved(wrap):
    deep, x = wrap(mlp((64,) * 49, 10, RELU)), jax.ShapeDtypeStruct((1024, 64), jnp.float32)
    layer = 1024 * 64 * (2 if wrap is mixed_precision else 4)
    assert residual_bytes(deep, x) > 49 * layer
    assert residual_bytes(rematerialised(deep), x) < 20 * layer  # seven boundaries and the whole last segment


def test_recomputation_does_not_count_as_useful_flops():
    model, x = NETS["convnet"], jnp.ones((2, 8, 8, 1))
    params = jax.jit(model.init)(jax.random.key(0), x)
    assert matrix_products(rematerialised(model).apply, params, x) == matrix_products(model.apply, params, x)


@pytest.mark.parametrize("platform", ["tpu", "cuda"])
def test_lowered_programs_keep_the_recomputation_behind_barriers(platform):
    model, x = NETS["mlp"], jnp.ones((4, 64))
    params = jax.jit(model.init)(jax.random.key(0), x)

    def gradient(params, apply):
        return jax.grad(lambda p: jnp.mean(apply(p, x) ** 2))(params)

    def count(apply, what):
        exported = jax.export.export(jax.jit(lambda p: gradient(p, apply)), platforms=[platform])(params)
        return exported.mlir_module().count(what)

    checkpointed = rematerialised(model).apply
    assert count(model.apply, "stablehlo.optimization_barrier") == 0
    assert count(checkpointed, "stablehlo.optimization_barrier") >= 2
    assert count(checkpointed, "stablehlo.dot_general") > count(model.apply, "stablehlo.dot_general")


@pytest.mark.slow
def test_a_tpu_program_of_a_deep_net_needs_less_memory():
    """A net of 24 layers, compiled by the TPU's compiler in a separate process without a TPU."""
    pytest.importorskip("libtpu")
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", ON_A_TPU], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    full, checkpointed = map(float, done.stdout.split())
    assert checkpointed < full / 4


ON_A_TPU = """
from dl_jax.scale.compile_for import Planner, parse_target, target_mesh
target = parse_target("v5e:1x1")
import jax, jax.numpy as jnp
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.models.rematerialised import rematerialised
net, x = mlp((256,) * 24, 10, NONLINEARITIES["relu"]), jax.ShapeDtypeStruct((16384, 256), jnp.float32)
params = jax.eval_shape(net.init, jax.random.key(0), x)
planner = Planner(target, target_mesh(target))
for model in (net, rematerialised(net)):
    gradient = jax.jit(jax.grad(lambda p, x, model=model: jnp.mean(model.apply(p, x) ** 2)))
    planner.plan("gradient", gradient, (params, x), 0.0)
print(*(plan.temp for plan in planner.plans))
"""
