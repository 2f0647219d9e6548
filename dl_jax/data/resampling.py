"""Three ways in which a seed comes by its own splits: split anew, test examples drawn again, all examples generated.

Legend: P parts, C classes. axes: those over which inputs are standardised, (0,) of rows and (0, 1, 2) of images.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.by_seed import BySeed


def split_anew(examples: Any, count_PxC: np.ndarray, axes: tuple[int, ...], splits: Callable[..., Any]) -> BySeed:
    """Split `Examples` at random into `splits(train, ...)`: of each class, count_PxC in every part.

    Inputs are standardised over the training part; a linear change of them beforehand makes no difference.
    """

    def draw(shared, key):
        index_P = stratified(key, jnp.asarray(shared.y), count_PxC)
        return index_P, standardizing(_taken(shared, index_P[0]).x, axes)

    def build(shared, drawn):
        index_P, scaling = drawn
        return splits(*(_scaled(_taken(shared, index_N), scaling) for index_N in index_P))

    return BySeed(examples, draw, build)


def resampled_test(splits: Any) -> BySeed:
    """Draw the test examples of `Splits` with replacement; the others stay the same for all seeds."""

    def build(shared, index_N):
        return shared._replace(test=_taken(shared.test, index_N))

    return BySeed(splits, lambda shared, key: bootstrap(key, len(shared.test.y)), build)


def drawn_anew(draw_splits: Callable[[jax.Array], Any], axes: tuple[int, ...]) -> BySeed:
    """Generate `Splits` of images, key -> uint8, and standardise them over the training part."""

    def form(examples):
        x = examples.x.astype(jnp.float32)
        return examples._replace(x=x if len(axes) > 1 else x.reshape(len(x), -1))

    def draw(shared, key):
        splits = draw_splits(key)
        return splits, standardizing(form(splits.train).x, axes)

    def build(shared, drawn):
        splits, scaling = drawn
        return type(splits)(*(_scaled(form(part), scaling) for part in splits))

    return BySeed((), draw, build)


def stratified(key: jax.Array, y_N: jax.Array, count_PxC: np.ndarray) -> list[jax.Array]:
    """Split examples at random into P disjoint parts: the indices of each part, in random order.

    count_PxC: how many examples of each class every part has; together, all.
    """
    key_class, key_order = jax.random.split(key)
    by_class_N = jnp.lexsort((jax.random.bits(key_class, y_N.shape), y_N))
    # Examples that are sorted by class, and at random within one: the first of each are the first part's, and so on.
    part_N = np.concatenate([np.repeat(np.arange(len(count_PxC)), count_P) for count_P in count_PxC.T])
    order_N = jnp.lexsort((jax.random.bits(key_order, y_N.shape), jnp.asarray(part_N)))
    return jnp.split(by_class_N[order_N], np.cumsum(count_PxC.sum(1))[:-1])


def bootstrap(key: jax.Array, count: int) -> jax.Array:
    """Return the indices of `count` of as many examples, drawn with replacement (Efron 1979)."""
    return jax.random.randint(key, (count,), 0, count)


def standardizing(x_Nx: jax.Array, axes: tuple[int, ...]) -> tuple[jax.Array, jax.Array]:
    """Return the mean over these axes, which are kept, and 1 / standard deviation: 0 where all values are equal."""
    varies = x_Nx.max(axes, keepdims=True) > x_Nx.min(axes, keepdims=True)
    scale = jnp.where(varies, 1.0 / jnp.where(varies, x_Nx.std(axes, keepdims=True), 1.0), 0.0)
    return x_Nx.mean(axes, keepdims=True), scale


def _taken(examples, index_N):
    return jax.tree.map(lambda part: jnp.asarray(part)[index_N], examples)


def _scaled(examples, scaling):
    mean, scale = scaling
    return examples._replace(x=(examples.x - mean) * scale)
