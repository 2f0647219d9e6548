"""Untrained nets and guesses, whose accuracy probability tells."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples
from dl_jax.measures.old_by_seed import at
from experiments.objective_and_gradient.chance import by_chance

UNITS = ("relu", "tanh")


def test_on_alike_examples_a_net_has_one_answer_and_accuracy_is_all_or_nothing():
    """Ten categories, one input: the accuracy of a net is its answer's share, here 1 for one category in four."""
    test = Examples(jnp.ones((50, 3)), jnp.zeros(50, jnp.int32))
    found = jax.jit(lambda key: by_chance(key, (8,), UNITS, test, 4))(jax.random.key(0))
    above_U = found[at("above_chance", state="untrained", nonlinearity=UNITS)]
    spread_U = found[at("spread", machine="net", nonlinearity=UNITS)]
    assert above_U.shape == spread_U.shape == (2,)
    np.testing.assert_allclose(above_U, 0, atol=0.15)  # 100 nets, each with a standard deviation of 0.43
    np.testing.assert_allclose(spread_U, np.sqrt(3) / 4, atol=0.06)


def test_guesses_vary_as_a_binomial_does():
    test = Examples(jnp.ones((400, 3)), jnp.zeros(400, jnp.int32))
    found = by_chance(jax.random.key(1), (8,), UNITS, test, 10)
    assert abs(float(found[at("spread", machine="guesses")]) - 0.015) < 0.003
