"""Counting the weights that a step moves: each that changes, none that does not, and the least of all steps."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from experiments.hundreds_of_millions.moved import watched

PARAMS = {"a": jnp.ones((3, 4)), "b": jnp.zeros(5)}


def after(gradients, optimizer=None):
    watching = watched(optimizer or optax.sgd(1.0))
    state, params = watching.init(PARAMS), PARAMS
    for gradient in gradients:
        change, state = jax.jit(watching.update)(gradient, state, params)
        params = optax.apply_updates(params, change)
    return params, state


def one(**parts):
    return {name: jnp.zeros_like(w).at[parts.get(name, ())].set(1.0) for name, w in PARAMS.items()} | {
        name: jnp.zeros_like(w) for name, w in PARAMS.items() if name not in parts
    }


def test_before_any_step_there_is_no_count():
    assert watched(optax.sgd(1.0)).init(PARAMS).fewest == np.inf


def test_what_moves_is_counted_over_all_layers_and_the_fewest_kept():
    every = jax.tree.map(jnp.ones_like, PARAMS)
    assert after([every])[1].fewest == 17
    assert after([every, one(a=0), every])[1].fewest == 4
    assert after([one(a=(0, 1), b=slice(3))])[1].fewest == 4
    assert after([jax.tree.map(jnp.zeros_like, PARAMS)])[1].fewest == 0


def test_a_move_that_is_lost_in_rounding_is_none():
    tiny = jax.tree.map(lambda w: jnp.full_like(w, 1e-9), PARAMS)
    assert after([tiny])[1].fewest == 5  # the zeros move, the ones do not


@pytest.mark.parametrize("optimizer", [optax.sgd(0.1), optax.adam(0.1)])
def test_the_steps_are_those_of_the_optimizer(optimizer):
    gradients = [jax.tree.map(lambda w, by=by: w + by, PARAMS) for by in (1.0, -2.0)]
    params, state = PARAMS, optimizer.init(PARAMS)
    for gradient in gradients:
        change, state = optimizer.update(gradient, state, params)
        params = optax.apply_updates(params, change)
    seen, watching = after(gradients, optimizer)
    for ours, plain in zip(*map(jax.tree.leaves, ((seen, watching.inner), (params, state))), strict=True):
        assert np.allclose(ours, plain)
