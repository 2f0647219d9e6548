"""Machines side by side answer and learn as each does alone."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples
from dl_jax.models.ensemble import ensemble, summed_loss
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.step import Learner, State, init_state, step

ALONE = mlp((5,), 3, NONLINEARITIES["tanh"])
KEY = jax.random.key(0)
X = jax.random.normal(KEY, (8, 2, 4))
Y = jax.random.randint(KEY, (8, 2), 0, 3)


def part(tree, number):
    return jax.tree.map(lambda leaf: leaf[number], tree)


def test_each_learns_as_it_does_alone():
    both = Learner(ensemble(ALONE, 2), summed_loss(cross_entropy), adam(0.01))
    one = Learner(ALONE, cross_entropy, adam(0.01))
    state = init_state(both, KEY, X)
    states = [State(part(state.params, n), one.optimizer.init(part(state.params, n)), state.step) for n in range(2)]
    for _ in range(3):
        state, error = step(both, state, Examples(X, Y))
        found = [step(one, states[n], Examples(X[:, n], Y[:, n])) for n in range(2)]
        states = [new for new, _ in found]
        np.testing.assert_allclose(error, sum(each for _, each in found), rtol=1e-5)
    for n in range(2):
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), part(state.params, n), states[n].params)


def test_they_start_unlike_and_answer_each_to_its_own_input():
    params = ensemble(ALONE, 2).init(KEY, X)
    assert not np.allclose(*params["layer_01"]["w"])
    scores = ensemble(ALONE, 2).apply(params, X)
    assert scores.shape == (8, 2, 3)
    for n in range(2):
        np.testing.assert_allclose(scores[:, n], ALONE.apply(part(params, n), X[:, n]), atol=1e-6)
    assert [layer.shape for layer in ensemble(ALONE, 2).layers(params, X)] == [(8, 2, 5), (8, 2, 3)]


def test_one_that_diverges_leaves_the_other_alone():
    both = Learner(ensemble(ALONE, 2), summed_loss(cross_entropy), adam(0.01))
    state, error = step(both, init_state(both, KEY, X), Examples(X.at[:, 0].set(jnp.nan), Y))
    assert not np.isfinite(error)
    assert np.isfinite(part(state.params, 1)["layer_01"]["w"]).all()
