"""Tasks for comparing optimizers: documents, inputs in unlike units, a small teacher. Pure functions of keys.

Each is a `World`, key -> (key, count) -> Examples: training and test examples share what the first key draws.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples, Splits, generated

World = Callable[[jax.Array], Callable[[jax.Array, int], Examples]]
"""(key of the task) -> (key, count) -> examples of this task."""


def in_one_world(world: World, train: int, rest: int = 1024) -> Callable[[jax.Array], Splits]:
    """key -> splits of one task: `train` training examples, and `rest` examples each for validation and test."""

    def splits(key):
        key_world, key_data = jax.random.split(key)
        return generated(world(key_world), train, rest)(key_data)

    return splits


def documents(features: int, words: int, lean: float = 0.3) -> World:
    """Documents of two topics, labels 0 and 1, with `words` words each, given as x_NxKx2 (index, value).

    The frequency of word j is proportional to 1 / (j + 10) (Zipf), times exp(+-lean z_j) by topic, z_j normal. Values
    give rare words more weight (inverse document frequency), and every document has norm 1. With 32 words and this lean
    1 document in 20 is more likely of the other topic, about as in RCV1.
    """

    def world(key_world):
        common_D = 1.0 / (jnp.arange(features) + 10.0)
        leaning_D = lean * jax.random.normal(key_world, (features,))
        chance_2xD = common_D[None] * jnp.exp(jnp.stack([-leaning_D, leaning_D]))
        upto_2xD = jnp.cumsum(chance_2xD, 1) / jnp.sum(chance_2xD, 1, keepdims=True)
        weight_D = jnp.log(1.0 + jnp.sum(common_D) / (words * common_D))

        def draw(key, count):
            key_topic, key_words = jax.random.split(key)
            topic_N = jax.random.bernoulli(key_topic, shape=(count,)).astype(jnp.int32)
            share_NxK = jax.random.uniform(key_words, (count, words))
            either = [jnp.searchsorted(upto_D, share_NxK) for upto_D in upto_2xD]
            index_NxK = jnp.minimum(jnp.where(topic_N[:, None] == 1, either[1], either[0]), features - 1)
            value_NxK = weight_D[index_NxK]
            value_NxK = value_NxK / jnp.linalg.norm(value_NxK, axis=1, keepdims=True)
            return Examples(jnp.stack([index_NxK.astype(jnp.float32), value_NxK], 2), topic_N)

        return draw

    return world


def unlike_units(inputs: int, spread: float) -> World:
    """Least squares that can be solved exactly, of condition number spread^2.

    y_Nx1, of variance 1, is a sum of independent normal causes, with weights of equal size and random sign; x_NxD is
    these causes in units that differ by up to `spread`, then rotated.
    """

    def world(key_world):
        key_rotation, key_sum = jax.random.split(key_world)
        rotation_DxD = jax.random.orthogonal(key_rotation, inputs)
        sum_D = jax.random.rademacher(key_sum, (inputs,), dtype=jnp.float32) / jnp.sqrt(1.0 * inputs)
        unit_D = spread ** -jnp.linspace(0.0, 1.0, inputs)

        def draw(key, count):
            cause_NxD = jax.random.normal(key, (count, inputs))
            return Examples((cause_NxD * unit_D[None]) @ rotation_DxD, (cause_NxD @ sum_D)[:, None])

        return draw

    return world


def teacher(inputs: int, hidden: int) -> World:
    """Targets of a small tanh net with random weights on normal inputs, without noise: y_Nx1, variance about 1/2."""

    def world(key_world):
        key_in, key_out = jax.random.split(key_world)
        in_DxW = jax.random.normal(key_in, (inputs, hidden))
        out_Wx1 = jax.random.normal(key_out, (hidden, 1)) / jnp.sqrt(1.0 * hidden)

        def draw(key, count):
            x_NxD = jax.random.normal(key, (count, inputs))
            return Examples(x_NxD, jnp.tanh(x_NxD @ in_DxW) @ out_Wx1)

        return draw

    return world
