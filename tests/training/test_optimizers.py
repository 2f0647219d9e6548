"""The optimizers against their formulas, and weights that are frozen."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.training.optimizers import OPTIMIZERS, adam, annealed_adam, sgd, train_only

pytestmark = pytest.mark.usefixtures("quick_to_compile")

PARAMS = {
    "layer_01": {"w": jnp.ones((2, 3)), "b": jnp.zeros(3)},
    "layer_02": {"w": jnp.ones((3, 1)), "b": jnp.zeros(1)},
}
GRADIENTS = [jax.tree.map(lambda leaf, k=k: leaf + k, jax.tree.map(jnp.ones_like, PARAMS)) for k in (0.5, -3.0, 0.25)]


def after(optimizer, params=PARAMS):
    state = optimizer.init(params)
    for gradient in GRADIENTS:
        update, state = optimizer.update(gradient, state, params)
        params = optax.apply_updates(params, update)
    return params


def test_sgd_is_descent_with_momentum():
    w, v = 1.0, 0.0
    for g in (1.5, -2.0, 1.25):
        v = 0.9 * v + g
        w -= 0.1 * v
    np.testing.assert_allclose(after(sgd(0.1))["layer_01"]["w"], w, rtol=1e-6)


def test_adam_is_that_of_its_paper():
    w, m, v = 1.0, 0.0, 0.0
    for t, g in enumerate((1.5, -2.0, 1.25), 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= 0.1 * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)) ** 0.5 + 1e-8)
    np.testing.assert_allclose(after(adam(0.1))["layer_01"]["w"], w, rtol=1e-5)


def test_an_annealed_rate_falls_to_0_along_half_a_cosine():
    w, m, v = 1.0, 0.0, 0.0
    for t, g in enumerate((1.5, -2.0, 1.25), 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        rate = 0.1 * (1 + np.cos(np.pi * min((t - 1) / 2, 1))) / 2  # after two steps it is 0
        w -= rate * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)) ** 0.5 + 1e-8)
    found = jax.jit(lambda rate: after(annealed_adam(rate, 2)))(jnp.float32(0.1))
    np.testing.assert_allclose(found["layer_01"]["w"], w, rtol=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_rate_may_be_traced(name):
    rule = OPTIMIZERS[name]
    traced = jax.jit(lambda rate: after(rule(rate)))(jnp.float32(0.1))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), traced, after(rule(0.1)))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_does_not_learn_is_frozen_and_nothing_else_is(name):
    optimizer = OPTIMIZERS[name](0.1)
    frozen = after(train_only(optimizer, lambda path: path[0].key == "layer_02"))
    jax.tree.map(np.testing.assert_array_equal, frozen["layer_01"], PARAMS["layer_01"])
    jax.tree.map(np.testing.assert_array_equal, frozen["layer_02"], after(optimizer)["layer_02"])
    assert not np.allclose(frozen["layer_02"]["w"], PARAMS["layer_02"]["w"])


def test_what_learns_may_be_traced_and_be_a_single_leaf():
    def only(index):
        leaves = [("layer_01", "w"), ("layer_02", "b")]

        def learns(path):
            leaf = tuple(key.key for key in path)
            return jnp.array([leaf == each for each in leaves])[index]

        return after(train_only(sgd(0.1), learns))

    found = jax.vmap(only)(jnp.array([0, 1]))
    moved = jax.tree.map(lambda leaf, first: [bool(np.any(each != first)) for each in leaf], found, PARAMS)
    assert moved == {
        "layer_01": {"w": [True, False], "b": [False, False]},
        "layer_02": {"w": [False, False], "b": [False, True]},
    }


def test_a_held_weight_stays_still_though_its_gradient_is_not_finite():
    optimizer = train_only(sgd(0.1), lambda path: path[0].key == "layer_02")
    gradient = jax.tree.map(lambda leaf: leaf * jnp.nan, PARAMS)
    update, _ = optimizer.update(gradient, optimizer.init(PARAMS), PARAMS)
    jax.tree.map(lambda leaf: np.testing.assert_array_equal(leaf, 0.0), update["layer_01"])
