"""What knobs and small steps do around a net's weights, untrained and trained, as numbers at one seed."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples
from dl_jax.measures.old_by_seed import at
from dl_jax.measures.weight_space import STATES, flatten_params, params_before_and_after
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Key, Params
from dl_jax.models.nonlinearities import one_of
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner
from experiments.objective_and_gradient import single_parameters as knobs
from experiments.objective_and_gradient import steepest

RATE, SOME, FEWER = 0.01, 64, 16
"""The rate of the training; examples over which the error is averaged; examples whose scores are watched."""
KNOBS, PIECES, APART, NOTCH = 8, 512, (1, 2, 4), 0.25
"""Weights turned from 1 below to 1 above, in pieces; how far apart jumps are read; the notches of switches."""
TURNS = tuple(2 * apart / PIECES for apart in APART)
GROWN = (1e-7, 1e-5, 1e-3, 1e-1, 1.0)
"""How much a weight grows; the first is tiny."""
TINY, LENGTHS = 1e-6, (1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Lengths of steps in the space of all weights: where only slopes count, and on from there."""
NEAR, FEW = 0.1, 200
"""Radians from the negative gradient to the directions near it; how many of these, and how many at LENGTHS."""


def small_steps(
    key: Key,
    hidden: tuple[int, ...],
    units: tuple[str, ...],
    train: Examples,
    classes: int,
    steps: int,
    directions: int,
) -> dict:
    """All of this for a net of each nonlinearity, at its first weights and at those after so many steps.

    directions: how many, drawn anywhere, are held against the negative gradient.
    """
    train = Examples(jnp.asarray(train.x, float), jnp.asarray(train.y))
    some = Examples(train.x[:SOME], train.y[:SOME])
    key_train, key_knobs, key_steps = jax.random.split(key, 3)

    def of_net(unit):
        learner = Learner(mlp(hidden, classes, one_of(units, unit)), cross_entropy, sgd(RATE))
        weights = params_before_and_after(learner, key_train, train, steps)

        def at_weights(params):
            found = of_knobs(learner, params, some, key_knobs) | of_derivatives(learner, params, some)
            return found | of_steps(learner, params, some, key_steps, directions)

        by_state = jax.tree.map(lambda *leaves: jnp.stack(leaves), *weights.values())
        settled = of_weights(learner, one_of(units, unit).f, weights, some)
        return settled, jax.vmap(at_weights)(by_state)

    # One program for all units: it is compiling that takes time.
    settled, found = jax.lax.map(of_net, jnp.arange(len(units)))
    own = {at(name, nonlinearity=units, **dict(axes)): value for (name, axes), value in settled.items()}
    axes_of_all = {"nonlinearity": units, "state": STATES}
    return own | {at(name, **axes_of_all, **dict(axes)): value for (name, axes), value in found.items()}


def of_weights(learner: Learner, f: Callable, weights: dict[str, Params], some: Examples) -> dict:
    """How far scores are from those of other code, given all weights of the trained net or all but a layer's (56)."""
    untrained, trained = weights.values()
    scores, (first, *_, last) = learner.model.apply(trained, some.x), sorted(trained)
    given = {"none": trained, "the first": trained | {first: untrained[first]}}
    given["the last"] = trained | {last: untrained[last]}
    return {
        at("unlike_elsewhere", left_behind=left): knobs.largest_miss(knobs.scores_elsewhere(params, some.x, f), scores)
        for left, params in given.items()
    }


def of_knobs(learner: Learner, params: Params, some: Examples, key: Key) -> dict:
    """How far scores jump as single weights are turned; and where weights catch in notches (56)."""
    w_P, unravel, _ = flatten_params(learner, params, some)
    knob_K = jax.random.randint(key, (KNOBS,), 0, w_P.size)

    def scores(w_P):
        return learner.model.apply(unravel(w_P), some.x[:FEWER])

    return {
        at("largest_jump", knobs=kind, turn=TURNS): knobs.largest_jumps(machine, w_P, knob_K, PIECES, APART)
        for kind, machine in {"real": scores, "catching": knobs.catching(scores, NOTCH)}.items()
    }


def of_derivatives(learner: Learner, params: Params, some: Examples) -> dict:
    """How well each weight's derivative tells what the error does as it grows; and other derivatives (58)."""
    w_P, _, error = flatten_params(learner, params, some)
    *_, error_of_half = flatten_params(learner, params, Examples(some.x[::2], some.y[::2]))
    own_P = jax.grad(error)(w_P)
    told = {"its own": own_P, "the next one's": jnp.roll(own_P, 1), "half the examples'": jax.grad(error_of_half)(w_P)}
    growth_TxP = knobs.growth(error, w_P, jnp.asarray(GROWN))
    return {
        at("miss", told=name, step=GROWN): jax.vmap(
            lambda growth_P, told_P=told_P: knobs.largest_miss(told_P, growth_P)
        )(growth_TxP)
        for name, told_P in told.items()
    }


def of_steps(learner: Learner, params: Params, some: Examples, key: Key, directions: int) -> dict:
    """What steps against, along and across the gradient do to the error (59), and which other ones are better (61)."""
    w_P, _, error = flatten_params(learner, params, some)
    gradient_P = jax.grad(error)(w_P)
    size, down_P = jnp.linalg.norm(gradient_P), -steepest.unit(gradient_P)
    key_many, key_few, key_one = jax.random.split(key, 3)
    many_N, few_N = jax.random.split(key_many, directions), jax.random.split(key_few, FEW)
    anywhere, near = steepest.anywhere(w_P.size), steepest.tilted(down_P, NEAR)
    length_T = jnp.asarray((TINY, *LENGTHS))
    way_3xP = jnp.stack([down_P, -down_P, steepest.tilted(down_P, np.pi / 2)(key_one)])
    slope_3xT = steepest.changes(error, w_P, way_3xP, length_T) / (size * length_T)[None]
    found = {at("slope", way=("against", "along", "across"), length=(TINY, *LENGTHS)): slope_3xT}
    for among, draw, keys_N in (("anywhere", anywhere, many_N), ("near", near, few_N)):
        leader_2xP = jnp.stack([down_P, draw(key_one)])
        count_2x1 = steepest.better(error, w_P, leader_2xP, draw, keys_N, length_T[:1])
        found[at("better", among=among, leader=("negative gradient", "one of them"))] = count_2x1
    few_1xT = steepest.better(error, w_P, down_P[None], anywhere, few_N, length_T[1:])
    return found | {at("share_better", length=LENGTHS): few_1xT / FEW}
