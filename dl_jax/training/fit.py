"""Training one machine: programs of many steps each, called from the host."""

from collections.abc import Callable, Iterator

import jax
import numpy as np

from dl_jax.data.dataset import Examples
from dl_jax.models.model import Key, Params
from dl_jax.training.place import Place
from dl_jax.training.step import Learner, State, begin, chunk

SECONDS_A_CALL = 5.0
"""A call should end after about so long, so that progress shows and Ctrl-C is heard."""
FLOPS_A_SECOND = 3e10
"""A modest core's float32 rate, to cut the work into calls; a faster machine has shorter calls."""


def fit(
    learner: Learner, train: Examples, key: Key, steps: int, *, place: Place, batch_size: int = 128
) -> tuple[State, np.ndarray]:
    """Train for `steps` steps on one device. Returns the last state and the errors E_T before each step."""
    device = place.mesh.devices.flat[0]
    key_init, key_batch = jax.random.split(key)
    train = jax.device_put(train, device)
    state = jax.jit(lambda key: begin(learner, key, train.x[:1]))(jax.device_put(key_init, device))

    def make(steps_a_call):
        call = lambda state, train, key: chunk(learner, state, train, key, steps_a_call, batch_size)  # noqa: E731
        return jax.jit(call, donate_argnums=0)

    errors = []
    for done, program in calls(make, steps, matmul_flops(state.params, batch_size)):
        state, error_T = program(state, train, key_batch)
        errors.append(np.asarray(error_T))
        place.tell("fit", done, steps)
    return state, np.concatenate(errors)


def calls(make: Callable[[int], Callable], steps: int, flops_a_step: float) -> Iterator[tuple[int, Callable]]:
    """Cut `steps` into calls of about SECONDS_A_CALL: (steps done after the call, the program of the call).

    `make(n)` builds a program of n steps; it is asked once for each length, at most twice.
    """
    least = max(1, round(steps * flops_a_step / FLOPS_A_SECOND / SECONDS_A_CALL))
    count = next((n for n in range(least, 2 * least + 1) if steps % n == 0), least)
    length = -(-steps // count)
    programs = {}
    for done in range(0, steps, length):
        now = min(length, steps - done)
        if now not in programs:
            programs[now] = make(now)
        yield done + now, programs[now]


def matmul_flops(params: Params, batch_size: int) -> float:
    """FLOPs of one step's matrix products: forward, and backward to weights and inputs.

    The lowest layer passes nothing further down. Elementwise work is about 1 % on top.
    """
    matrices = [leaf.shape[-2] * leaf.shape[-1] for leaf in jax.tree.leaves(params) if leaf.ndim >= 2]
    return 2.0 * batch_size * (3 * sum(matrices) - matrices[0])
