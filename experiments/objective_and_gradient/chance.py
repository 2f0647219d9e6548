"""Accuracy of untrained nets, and of guesses (statement 53)."""

import jax
import jax.numpy as jnp

from dl_jax.data.by_seed import BySeed, data_key
from dl_jax.data.dataset import Splits
from dl_jax.evidence.named import named
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Key
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.choices import choose
from dl_jax.training.losses import accuracy

DRAWS = 100
"""Untrained nets of each nonlinearity at every seed."""


def untrained_accuracy(
    key: Key, hidden: tuple[int, ...], units: tuple[str, ...], data: BySeed[Splits], classes: int
) -> dict:
    """Return the mean accuracy of many untrained nets, above 1 / classes, and its standard deviation over the nets.

    The standard deviation of guesses, independent for each example, is given as well.

    units: names of the nonlinearities.
    data:  draws the examples of the seed.
    """
    _, key_net, key_guess = jax.random.split(key, 3)
    test = data(data_key(key)).test
    keys_R = jax.random.split(key_net, DRAWS)
    options = [NONLINEARITIES[name] for name in units]

    def accuracies(unit):
        model = mlp(hidden, classes, choose(unit, options))
        return jax.lax.map(lambda key: accuracy(model.apply(model.init(key, test.x), test.x), test.y), keys_R)

    accuracy_UxR = jax.lax.map(accuracies, jnp.arange(len(units)))
    guess_RxN = jax.random.randint(key_guess, (DRAWS, len(test.y)), 0, classes)
    guessed_R = jnp.mean(guess_RxN == jnp.asarray(test.y)[None], 1)
    return {
        "above_chance": named(jnp.mean(accuracy_UxR, 1) - 1 / classes, nonlinearity=units, state="untrained"),
        "accuracy_std": [
            named(jnp.std(accuracy_UxR, 1), nonlinearity=units, method="net"),
            named(jnp.std(guessed_R), method="guesses"),
        ],
    }
