"""The oldest learner of all: an example gets the label of the one that it is most like."""

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples
from dl_jax.models.kernel import squared_distances

AT_ONCE, MOST = 64, 25
"""Asked examples that are looked at together; neighbours that vote, at most."""


def nearest_neighbour_accuracy(known: Examples, asked: Examples) -> jax.Array:
    """Share of the asked examples whose nearest known one, by Euclidean distance, has their label."""
    square_N = jnp.sum(known.x**2, 1)

    def label_of(x_D):
        return known.y[jnp.argmin(square_N - 2 * known.x @ x_D)]

    return jnp.mean(jax.lax.map(label_of, asked.x, batch_size=AT_ONCE) == asked.y)


def nearest_machine(train: Examples, classes: int, neighbours: jax.Array):
    """x -> votes_NxC of the nearest so many training examples, up to MOST. Of equal votes the first class wins."""
    known_MxD = train.x.reshape(len(train.x), -1)

    def scores(x):
        _, nearest_NxK = jax.lax.top_k(-squared_distances(x.reshape(len(x), -1), known_MxD), min(MOST, len(known_MxD)))
        votes_NxKxC = jax.nn.one_hot(train.y[nearest_NxK], classes)
        asked_K = jnp.arange(votes_NxKxC.shape[1]) < neighbours
        return jnp.sum(jnp.where(asked_K[None, :, None], votes_NxKxC, 0.0), 1)

    return scores
