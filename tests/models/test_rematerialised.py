"""Computing again instead of keeping: the same numbers, fewer kept, and as few in a TPU's memory."""

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
from dl_jax.models.rematerialised import in_sections, rematerialised
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
def test_values_and_gradients_are_the_same(name):
    model, x = NETS[name], jax.random.normal(jax.random.key(1), (16, 8, 8, 1))
    params = jax.jit(model.init)(jax.random.key(0), x)

    def both(apply):
        return jax.jit(jax.value_and_grad(lambda p: jnp.mean(apply(p, x) ** 2)))(params)

    plain, again = both(model.apply), both(rematerialised(model).apply)
    assert plain[0] == again[0]
    close = 1e-2 if name == "mixed" else 1e-6  # what is fused otherwise is rounded otherwise
    for one, other in zip(*map(jax.tree.leaves, (plain, again)), strict=True):
        assert np.allclose(one, other, rtol=close, atol=close * np.abs(one).max())


def test_a_net_with_a_bypass_and_weights_used_twice():
    def net(params, x):
        w = jnp.exp(params["w"])
        y = jnp.tanh(x @ w)
        for _ in range(4):
            y = y + jnp.tanh(y @ w)
        return y @ w + x, jnp.float32(3.0)

    params, x = {"w": jax.random.normal(jax.random.key(0), (5, 5)) / 10}, jnp.ones((2, 5))
    plain, again = (jax.vjp(each, params, x) for each in (net, in_sections(net)))
    for one, other in zip(*map(jax.tree.leaves, (plain[0], again[0])), strict=True):
        assert np.allclose(one, other)
    for one, other in zip(*[jax.tree.leaves(back((x, jnp.float32(1)))) for _, back in (plain, again)], strict=True):
        assert np.allclose(one, other, rtol=1e-5)


def kept(model, x):
    """Bytes that the forward pass leaves for the way back, besides weights and input."""
    params = jax.eval_shape(model.init, jax.random.key(0), x)
    _, back = jax.eval_shape(lambda p, x: jax.vjp(model.apply, p, x), params, x)
    size = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(back))
    return size - sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves((params, x)))


@pytest.mark.parametrize("wrap", [lambda model: model, mixed_precision], ids=["float32", "mixed"])
def test_far_less_is_kept_for_the_way_back(wrap):
    deep, x = wrap(mlp((64,) * 49, 10, RELU)), jax.ShapeDtypeStruct((1024, 64), jnp.float32)
    layer = 1024 * 64 * (2 if wrap is mixed_precision else 4)
    assert kept(deep, x) > 49 * layer
    assert kept(rematerialised(deep), x) < 20 * layer  # seven places, and the last section whole


def test_no_useful_work_is_added():
    model, x = NETS["convnet"], jnp.ones((2, 8, 8, 1))
    params = jax.jit(model.init)(jax.random.key(0), x)
    assert matrix_products(rematerialised(model).apply, params, x) == matrix_products(model.apply, params, x)


@pytest.mark.parametrize("platform", ["tpu", "cuda"])
def test_it_is_lowered_with_its_barriers(platform):
    model, x = NETS["mlp"], jnp.ones((4, 64))
    params = jax.jit(model.init)(jax.random.key(0), x)

    def gradient(params, apply):
        return jax.grad(lambda p: jnp.mean(apply(p, x) ** 2))(params)

    def count(apply, what):
        exported = jax.export.export(jax.jit(lambda p: gradient(p, apply)), platforms=[platform])(params)
        return exported.mlir_module().count(what)

    again = rematerialised(model).apply
    assert count(model.apply, "stablehlo.optimization_barrier") == 0
    assert count(again, "stablehlo.optimization_barrier") >= 2
    assert count(again, "stablehlo.dot_general") > count(model.apply, "stablehlo.dot_general")


@pytest.mark.slow
def test_a_tpu_needs_far_less_memory_for_a_deep_net():
    """Compiled by the TPU's own compiler, for a chip that is not there, in a process of its own: 24 layers."""
    pytest.importorskip("libtpu")
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", ON_A_TPU], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    plain, again = map(float, done.stdout.split())
    assert again < plain / 4


ON_A_TPU = """
from dl_jax.scale.compile_for import Planner, mesh, target
chip = target("v5e:1x1")
import jax, jax.numpy as jnp
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.models.rematerialised import rematerialised
net, x = mlp((256,) * 24, 10, NONLINEARITIES["relu"]), jax.ShapeDtypeStruct((16384, 256), jnp.float32)
params = jax.eval_shape(net.init, jax.random.key(0), x)
planner = Planner(chip, mesh(chip))
for model in (net, rematerialised(net)):
    back = jax.jit(jax.grad(lambda p, x, model=model: jnp.mean(model.apply(p, x) ** 2)))
    planner.plan("gradient", back, (params, x), 0.0)
print(*(plan.temp for plan in planner.plans))
"""
