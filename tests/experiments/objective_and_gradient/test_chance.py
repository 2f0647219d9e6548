"""Untrained nets and guesses, whose accuracy follows from probability."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples
from dl_jax.evidence.records import measured
from experiments.objective_and_gradient.chance import untrained_accuracy

UNITS = ("relu", "tanh")


def test_on_equal_examples_a_net_gives_one_answer_and_is_right_on_all_or_none():
    """With four classes and equal inputs, the accuracy is 1 for a quarter of the nets and 0 for the others."""
    test = Examples(jnp.ones((50, 3)), jnp.zeros(50, jnp.int32))
    records = measured(jax.jit(lambda key: untrained_accuracy(key, (8,), UNITS, test, 4))(jax.random.key(0)))
    assert records.axis("nonlinearity") == UNITS
    above_U = records.values("above_chance", state="untrained")
    std_U = records.values("accuracy_std", method="net")
    assert above_U.shape == std_U.shape == (2,)
    np.testing.assert_allclose(above_U, 0, atol=0.15)  # 100 nets, each with a standard deviation of 0.43
    np.testing.assert_allclose(std_U, np.sqrt(3) / 4, atol=0.06)


def test_guesses_vary_as_a_binomial_does():
    test = Examples(jnp.ones((400, 3)), jnp.zeros(400, jnp.int32))
    records = measured(untrained_accuracy(jax.random.key(1), (8,), UNITS, test, 10))
    assert abs(records.values("accuracy_std", method="guesses")[0] - 0.015) < 0.003
