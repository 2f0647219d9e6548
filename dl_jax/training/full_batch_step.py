"""Training steps of a learner whose optimizer is a full-batch method: a step is a pass over the training examples."""

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from dl_jax.data.dataset import Examples
from dl_jax.models.model import Key
from dl_jax.training import full_batch
from dl_jax.training.step import Learner, State, mean_loss


def init_state(learner: Learner, key: Key, train: Examples, steps: int) -> tuple[State, jax.Array]:
    """Return the state before the first of `steps` passes, and loss_T of that many entries.

    State.params are the weights of the last step that was wholly paid for, State.optimizer the method's newest `Point`,
    State.step the passes in the budget so far. loss_T is the objective at the weights that 1, 2, ... passes pay for.
    """
    params = learner.model.init(key, train.x[:1])
    w_P, unravel = ravel_pytree(params)
    descent = full_batch.start(learner.optimizer, lambda w_P: mean_loss(learner, unravel(w_P), train), w_P, steps)
    return State(params, descent.point, jnp.zeros((), jnp.int32)), descent.value_T


def take_passes(
    learner: Learner, state: State, loss_T: jax.Array, train: Examples, passes: jax.Array
) -> tuple[State, jax.Array]:
    """Spend `passes` (traced) more. Returns the new state, and loss_T with the new losses."""
    w_P, unravel = ravel_pytree(state.params)
    budget = state.step + passes
    descent = full_batch.advance(
        learner.optimizer,
        lambda w_P: mean_loss(learner, unravel(w_P), train),
        full_batch.Descent(state.optimizer, w_P, loss_T),
        budget,
    )
    return State(unravel(descent.w_P), descent.point, budget), descent.value_T
