"""How often nets are right before they have learnt anything."""

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples
from dl_jax.measures.old_by_seed import at
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Key
from dl_jax.models.nonlinearities import one_of
from dl_jax.training.losses import accuracy

DRAWS = 100
"""Untrained nets of each kind at every seed."""


def by_chance(key: Key, hidden: tuple[int, ...], units: tuple[str, ...], test: Examples, classes: int) -> dict:
    """The accuracy of many untrained nets of each kind: its mean, above 1/K, and its standard deviation.

    Beside it the standard deviation of guesses, each example's category drawn by itself.
    """
    key_net, key_guess = jax.random.split(key)
    keys_R = jax.random.split(key_net, DRAWS)

    def right(unit):
        model = mlp(hidden, classes, one_of(units, unit))
        return jax.lax.map(lambda key: accuracy(model.apply(model.init(key, test.x), test.x), test.y), keys_R)

    right_UxR = jax.lax.map(right, jnp.arange(len(units)))
    guess_RxN = jax.random.randint(key_guess, (DRAWS, len(test.y)), 0, classes)
    return {
        at("above_chance", state="untrained", nonlinearity=units): jnp.mean(right_UxR, 1) - 1 / classes,
        at("spread", machine="net", nonlinearity=units): jnp.std(right_UxR, 1),
        at("spread", machine="guesses"): jnp.std(jnp.mean(guess_RxN == jnp.asarray(test.y)[None], 1)),
    }
