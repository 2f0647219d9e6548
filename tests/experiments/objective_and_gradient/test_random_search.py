"""Random search on a bowl, whose optimal rate of progress is known."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.data.by_seed import as_by_seed
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import measured
from dl_jax.models.linear import linear
from dl_jax.training.losses import half_squared_error
from dl_jax.training.step import Learner
from experiments.objective_and_gradient.random_search import TRIES, random_search, removed_by_random_search

pytestmark = pytest.mark.usefixtures("quick_to_compile")


def bowl(w_P):
    return w_P @ w_P


def test_the_distance_to_the_bottom_of_a_bowl_shrinks_at_the_known_rate():
    """On a sphere of P dimensions by 0.20 / P a step, at the best length (Rechenberg 1973); the rule comes near it."""
    evaluations, size = 3000, 100
    left = float(random_search(bowl, jnp.ones(size), jax.random.key(0), evaluations)) / size
    rate = -np.log(left) / 2 * size / evaluations
    assert 0.1 < rate < 0.25


def test_the_loss_never_rises():
    values = [float(random_search(bowl, jnp.ones(3), jax.random.key(1), count)) for count in (1, 2, 5, 20)]
    assert values == sorted(values, reverse=True)
    assert values[0] <= 3.0


def test_both_tries_remove_some_of_the_loss_and_are_their_own():
    x_NxD = jax.random.normal(jax.random.key(2), (300, 4))
    train = Examples(x_NxD, x_NxD[:, :1] + 5.0)
    learner = Learner(linear(1), half_squared_error, optax.identity())
    data = as_by_seed(Splits(train, train, train))
    records = measured(removed_by_random_search(jax.random.key(3), learner, data, steps=30))
    removed_2 = [records.values("loss_removed", tried=tried)[0] for tried in TRIES]
    assert 0.1 < min(removed_2) < max(removed_2) < 1
