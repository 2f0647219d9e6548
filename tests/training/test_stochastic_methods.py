"""Each stochastic method against optax's own, with and without a ridge."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.training.stochastic_methods import METHODS, stochastic

TWINS = {"SGD": optax.sgd, "SGD with momentum": lambda rate: optax.sgd(rate, momentum=0.9), "Adam": optax.adam}
START = {"w": np.array([1.0, -2.0], np.float32), "b": np.float32(0.5)}


def descend(optimizer, ridge=0.0, steps=5):
    def error(params):
        fall = jnp.sum(jnp.sin(params["w"]) + params["w"] ** 2) + params["b"] ** 2
        return fall + ridge / 2 * (jnp.sum(params["w"] ** 2) + params["b"] ** 2)

    params, memory = START, optimizer.init(START)
    for _ in range(steps):
        change, memory = optimizer.update(jax.grad(error)(params), memory, params)
        params = optax.apply_updates(params, change)
    return params


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("names", [tuple(METHODS), tuple(reversed(METHODS))])
def test_each_is_that_of_optax(name, names):
    found = descend(stochastic(names, jnp.asarray(names.index(name)), 0.05))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), found, descend(TWINS[name](0.05)))


def test_one_alone_needs_no_others():
    found = descend(stochastic(("SGD",), jnp.asarray(0), 0.05))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), found, descend(optax.sgd(0.05)))


def test_with_a_ridge_the_error_has_it_and_the_rate_falls():
    ridge, rate = 0.5, 0.1
    falling = optax.sgd(lambda t: rate / (1 + rate * ridge * t))
    found = descend(stochastic(("SGD",), jnp.asarray(0), rate, ridge))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), found, descend(falling, ridge))
