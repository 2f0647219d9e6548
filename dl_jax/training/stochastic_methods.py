"""Optimisers that look at a few examples before every step, one of them chosen while the program runs."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import optax

from dl_jax.training.optimizers import MOMENTUM

METHODS: dict[str, optax.GradientTransformation] = {
    "SGD": optax.identity(),
    "SGD with momentum": optax.trace(MOMENTUM),
    "Adam": optax.scale_by_adam(),
}
"""By name: which way to go, before the rate."""


def stochastic(
    names: Sequence[str], index: jax.Array, rate: float | jax.Array, ridge: float = 0.0
) -> optax.GradientTransformation:
    """One of METHODS, by its index among the names, on the error + ridge/2 |w|^2.

    The rate falls as rate / (1 + rate ridge t), as suits such an error (Bottou 2010); without ridge it stays.
    """
    methods = [METHODS[name] for name in names]

    def begin(params):
        return tuple(method.init(params) for method in methods), jnp.zeros((), jnp.float32)

    def turn(gradient, memory, params):
        memory, t = memory
        gradient = jax.tree.map(lambda g, w: g + ridge * w, gradient, params)
        ways, memory = zip(
            *[method.update(gradient, m, params) for method, m in zip(methods, memory, strict=True)], strict=True
        )
        falling = rate / (1.0 + rate * ridge * t)
        change = jax.tree.map(lambda *way: -falling * jax.lax.select_n(index, *way), *ways)
        return change, (memory, t + 1.0)

    return optax.GradientTransformation(begin, turn)
