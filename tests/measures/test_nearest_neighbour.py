"""k nearest neighbours against scikit-learn."""

import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from dl_jax.data.dataset import Examples
from dl_jax.measures.nearest_neighbour import MAX_NEIGHBOURS, nearest_neighbour_accuracy, nearest_neighbour_votes

GENERATOR = np.random.default_rng(0)
X, Y = GENERATOR.normal(size=(120, 3)).astype(np.float32), GENERATOR.integers(0, 3, 120).astype(np.int32)
TRAIN, TEST = Examples(jnp.asarray(X[:80]), jnp.asarray(Y[:80])), Examples(jnp.asarray(X[80:]), jnp.asarray(Y[80:]))


@pytest.mark.parametrize("neighbours", [1, 5, 21])
def test_votes_agree_with_scikit_learn(neighbours):
    reference = KNeighborsClassifier(neighbours).fit(X[:80], Y[:80])
    votes_NxC = nearest_neighbour_votes(TRAIN, 3, jnp.float32(neighbours))(TEST.x)
    np.testing.assert_allclose(votes_NxC / neighbours, reference.predict_proba(X[80:]), atol=1e-6)
    np.testing.assert_array_equal(np.argmax(votes_NxC, 1), reference.predict(X[80:]))


def test_with_fewer_examples_than_neighbours_all_vote():
    few = Examples(*(part[:4] for part in TRAIN))
    votes_NxC = nearest_neighbour_votes(few, 3, jnp.float32(21))(TEST.x)
    np.testing.assert_array_equal(votes_NxC, np.tile(np.bincount(Y[:4], minlength=3), (40, 1)))


def test_at_most_max_neighbours_vote():
    votes_NxC = nearest_neighbour_votes(TRAIN, 3, 60)(TEST.x)
    np.testing.assert_array_equal(jnp.sum(votes_NxC, 1), MAX_NEIGHBOURS)


def test_accuracy_is_that_of_one_neighbour():
    reference = KNeighborsClassifier(1).fit(X[:80], Y[:80])
    assert nearest_neighbour_accuracy(TRAIN, TEST) == pytest.approx(reference.score(X[80:], Y[80:]))
