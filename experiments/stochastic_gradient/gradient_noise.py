"""Variance and bias of the gradient of a batch, relative to sampling theory (statement 66).

S states of the weights, N examples, M batches, B examples of a batch, P parameters.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.data.by_seed import BySeed, data_key
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.named import named
from dl_jax.measures.per_example_gradients import per_example_gradients
from dl_jax.measures.weight_space import STATES, params_before_and_after
from dl_jax.models.model import Key
from dl_jax.training.batches import batch_indices, shuffle_bits
from dl_jax.training.step import Learner

Sampler = Callable[[Key, jax.Array, int, int], jax.Array]
"""(key, label_N, batches M, batch size B) -> index_MxB of the examples in each batch."""
ROUNDS = 10
"""Rounds in which batches are drawn: all at once would take too much memory."""
CONTROL_BATCHES = 1000
"""Batches of each control, whose deviations are large."""


def shuffled(key: Key, label_N: jax.Array, batches: int, batch_size: int) -> jax.Array:
    """Draw batches as training does, each the first of a new shuffle: no example occurs twice in a batch."""
    order_2xR = shuffle_bits(key).astype(jnp.uint32)
    per_epoch = len(label_N) // batch_size

    def first_of(epoch):
        return batch_indices(order_2xR, epoch * per_epoch, 1, len(label_N), batch_size)[0]

    return jax.vmap(first_of)(jnp.arange(batches))


def with_replacement(key: Key, label_N: jax.Array, batches: int, batch_size: int) -> jax.Array:
    """Draw every example from all, so that some occur twice."""
    return jax.random.randint(key, (batches, batch_size), 0, len(label_N))


def neighbours(key: Key, label_N: jax.Array, batches: int, batch_size: int) -> jax.Array:
    """Draw consecutive examples of a circular list that is sorted by class, as unshuffled data may be."""
    start_M = jax.random.randint(key, (batches,), 0, len(label_N))
    return jnp.argsort(label_N)[(start_M[:, None] + jnp.arange(batch_size)[None]) % len(label_N)]


def one_half(key: Key, label_N: jax.Array, batches: int, batch_size: int) -> jax.Array:
    """Draw from the first half of that list only, so that some classes never occur."""
    return jnp.argsort(label_N)[jax.random.randint(key, (batches, batch_size), 0, len(label_N) // 2)]


SAMPLERS: dict[str, Sampler] = {
    "shuffled": shuffled,
    "with replacement": with_replacement,
    "neighbours": neighbours,
    "one half": one_half,
}
VARIANCE_OF, BIAS_OF = ("shuffled", "with replacement", "neighbours"), ("shuffled", "one half")
"""Samplers whose variance, and whose bias, is kept."""


def batch_sizes(examples: int) -> tuple[int, ...]:
    """Return the powers of two up to half of all examples, then three quarters and fifteen sixteenths of them."""
    powers = tuple(2**n for n in range(examples.bit_length()) if 2 ** (n + 1) <= examples)
    return (*powers, 3 * examples // 4, 15 * examples // 16)


def noise(
    gradient_SxNxP: jax.Array, sampler: Sampler, key: Key, label_N: jax.Array, batches: int, batch_size: int
) -> tuple[jax.Array, jax.Array]:
    """Return (variance_S, bias_S) of the gradients of many batches, both as a ratio to sampling theory.

    The variance is the mean squared distance from the full gradient; by theory it is (1/B) (N - B) / (N - 1) times that
    of single examples. The bias is the squared distance of the mean over the batches from the full gradient; by theory
    it is the measured variance divided by the number of batches.
    """
    examples = len(label_N)
    from_mean_SxNxP = gradient_SxNxP - jnp.mean(gradient_SxNxP, 1, keepdims=True)
    product_SxNxN = jnp.einsum("snp,smp->snm", from_mean_SxNxP, from_mean_SxNxP)
    each_round = -(-batches // ROUNDS)

    def squared_distances(excess_MxN):
        """Return distance_MxS to the full gradient, squared, of batches with weights 1 / N + excess of the examples."""
        return jnp.einsum("mn,snk,mk->ms", excess_MxN, product_SxNxN, excess_MxN)

    def one_round(key):
        index_MxB = sampler(key, label_N, each_round, batch_size)
        row_Mx1 = jnp.arange(each_round)[:, None]
        weight_MxN = jnp.zeros((each_round, examples)).at[row_Mx1, index_MxB].add(1 / batch_size)
        excess_MxN = weight_MxN - 1 / examples
        return jnp.mean(squared_distances(excess_MxN), 0), jnp.mean(excess_MxN, 0)

    square_RxS, excess_RxN = jax.lax.map(one_round, jax.random.split(key, ROUNDS))
    single_S = jnp.trace(product_SxNxN, axis1=1, axis2=2) / examples
    theory_S = single_S * (examples - batch_size) / (examples - 1) / batch_size
    variance_S, bias_S = jnp.mean(square_RxS, 0), squared_distances(jnp.mean(excess_RxN, 0)[None])[0]
    return variance_S / theory_S, bias_S * each_round * ROUNDS / variance_S


def noise_by_batch_size(
    key: Key,
    learner: Learner,
    data: BySeed[Splits],
    examples: int,
    batches: int,
    steps: int,
    batch_size: int,
) -> dict:
    """Return the ratios for every batch size and sampler, with weights before and after a short training.

    Batches of one to four examples, whose gradients vary most, are drawn up to eight times as often.

    data:       draws the examples of the seed.
    examples:   that the batches are drawn from, the first of the training set.
    batches:    of each size.
    steps:      of the training, whose batches have `batch_size` examples.
    """
    _, key_train, key_noise = jax.random.split(key, 3)
    train = data(data_key(key)).train
    weights = params_before_and_after(learner, key_train, train, steps, batch_size)
    subset = Examples(train.x[:examples], jnp.asarray(train.y[:examples]))
    gradient_SxNxP = jnp.stack([per_example_gradients(learner, params, subset)[1] for params in weights.values()])
    variances, biases = [], []
    for number, size in enumerate(batch_sizes(examples)):
        for name, sampler in SAMPLERS.items():
            count = max(1, 8 // size) * batches if name == "shuffled" else min(CONTROL_BATCHES, batches)
            key_size = jax.random.fold_in(key_noise, number)
            variance_S, bias_S = noise(gradient_SxNxP, sampler, key_size, subset.y, count, size)
            axes = {"sampler": name, "batch_size": size, "state": STATES}
            variances += [named(variance_S, **axes)] if name in VARIANCE_OF else []
            biases += [named(bias_S, **axes)] if name in BIAS_OF else []
    return {"variance_ratio": variances, "bias_ratio": biases}
