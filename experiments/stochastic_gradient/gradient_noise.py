"""How far the gradient of a batch is from that of all examples, beside what sampling theory says."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples
from dl_jax.measures.old_by_seed import at
from dl_jax.measures.weight_space import STATES, params_before_and_after
from dl_jax.models.model import Key
from dl_jax.training.batches import batch_indices, shuffle_bits
from dl_jax.training.step import Learner
from experiments.stochastic_gradient.minibatch import gradients_of_each

Sampler = Callable[[Key, jax.Array, int, int], jax.Array]
"""(key, label_N, batches M, batch size B) -> index_MxB of the examples in each batch."""
ROUNDS = 10
"""Batches are drawn in so many rounds: all at once would take memory."""


def shuffled(key: Key, label_N: jax.Array, batches: int, batch_size: int) -> jax.Array:
    """As training draws them, each the first of a shuffle of its own: no example twice."""
    order_2xR = shuffle_bits(key).astype(jnp.uint32)
    per_epoch = len(label_N) // batch_size

    def first_of(epoch):
        return batch_indices(order_2xR, epoch * per_epoch, 1, len(label_N), batch_size)[0]

    return jax.vmap(first_of)(jnp.arange(batches))


def with_replacement(key: Key, label_N: jax.Array, batches: int, batch_size: int) -> jax.Array:
    """Every example drawn from all: some come twice."""
    return jax.random.randint(key, (batches, batch_size), 0, len(label_N))


def neighbours(key: Key, label_N: jax.Array, batches: int, batch_size: int) -> jax.Array:
    """Examples that follow each other in a list by category, as unshuffled data may lie; its end meets its start."""
    start_M = jax.random.randint(key, (batches,), 0, len(label_N))
    return jnp.argsort(label_N)[(start_M[:, None] + jnp.arange(batch_size)[None]) % len(label_N)]


def one_half(key: Key, label_N: jax.Array, batches: int, batch_size: int) -> jax.Array:
    """From the first half of that list alone: other categories never come."""
    return jnp.argsort(label_N)[jax.random.randint(key, (batches, batch_size), 0, len(label_N) // 2)]


SAMPLERS: dict[str, Sampler] = {
    "shuffled": shuffled,
    "with replacement": with_replacement,
    "neighbours": neighbours,
    "one half": one_half,
}
CONTROL_BATCHES = 1000
"""What is far off is seen with few."""


def batch_sizes(examples: int) -> tuple[int, ...]:
    """Powers of two up to half of all examples, then three quarters and fifteen sixteenths of them."""
    powers = tuple(2**n for n in range(examples.bit_length()) if 2 ** (n + 1) <= examples)
    return (*powers, 3 * examples // 4, 15 * examples // 16)


def noise(
    gradient_SxNxP: jax.Array, sampler: Sampler, key: Key, label_N: jax.Array, batches: int, batch_size: int
) -> tuple[jax.Array, jax.Array]:
    """(variance_S, bias_S) of the gradients of many batches, both as a ratio to what sampling theory says.

    Variance: the mean squared distance from the full gradient; theory: (1/B) (N - B) / (N - 1) times
    that of single examples. Bias: the squared distance of their mean from the full gradient; theory:
    the variance that was found, divided by how many batches there were.
    """
    examples = len(label_N)
    from_mean_SxNxP = gradient_SxNxP - jnp.mean(gradient_SxNxP, 1, keepdims=True)
    product_SxNxN = jnp.einsum("snp,smp->snm", from_mean_SxNxP, from_mean_SxNxP)
    each_round = -(-batches // ROUNDS)

    def squares(away_MxN):
        """||away g||^2_MxS: how far a batch's gradient is from the full one, from its shares minus 1 / N alone."""
        return jnp.einsum("mn,snk,mk->ms", away_MxN, product_SxNxN, away_MxN)

    def one_round(key):
        index_MxB = sampler(key, label_N, each_round, batch_size)
        row_Mx1 = jnp.arange(each_round)[:, None]
        share_MxN = jnp.zeros((each_round, examples)).at[row_Mx1, index_MxB].add(1 / batch_size)
        away_MxN = share_MxN - 1 / examples
        return jnp.mean(squares(away_MxN), 0), jnp.mean(away_MxN, 0)

    square_RxS, away_RxN = jax.lax.map(one_round, jax.random.split(key, ROUNDS))
    single_S = jnp.trace(product_SxNxN, axis1=1, axis2=2) / examples
    theory_S = single_S * (examples - batch_size) / (examples - 1) / batch_size
    variance_S, bias_S = jnp.mean(square_RxS, 0), squares(jnp.mean(away_RxN, 0)[None])[0]
    return variance_S / theory_S, bias_S * each_round * ROUNDS / variance_S


def noise_by_batch_size(
    key: Key, learner: Learner, train: Examples, examples: int, batches: int, steps: int, batch_size: int
) -> dict:
    """Both ratios at every batch size, for the first `examples`, weights untrained and trained, and each sampler (66).

    Small batches, whose gradients vary most, are drawn up to eight times as often.
    """
    key_train, key_noise = jax.random.split(key)
    weights = params_before_and_after(learner, key_train, train, steps, batch_size)
    some = Examples(train.x[:examples], jnp.asarray(train.y[:examples]))
    gradient_SxNxP = jnp.stack([gradients_of_each(learner, params, some) for params in weights.values()])
    found = {}
    for number, size in enumerate(batch_sizes(examples)):
        for name, sampler in SAMPLERS.items():
            count = max(1, 8 // size) * batches if name == "shuffled" else min(CONTROL_BATCHES, batches)
            key_here = jax.random.fold_in(key_noise, number)
            variance_S, bias_S = noise(gradient_SxNxP, sampler, key_here, some.y, count, size)
            axes = {"sampler": name, "batch": size, "state": STATES}
            found |= {at("variance_ratio", **axes): variance_S, at("bias_ratio", **axes): bias_S}
    return found
