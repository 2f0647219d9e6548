"""Each stochastic method against optax's own, with and without a ridge."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.training.stochastic_methods import METHODS, stochastic

EXPECTED = {
    "SGD": optax.sgd,
    "SGD with momentum": lambda learning_rate: optax.sgd(learning_rate, momentum=0.9),
    "Adam": optax.adam,
}
START = {"w": np.array([1.0, -2.0], np.float32), "b": np.float32(0.5)}


def descend(optimizer, ridge=0.0, steps=5):
    def loss(params):
        without = jnp.sum(jnp.sin(params["w"]) + params["w"] ** 2) + params["b"] ** 2
        return without + ridge / 2 * (jnp.sum(params["w"] ** 2) + params["b"] ** 2)

    params, state = START, optimizer.init(START)
    for _ in range(steps):
        update, state = optimizer.update(jax.grad(loss)(params), state, params)
        params = optax.apply_updates(params, update)
    return params


@pytest.mark.parametrize("name", METHODS)
def test_each_is_that_of_optax(name):
    found, expected = descend(stochastic(METHODS[name], 0.05)), descend(EXPECTED[name](0.05))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), found, expected)


def test_with_a_ridge_the_loss_has_it_and_the_learning_rate_falls():
    ridge, learning_rate = 0.5, 0.1
    expected = optax.sgd(lambda t: learning_rate / (1 + learning_rate * ridge * t))
    found = descend(stochastic(METHODS["SGD"], learning_rate, ridge))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), found, descend(expected, ridge))


def test_the_learning_rate_may_be_traced():
    found = jax.jit(lambda learning_rate: descend(stochastic(METHODS["Adam"], learning_rate)))(0.05)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), found, descend(optax.adam(0.05)))
