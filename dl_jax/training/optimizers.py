"""The optimizers: stochastic gradient descent with momentum, and Adam. Learning rates may be traced."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax

MOMENTUM = 0.9


def sgd(learning_rate: float | jax.Array) -> optax.GradientTransformation:
    """Stochastic gradient descent with momentum 0.9."""
    return optax.sgd(learning_rate, momentum=MOMENTUM)


def adam(learning_rate: float | jax.Array) -> optax.GradientTransformation:
    """Adam with its published hyperparameters (Kingma & Ba 2015)."""
    return optax.adam(learning_rate)


def annealed_adam(learning_rate: float | jax.Array, steps: int) -> optax.GradientTransformation:
    """Adam whose learning rate falls to 0 along half a cosine in `steps` steps (Loshchilov & Hutter 2017)."""
    return optax.adam(optax.cosine_decay_schedule(learning_rate, steps))


OPTIMIZERS: dict[str, Callable[..., optax.GradientTransformation]] = {"sgd": sgd, "adam": adam}


def train_only(optimizer: optax.GradientTransformation, learns: Callable[[tuple], jax.Array]):
    """The optimizer, with the weights frozen wherever `learns(path)` is 0.

    `path` is the key path of a leaf, as `jax.tree_util` gives it; the answer may be traced.
    """

    def freeze(updates, state, params=None):
        updates = jax.tree_util.tree_map_with_path(lambda path, u: jnp.where(learns(path), u, 0.0), updates)
        return updates, state

    return optax.chain(optimizer, optax.GradientTransformation(lambda params: optax.EmptyState(), freeze))
