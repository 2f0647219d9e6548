"""Metrics around the weights of a net, untrained and trained: single parameters, derivatives, and small steps."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.by_seed import BySeed, data_key
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.named import named
from dl_jax.measures.weight_space import STATES, flatten_params, params_before_and_after
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Key, Params
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.choices import choose
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner
from experiments.objective_and_gradient.single_parameters import (
    difference_quotients,
    flax_scores,
    largest_error,
    largest_jumps,
    quantized,
)
from experiments.objective_and_gradient.steepest import (
    any_direction,
    count_better,
    direction_at_angle,
    loss_changes,
    unit,
)

LEARNING_RATE, TRAINED_STEPS = 0.01, 300
LOSS_EXAMPLES = 64
"""Examples over which the loss is averaged."""
SCORE_EXAMPLES = 16
"""Examples whose scores are compared."""
PARAMETERS = 8
"""Parameters that are moved, from 1 below their value to 1 above."""
INTERVALS = 512
STRIDES = (1, 2, 4)
"""Distances, in intervals, at which jumps of the scores are measured."""
JUMP_CHANGES = tuple(2 * stride / INTERVALS for stride in STRIDES)
"""The same distances as changes of the parameter."""
SPACING = 0.25
"""Spacing of the quantized weights of the control."""
CHANGES = (1e-8, 1e-5, 1e-3, 1e-1, 1.0)
"""Changes of a parameter that are compared with its derivative; the first is tiny.

So tiny that hardly ever a kink of relu lies within: at 1e-7 that would be so at one seed in several hundred.
"""
TINY = 1e-7
"""Length of a step in the space of all weights at which only the slope counts, for the same reason."""
LENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Longer steps."""
NEAR = 0.1
"""Radians from the negative gradient to the directions near it."""
FEW = 200
"""Directions near the negative gradient, and directions that are tried at each of LENGTHS."""
UNTRAINED_LAYERS = ("none", "first", "last")
PARAMETER_KINDS = ("real", "quantized")
DERIVATIVES = ("own", "of the next parameter", "of half the examples")
WAYS = ("against", "along", "across")
AMONG = ("any direction", "near directions")
REFERENCES = ("negative gradient", "one of them")


def small_steps(
    key: Key,
    hidden: tuple[int, ...],
    units: tuple[str, ...],
    data: BySeed[Splits],
    classes: int,
    directions: int,
) -> dict:
    """Return all metrics for a net of each nonlinearity, before and after training.

    units:      names of the nonlinearities.
    data:       draws the examples of the seed.
    directions: drawn uniformly, to be compared with the negative gradient.
    """
    _, key_train, key_parameters, key_steps = jax.random.split(key, 4)
    train = data(data_key(key)).train
    train = Examples(jnp.asarray(train.x, float), jnp.asarray(train.y))
    examples = Examples(train.x[:LOSS_EXAMPLES], train.y[:LOSS_EXAMPLES])
    options = [NONLINEARITIES[name] for name in units]

    def of_net(index):
        nonlinearity = choose(index, options)
        learner = Learner(mlp(hidden, classes, nonlinearity), cross_entropy, sgd(LEARNING_RATE))
        weights = params_before_and_after(learner, key_train, train, TRAINED_STEPS)

        def at_weights(params):
            return (
                of_parameters(learner, params, examples, key_parameters),
                of_derivatives(learner, params, examples),
                *of_steps(learner, params, examples, key_steps, directions),
            )

        by_state = jax.tree.map(lambda *leaves: jnp.stack(leaves), *weights.values())
        return of_weights(learner, nonlinearity.f, weights, examples), jax.vmap(at_weights)(by_state)

    # One program serves all nonlinearities, since most of the time goes into compiling.
    flax_error, (jump, error, slope, count, share) = jax.lax.map(of_net, jnp.arange(len(units)))
    axes = {"nonlinearity": units, "state": STATES}
    return {
        "flax_error": named(flax_error, nonlinearity=units, untrained_layer=UNTRAINED_LAYERS),
        "largest_jump": named(jump, **axes, parameters=PARAMETER_KINDS, change=JUMP_CHANGES),
        "derivative_error": named(error, **axes, derivative=DERIVATIVES, change=CHANGES),
        "slope": named(slope, **axes, way=WAYS, length=(TINY, *LENGTHS)),
        "better_directions": named(count, **axes, among=AMONG, reference=REFERENCES),
        "share_better": named(share, **axes, length=LENGTHS),
    }


def of_weights(learner: Learner, f: Callable, weights: dict[str, Params], examples: Examples) -> jax.Array:
    """Return the error of flax's scores with all trained weights, and with one layer's untrained (statement 56).

    The result has an entry for each of UNTRAINED_LAYERS.
    """
    untrained, trained = weights.values()
    scores, (first, *_, last) = learner.model.apply(trained, examples.x), sorted(trained)
    mixed = (trained, trained | {first: untrained[first]}, trained | {last: untrained[last]})
    return jnp.stack([largest_error(flax_scores(params, examples.x, f), scores) for params in mixed])


def of_parameters(learner: Learner, params: Params, examples: Examples, key: Key) -> jax.Array:
    """Return the largest jump of a score for each of PARAMETER_KINDS and JUMP_CHANGES (statement 56)."""
    w_P, unravel, _ = flatten_params(learner, params, examples)
    index_K = jax.random.randint(key, (PARAMETERS,), 0, w_P.size)

    def scores(w_P):
        return learner.model.apply(unravel(w_P), examples.x[:SCORE_EXAMPLES])

    kinds = (scores, quantized(scores, SPACING))
    return jnp.stack([largest_jumps(kind, w_P, index_K, INTERVALS, STRIDES) for kind in kinds])


def of_derivatives(learner: Learner, params: Params, examples: Examples) -> jax.Array:
    """Return the error of each of DERIVATIVES against the difference quotients of CHANGES (statement 58)."""
    w_P, _, loss = flatten_params(learner, params, examples)
    *_, loss_of_half = flatten_params(learner, params, Examples(examples.x[::2], examples.y[::2]))
    own_P = jax.grad(loss)(w_P)
    derivatives = (own_P, jnp.roll(own_P, 1), jax.grad(loss_of_half)(w_P))
    quotient_TxP = difference_quotients(loss, w_P, jnp.asarray(CHANGES))
    return jnp.stack(
        [
            jax.vmap(lambda quotient_P, derivative_P=derivative_P: largest_error(derivative_P, quotient_P))(
                quotient_TxP
            )
            for derivative_P in derivatives
        ]
    )


def of_steps(
    learner: Learner, params: Params, examples: Examples, key: Key, directions: int
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return slopes along WAYS (statement 59), and how many and what share of directions are better (statement 61)."""
    w_P, _, loss = flatten_params(learner, params, examples)
    gradient_P = jax.grad(loss)(w_P)
    size, down_P = jnp.linalg.norm(gradient_P), -unit(gradient_P)
    key_many, key_few, key_one = jax.random.split(key, 3)
    many_N, few_N = jax.random.split(key_many, directions), jax.random.split(key_few, FEW)
    draw_any, draw_near = any_direction(w_P.size), direction_at_angle(down_P, NEAR)
    length_T = jnp.asarray((TINY, *LENGTHS))
    way_3xP = jnp.stack([down_P, -down_P, direction_at_angle(down_P, np.pi / 2)(key_one)])
    slope_3xT = loss_changes(loss, w_P, way_3xP, length_T) / (size * length_T)[None]
    counts = []
    for draw, keys_N in ((draw_any, many_N), (draw_near, few_N)):
        reference_2xP = jnp.stack([down_P, draw(key_one)])
        counts.append(count_better(loss, w_P, reference_2xP, draw, keys_N, length_T[:1])[:, 0])
    few_T = count_better(loss, w_P, down_P[None], draw_any, few_N, length_T[1:])[0]
    return slope_3xT, jnp.stack(counts), few_T / FEW
