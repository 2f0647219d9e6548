"""The count of products against what the compiler counts, and by hand."""

import jax
import jax.numpy as jnp
import pytest

from dl_jax.data.dataset import Examples
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.flops import matrix_products, step_flops
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner, init_state, step

RELU = NONLINEARITIES["relu"]
NETS = {
    "one hidden layer": (mlp((128,), 10, RELU), (784,)),
    "three": (mlp((128, 128, 128), 10, RELU), (784,)),
    "convolutions": (
        convnet((Stage(32, pool=1), Stage(64, kernel=3, pool=1, stride=2, padding="VALID")), (32,), 10, RELU),
        (28, 28, 3),
    ),
}


@pytest.mark.parametrize("net", NETS)
def test_flops_of_a_step_are_those_that_the_compiler_counts(net):
    model, shape = NETS[net]
    learner = Learner(model, cross_entropy, sgd(0.1))
    batch = Examples(jnp.ones((128, *shape)), jnp.zeros(128, jnp.int32))
    state = init_state(learner, jax.random.key(0), batch.x[:1])
    cost = jax.jit(lambda state, batch: step(learner, state, batch)).lower(state, batch).compile().cost_analysis()
    forward = matrix_products(model.apply, state.params, batch.x)
    assert step_flops(forward) == pytest.approx(cost["flops"], rel=0.03)
    assert [product.convolution for product in forward].count(True) == (2 if net == "convolutions" else 0)


def test_flops_by_hand():
    model = mlp((4,), 2, RELU)
    params = model.init(jax.random.key(0), jnp.ones((1, 3)))
    forward, to_weights, to_inputs = 12 + 8, 12 + 8, 8
    assert step_flops(matrix_products(model.apply, params, jnp.ones((5, 3)))) == 2 * 5 * (
        forward + to_weights + to_inputs
    )


def test_products_inside_a_loop_count_every_time():
    def looped(w, x):
        return jax.lax.scan(lambda y, _: (jax.jit(jnp.matmul)(y, w), None), x, None, length=7)[0]

    found = matrix_products(looped, jax.ShapeDtypeStruct((3, 3), "float32"), jax.ShapeDtypeStruct((5, 3), "float32"))
    assert [product.flops for product in found] == [7 * 2 * 5 * 3 * 3]


def test_a_machine_without_products_costs_none():
    assert step_flops(matrix_products(jnp.tanh, jnp.ones(3))) == 0.0
