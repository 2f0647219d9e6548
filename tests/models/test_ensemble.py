"""The members of an ensemble compute and train exactly as they do alone."""

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

SINGLE = mlp((5,), 3, NONLINEARITIES["tanh"])
KEY = jax.random.key(0)
X = jax.random.normal(KEY, (8, 2, 4))
Y = jax.random.randint(KEY, (8, 2), 0, 3)


def member(tree, number):
    return jax.tree.map(lambda leaf: leaf[number], tree)


def test_each_member_trains_as_it_does_alone():
    both = Learner(ensemble(SINGLE, 2), summed_loss(cross_entropy), adam(0.01))
    one = Learner(SINGLE, cross_entropy, adam(0.01))
    state = init_state(both, KEY, X)
    states = [State(member(state.params, n), one.optimizer.init(member(state.params, n)), state.step) for n in range(2)]
    for _ in range(3):
        state, loss = step(both, state, Examples(X, Y))
        updates = [step(one, states[n], Examples(X[:, n], Y[:, n])) for n in range(2)]
        states = [new for new, _ in updates]
        np.testing.assert_allclose(loss, sum(single_loss for _, single_loss in updates), rtol=1e-5)
    for n in range(2):
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), member(state.params, n), states[n].params
        )


def test_members_have_different_initial_weights_and_their_own_inputs():
    params = ensemble(SINGLE, 2).init(KEY, X)
    assert not np.allclose(*params["layer_01"]["w"])
    scores = ensemble(SINGLE, 2).apply(params, X)
    assert scores.shape == (8, 2, 3)
    for n in range(2):
        np.testing.assert_allclose(scores[:, n], SINGLE.apply(member(params, n), X[:, n]), atol=1e-6)
    assert [layer.shape for layer in ensemble(SINGLE, 2).layers(params, X)] == [(8, 2, 5), (8, 2, 3)]


def test_a_diverging_member_does_not_affect_the_other():
    both = Learner(ensemble(SINGLE, 2), summed_loss(cross_entropy), adam(0.01))
    state, loss = step(both, init_state(both, KEY, X), Examples(X.at[:, 0].set(jnp.nan), Y))
    assert not np.isfinite(loss)
    assert np.isfinite(member(state.params, 1)["layer_01"]["w"]).all()
