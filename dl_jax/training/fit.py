"""Training one machine: programs of many steps each, called from the host."""

from collections.abc import Callable, Iterator
from functools import cache

import jax
import numpy as np

from dl_jax.data.dataset import Examples
from dl_jax.models.model import Key
from dl_jax.training.cost import Product, flops_of_step, products
from dl_jax.training.place import Place
from dl_jax.training.shuffle import order
from dl_jax.training.step import Learner, State, begin, chunk

SECONDS_A_CALL = 5.0
"""A call should end after about so long, so that progress shows and Ctrl-C is heard."""
FLOPS_A_SECOND = 3e10
"""A modest core's float32 rate, to cut the work into calls; a faster machine has shorter calls."""
STEPS_UNROLLED = 4
"""Steps a program where they are written out one after the other."""


def fit(
    learner: Learner, train: Examples, key: Key, steps: int, *, place: Place, batch_size: int = 128
) -> tuple[State, np.ndarray]:
    """Train for `steps` steps on one device. Returns the last state and the errors E_T before each step."""
    device = place.mesh.devices.flat[0]
    key_init, key_batch = jax.random.split(key)
    train = jax.device_put(train, device)
    state = jax.jit(lambda key: begin(learner, key, train.x[:1]))(jax.device_put(key_init, device))
    order_2xR = jax.device_put(order(key_batch), device)
    forward = products(learner.model.apply, state.params, train.x[:batch_size])
    unroll = unrolled(forward, place)

    @cache
    def make(steps_a_call):
        def call(state, train, order):
            return chunk(learner, state, train, order, steps_a_call, batch_size, unroll)

        return jax.jit(call, donate_argnums=0)

    errors = []
    for done, program in calls(make, steps, flops_of_step(forward), STEPS_UNROLLED if unroll else steps):
        state, error_T = program(state, train, order_2xR)
        errors.append(np.asarray(error_T))
        place.tell("fit", done, steps)
    return state, np.concatenate(errors)


def unrolled(forward: list[Product], place: Place) -> bool:
    """Whether to train without loops: a CPU convolves some forty times slower inside one than outside."""
    return place.kind == "cpu" and any(product.convolution for product in forward)


def calls(
    make: Callable[[int], Callable], steps: int, flops_a_step: float, at_most: int
) -> Iterator[tuple[int, Callable]]:
    """Cut `steps` into calls of about SECONDS_A_CALL: (steps done after the call, the program of the call).

    `make(n)` gives a program of n steps, n no more than `at_most`; it is asked for two lengths at most.
    """
    least = max(1, round(steps * flops_a_step / FLOPS_A_SECOND / SECONDS_A_CALL), -(-steps // at_most))
    count = next((n for n in range(least, 2 * least + 1) if steps % n == 0), least)
    length = -(-steps // count)
    for done in range(0, steps, length):
        now = min(length, steps - done)
        yield done + now, make(now)
