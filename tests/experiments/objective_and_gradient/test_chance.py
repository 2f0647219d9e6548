"""Untrained nets and guesses, whose accuracy follows from probability."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.by_seed import as_by_seed
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import measured
from experiments.objective_and_gradient.chance import untrained_accuracy

UNITS = ("relu", "tanh")


def equal_examples(count):
    """The same test examples at every seed, all of class 0."""
    test = Examples(jnp.ones((count, 3)), jnp.zeros(count, jnp.int32))
    return as_by_seed(Splits(test, test, test))


def test_on_equal_examples_a_net_gives_one_answer_and_is_right_on_all_or_none():
    """With four classes and equal inputs, the accuracy is 1 for a quarter of the nets and 0 for the others."""
    data = equal_examples(50)
    records = measured(jax.jit(lambda key: untrained_accuracy(key, (8,), UNITS, data, 4))(jax.random.key(0)))
    assert records.axis("nonlinearity") == UNITS
    above_U = records.values("above_chance", state="untrained")
    std_U = records.values("accuracy_std", method="net")
    assert above_U.shape == std_U.shape == (2,)
    np.testing.assert_allclose(above_U, 0, atol=0.15)  # 100 nets, each with a standard deviation of 0.43
    np.testing.assert_allclose(std_U, np.sqrt(3) / 4, atol=0.06)


def test_guesses_vary_as_a_binomial_does():
    records = measured(untrained_accuracy(jax.random.key(1), (8,), UNITS, equal_examples(400), 10))
    assert abs(records.values("accuracy_std", method="guesses")[0] - 0.015) < 0.003
