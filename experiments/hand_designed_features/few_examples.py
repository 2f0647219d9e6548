"""Learning curves: some of the examples, another draw for each seed, seen as features."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.model import Key
from dl_jax.training.batches import subsample
from experiments.hand_designed_features.ink import moved
from experiments.hand_designed_features.principal_components import principal_components

Fit = Callable[[jax.Array], Callable[[jax.Array], jax.Array]]
"""training examples -> (examples -> features): a step that is itself learned from the examples it may see."""
MOVED = 500
"""Test pictures that are looked at moved as well, at most."""
AT_ONCE = 256


class Shown(NamedTuple):
    """Splits, and test pictures that were moved a little: the same things elsewhere."""

    train: Examples
    validation: Examples
    test: Examples
    moved: Examples


def as_features(pictures: Splits, features: Callable[[jax.Array], jax.Array], by: int) -> Shown:
    """Every picture ink_HxW as features(ink_HxW); the first MOVED test pictures also moved `by` pixels."""
    elsewhere = moved(Examples(*(part[:MOVED] for part in pictures.test)), by)
    compute = jax.jit(lambda x_NxHxW: jax.lax.map(features, x_NxHxW, batch_size=AT_ONCE))
    return Shown(*(Examples(compute(split.x), split.y) for split in (*pictures, elsewhere)))


def some_of(shown: Shown, examples: int, *fits: Fit) -> Callable[[Key], Shown]:
    """key -> `examples` of the training examples, drawn without replacement, and all others as they are.

    Every step of `fits` learns from the drawn ones alone. They are repeated until they are as many as there were,
    so that an epoch shows each equally often up to one, and programs are the same for any number of them.
    """
    count = len(shown.train.x)

    def draw(key):
        drawn_M = subsample(key, count, examples)
        index_N = drawn_M[jnp.arange(count) % examples]
        seen = shown._replace(train=Examples(*(jnp.asarray(part)[index_N] for part in shown.train)))
        for fit in fits:
            transform = fit(seen.train.x[:examples])
            seen = Shown(*(split._replace(x=transform(split.x)) for split in seen))
        return seen

    return draw


def scaled(x_NxD: jax.Array) -> Callable[[jax.Array], jax.Array]:
    """Each feature shifted to mean 0, and all of them together scaled to mean square 1.

    One scale for all: a feature that hardly varies in few examples would be blown up by its own.
    """
    mean_D = jnp.mean(x_NxD, 0, keepdims=True)
    scale = 1.0 / jnp.maximum(jnp.sqrt(jnp.mean((x_NxD - mean_D) ** 2)), 1e-12)
    return lambda x: (x - mean_D) * scale


def projected(count: int) -> Fit:
    """Onto the `count` principal components of the training examples."""

    def fit(x_NxD):
        mean_D, direction_DxK = principal_components(x_NxD, count)
        return lambda x: (x - mean_D[None]) @ direction_DxK

    return fit
