"""A choice by a traced index is the chosen thing: functions, numbers, NamedTuples of them, optimizers."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.choices import choose


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_nonlinearity_with_its_gain(index):
    options = [NONLINEARITIES[name] for name in ("tanh", "relu", "identity")]
    z = jnp.linspace(-2, 2, 9)

    @jax.jit
    def chosen(index):
        f, gain = choose(index, options)
        return f(z), gain

    y, gain = chosen(index)
    np.testing.assert_allclose(y, options[index].f(z), rtol=1e-6)
    assert gain == pytest.approx(options[index].gain)


def test_one_option_is_that_option_and_nothing_is_traced():
    assert choose(jnp.int32(0), [NONLINEARITIES["relu"]]) is NONLINEARITIES["relu"]


def test_functions_are_chosen_trial_by_trial_under_vmap():
    options, z_R = [NONLINEARITIES[name].f for name in ("identity", "relu")], jnp.array([-1.0, -1.0, 2.0])
    y_R = jax.vmap(lambda index, z: choose(index, options)(z))(jnp.array([0, 1, 1]), z_R)
    np.testing.assert_array_equal(y_R, [-1.0, 0.0, 2.0])


@pytest.mark.parametrize("index", [0, 1])
def test_an_optimizer_with_its_own_state(index):
    options = [optax.sgd(0.1, momentum=0.9), optax.adam(0.01)]
    params, gradients = {"w": jnp.ones(3)}, [{"w": jnp.array([1.0, -2.0, 3.0])}, {"w": jnp.array([0.5, 0.5, -1.0])}]

    def trained(optimizer):
        state, found = optimizer.init(params), params
        for gradient in gradients:
            updates, state = optimizer.update(gradient, state, found)
            found = optax.apply_updates(found, updates)
        return found["w"]

    np.testing.assert_allclose(
        jax.jit(lambda index: trained(choose(index, options)))(index), trained(options[index]), rtol=1e-6
    )
