"""A chunk of training steps is exported for CUDA and TPU without such devices, as for the CPU."""

import jax
import jax.numpy as jnp
import pytest
from jax import export

from dl_jax.data.dataset import Examples
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.batches import shuffle_bits
from dl_jax.training.choices import choose
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner, chunk, init_state

NETS = {
    "mlp": lambda f: mlp((8, 8), 3, f),
    "convnet": lambda f: convnet((Stage(4, kernel=3), Stage(4, kernel=3)), (8,), 3, f),
}


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("platform", ["cpu", "cuda", "tpu"])
def test_a_chunk_of_steps_lowers(platform, net):
    def run(key, index, rate, x, y):
        nonlinearity = choose(index, [NONLINEARITIES[name] for name in ("relu", "tanh")])
        learner = Learner(NETS[net](nonlinearity), cross_entropy, sgd(rate))
        state, loss_T = chunk(
            learner, init_state(learner, key, x), Examples(x, y), shuffle_bits(key), steps=4, batch_size=16
        )
        return state.params, loss_T

    shapes = (jax.random.key(0), jnp.int32(0), jnp.float32(0.1), jnp.zeros((64, 6, 6, 1)), jnp.zeros(64, jnp.int32))
    exported = export.export(jax.jit(run), platforms=[platform])(*shapes)
    assert exported.platforms == (platform,)
    assert exported.out_avals[-1].shape == (4,)
