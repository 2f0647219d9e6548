"""Receptive fields of every module of a net: by the formula, and by the gradients of the net and of controls."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import spread_subset
from dl_jax.evidence.named import array, named
from dl_jax.evidence.records import Records, measured
from dl_jax.measures.receptive_fields import (
    fields,
    fields_ignoring_strides,
    middle_fields,
    modules_of,
    radius,
    random_radius,
    side_containing,
    squared_gradients,
    uniform_radius,
)
from dl_jax.models.convnet import Stage
from dl_jax.models.feature_maps import feature_maps, module_names
from dl_jax.models.model import Params
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import accuracy
from dl_jax.training.programs import Run

STATES = ("untrained", "trained")
TEST, GRADIENT_TEST = 2000, 128
"""Test pictures, at most: for the accuracy, and for the mean of the squared gradients."""


def evaluate(net: Sequence[Stage], run: Run):
    """Metrics of each module L of the net, for pictures x_BxHxWxC of side H = W. Sides and radii are in pixels.

    By the gradient of random weights without a nonlinearity: pixels_off_formula, also for a formula that ignores the
    strides (a control). Before and after training: radius, side_of_95_percent, and the squared
    gradients `field` as arrays; then share_off_formula of the trained field. "only centres" has the same weights with
    kernels of 1.
    """
    x_BxHxWxC, test = spread_subset(run.splits.test, GRADIENT_TEST).x, spread_subset(run.splits.test, TEST)
    side, modules = x_BxHxWxC.shape[1], module_names(net)
    layers, units_L = modules_of(net, side)
    formula = fields(layers)
    middle_L, inside_LxHxW = middle_fields(formula, units_L, side)
    _, ignoring_LxHxW = middle_fields(fields_ignoring_strides(layers), units_L, side)

    def gradients(params, net=net, at=middle_L, nonlinearity="relu", pooling="max"):
        maps = partial(feature_maps, net, NONLINEARITIES[nonlinearity], params, pooling=pooling)
        return squared_gradients(maps, at, x_BxHxWxC, run.key)

    # A weight above an inactive rectifier, or below a maximum that it does not win, has no gradient: only a linear
    # net with mean pooling shows all pixels.
    linear_LxHxW = gradients(run.init_params, nonlinearity="identity", pooling="mean") > 0
    field_2xLxHxW = [gradients(run.init_params), gradients(run.params)]
    trained_LxHxW = field_2xLxHxW[1]
    total_L = jnp.sum(trained_LxHxW, (1, 2)) + 1e-30
    centres_LxHxW = gradients(centres(run.params), only_centres(net), [side // 2] * len(net))

    def by_module(value_L, **at):
        return named(jnp.asarray(value_L), module=modules, **at)

    def both_formulas(count):
        return [by_module(count(inside_LxHxW), strides="counted"), by_module(count(ignoring_LxHxW), strides="ignored")]

    def by_state(measure, **at):
        values = zip(STATES, field_2xLxHxW, strict=True)
        return [by_module(jax.vmap(measure)(field_LxHxW), state=state, **at) for state, field_LxHxW in values]

    return {
        "test_accuracy": accuracy(run.learner.model.apply(run.params, test.x), test.y),
        "pixels_off_formula": both_formulas(lambda where_LxHxW: jnp.sum(linear_LxHxW != where_LxHxW, (1, 2))),
        "share_off_formula": both_formulas(lambda where_LxHxW: jnp.sum(trained_LxHxW * ~where_LxHxW, (1, 2)) / total_L),
        "radius": [
            *by_state(radius, kernels="all"),
            named(
                jax.vmap(radius)(centres_LxHxW), module=convolutions(modules), state="trained", kernels="only centres"
            ),
        ],
        "side_of_95_percent": by_state(side_containing),
        "field": [
            array(jnp.moveaxis(field_LxHxW, 0, -1), "row", "column", module=modules, state=state)
            for state, field_LxHxW in zip(STATES, field_2xLxHxW, strict=True)
        ],
    }


def by_formula(net: Sequence[Stage], side: int) -> Records:
    """Facts about each module for pictures of this side: formula_side, also with kernels of 1 and no pooling (a
    control), formula_start (the first pixel of the middle unit's square), formula_radius (of a square whose pixels
    count alike), random_radius (of random weights)."""
    modules, (layers, units_L) = module_names(net), modules_of(net, side)
    formula = fields(layers)
    _, inside_LxHxW = middle_fields(formula, units_L, side)
    facts_L = {
        "formula_start": np.argmax(np.any(inside_LxHxW, 1), 1),
        "formula_radius": [uniform_radius(field.side) for field in formula],
        "random_radius": random_radius(layers),
    }
    points = fields(modules_of(only_centres(net), side)[0])
    sides = [
        named(np.asarray([field.side for field in each]), module=names, kernels=kernels)
        for kernels, names, each in (("all", modules, formula), ("only centres", convolutions(modules), points))
    ]
    facts = {name: named(np.asarray(fact_L), module=modules) for name, fact_L in facts_L.items()}
    return measured(facts | {"formula_side": sides})


def only_centres(net: Sequence[Stage]) -> tuple[Stage, ...]:
    """The same stages with kernels of 1 and no pooling."""
    return tuple(stage._replace(kernel=1, pool=1) for stage in net)


def convolutions(modules: Sequence[str]) -> list[str]:
    """The modules that are left of a net without pooling."""
    return [name for name in modules if name.startswith("convolution")]


def centres(params: Params) -> Params:
    """The same weights with kernels of 1: only the middle of each kernel is left."""
    middles = {
        name: layer | {"w": layer["w"][len(layer["w"]) // 2, len(layer["w"]) // 2][None, None]}
        for name, layer in params.items()
        if name.startswith("conv")
    }
    return params | middles
