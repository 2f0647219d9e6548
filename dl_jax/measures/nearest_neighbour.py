"""k-nearest-neighbour classification by Euclidean distance."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples
from dl_jax.models.kernel import squared_distances

BATCH_SIZE = 64
"""Test examples that are compared with the training examples at once; bounds the memory."""
MAX_NEIGHBOURS = 25
"""Largest number of neighbours that vote."""


def nearest_neighbour_accuracy(train: Examples, test: Examples) -> jax.Array:
    """Accuracy on the test examples of the label of the nearest training example. x: rows, x_NxD."""
    square_N = jnp.sum(train.x**2, 1)

    def label_of(x_D):
        return train.y[jnp.argmin(square_N - 2 * train.x @ x_D)]

    return jnp.mean(jax.lax.map(label_of, test.x, batch_size=BATCH_SIZE) == test.y)


def nearest_neighbour_votes(
    train: Examples, classes: int, neighbours: int | jax.Array
) -> Callable[[jax.Array], jax.Array]:
    """Return x -> votes_NxC of the `neighbours` nearest training examples, MAX_NEIGHBOURS at most.

    x: [N, ...]. neighbours may be traced. argmax of the votes gives ties to the first class.
    """
    train_MxD = train.x.reshape(len(train.x), -1)

    def votes(x):
        distance_NxM = squared_distances(x.reshape(len(x), -1), train_MxD)
        _, nearest_NxK = jax.lax.top_k(-distance_NxM, min(MAX_NEIGHBOURS, len(train_MxD)))
        votes_NxKxC = jax.nn.one_hot(train.y[nearest_NxK], classes)
        counts_K = jnp.arange(votes_NxKxC.shape[1]) < neighbours
        return jnp.sum(jnp.where(counts_K[None, :, None], votes_NxKxC, 0.0), 1)

    return votes
