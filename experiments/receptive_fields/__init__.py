"""The higher a layer, the larger its receptive field (statement 23; notes in section II).

What it says   Each layer adds (kernel size - 1) times the product of the strides below it to the side of the square
               of pixels that a unit can see.
Refuted if     the pixels with a gradient are others than those of the formula, in a net of random weights without a
               nonlinearity, or if a trained net answers to any outside of it; if from one layer to the next the
               square, or the root mean square radius of the squared gradient, does not grow
Counter        what counts in the square is far smaller than the square; and learning does not widen it: the growth
               is that of kernels and strides, untrained nets have it too
Run            bash launch/local.sh receptive_fields --dataset=cifar10_jpeg --manual_dir=DIR
Takes          45 s on 2 CPU cores, 60 s on an accelerator
Left open      the paper names no net; this one has kernels of 5 and 3 and two poolings. The effective field is that of
               Luo, Li, Urtasun & Zemel (2016), by the unit in the middle, summed over maps and averaged over test
               pictures. Without the strides, or with kernels of 1 and no pooling, nothing of this may hold
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data import catalog
from dl_jax.data.dataset import spread_subset
from dl_jax.errors import DataError
from dl_jax.evidence.criteria import Criterion, below, exceeds, identity
from dl_jax.evidence.records import Missing, Records
from dl_jax.measures.pictures import as_pictures
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
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.feature_maps import feature_maps, module_names
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.old_sweep import grid, sweep
from dl_jax.training.optimizers import adam
from dl_jax.training.step import Learner
from experiments.receptive_fields import figures as receptive

TEST = 2000
"""Test pictures for the accuracy, at most."""
LOOKED_AT = 128
"""Test pictures over which a squared gradient is averaged."""
NONE = 1e-9
"""Pixels, or a share of the gradient: an exact fact."""
GROWS = 0.05
"""Pixels from a layer to the next; less is no growth. A pooling of 2 adds 0.12 to the radius of random weights here."""
SMALLER, WIDER = 0.8, 1.05
"""Of the radius that the formula's square has: far smaller below this; of the untrained radius: wider above this."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("canids", f"pictures: {', '.join(catalog.NAMES)}, or your own file.npz of square images")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each data set")
    maps: int = flag(16, "maps of each convolution", at_least=1)
    steps: int = flag(400, "training steps of 32 examples", at_least=1)
    learning_rate: float = flag(0.002, "of Adam", above=0)


PRESETS = {"smoke": {"seeds": 2, "maps": 4, "steps": 8}, "accelerator": {"seeds": 20, "maps": 64, "steps": 4000}}
SECONDS = {"smoke": 12, "laptop": 45, "accelerator": 60}


def stages(count):
    """Kernels 5, 3, 3, 3, and pooling after the first and the third: fields of 5, 6, 10, 14, 16 and 24 pixels."""
    return tuple(Stage(count, kernel, pool) for kernel, pool in ((5, 2), (3, 1), (3, 2), (3, 1)))


def measure(config: Config, context: Context) -> Records:
    """Train the net at every seed, and look at the fields of its middle units before and after."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    splits, net = dataset.images(), stages(config.maps)
    height, width = splits.train.x.shape[1:3]
    layers, _ = modules_of(net, height)
    if height != width or height < fields(layers)[-1].side:
        raise DataError(
            f"{config.dataset} has pictures of {height} x {width} pixels; this takes square ones of "
            f"{fields(layers)[-1].side} at least"
        )
    model = convnet(net, (), len(dataset.class_names), NONLINEARITIES["relu"])
    rows = sweep(
        lambda trial: Learner(model, cross_entropy, adam(config.learning_rate)),
        splits,
        grid(seed=config.all_seeds),
        steps=config.steps,
        look=partial(look, net),
        context=context,
        batch_size=32,
        dataset=config.dataset,
        maps=config.maps,
    )
    names = module_names(net)
    shapes = {f"field_{state}": (len(names), height, width) for state in receptive.STATES}
    packed = as_pictures(rows, shapes, config.first_seed)
    return Records(tuple(row | ({"module": names[row["layer"] - 1]} if "layer" in row else {}) for row in packed))


def look(net, learner, first, last, splits):
    """Fields by the formula and by gradients, of each module of the net, and of controls made of its weights."""
    x_BxHxWxC, test = spread_subset(splits.test, LOOKED_AT).x, spread_subset(splits.test, TEST)
    layers, units_L = modules_of(net, x_BxHxWxC.shape[1])
    middle_L, sees_LxHxW = middle_fields(fields(layers), units_L, x_BxHxWxC.shape[1])
    _, naive_LxHxW = middle_fields(fields_ignoring_strides(layers), units_L, x_BxHxWxC.shape[1])

    def gradients(params, net=net, at=middle_L, nonlinearity="relu", pooling="max"):
        through = partial(feature_maps, net, NONLINEARITIES[nonlinearity], params, pooling=pooling)
        return squared_gradients(through, at, x_BxHxWxC, jax.random.key(0))

    # No weight above a rectifier that is off, and no loser of a maximum, has a gradient: only a linear net shows all.
    touched_LxHxW = gradients(first, nonlinearity="identity", pooling="mean") > 0
    found = {
        "formula_side": jnp.asarray([field.side for field in fields(layers)]),
        "formula_from": jnp.argmax(jnp.any(jnp.asarray(sees_LxHxW), 1), 1),
        "formula_radius": jnp.asarray([uniform_radius(field.side) for field in fields(layers)]),
        "random_radius": jnp.asarray(random_radius(layers)),
        "touched_side": jnp.sum(jnp.any(touched_LxHxW, 1), 1),
        "unlike_formula": jnp.sum(touched_LxHxW != sees_LxHxW, (1, 2)),
        "unlike_formula_without_jumps": jnp.sum(touched_LxHxW != naive_LxHxW, (1, 2)),
        "test_accuracy": accuracy(learner.model.apply(last, test.x), test.y),
    }
    for state, params in zip(receptive.STATES, (first, last), strict=True):
        field_LxHxW = gradients(params)
        found[f"radius_{state}"] = jax.vmap(radius)(field_LxHxW)
        found[f"side_{state}"] = jax.vmap(side_containing)(field_LxHxW)
        found[f"field_{state}"] = field_LxHxW.reshape(-1)
    total_L = jnp.sum(field_LxHxW, (1, 2)) + 1e-30
    found["outside_formula"] = jnp.sum(field_LxHxW * ~sees_LxHxW, (1, 2)) / total_L
    found["outside_formula_without_jumps"] = jnp.sum(field_LxHxW * ~naive_LxHxW, (1, 2)) / total_L
    flat = tuple(stage._replace(kernel=1, pool=1) for stage in net)
    only_centres = gradients(centres(last), flat, [x_BxHxWxC.shape[1] // 2] * len(net))
    found["touched_side_of_points"] = jnp.sum(jnp.any(only_centres > 0, 1), 1)
    found["radius_of_points"] = jax.vmap(radius)(only_centres)
    return found


def centres(params):
    """The same weights with nothing left of the kernels but their middle: kernels of 1."""
    middles = {
        name: layer | {"w": layer["w"][len(layer["w"]) // 2, len(layer["w"]) // 2][None, None]}
        for name, layer in params.items()
        if name.startswith("conv")
    }
    return params | middles


def each(name):
    """[values_S of the first module, of the second, ...]"""

    def found(records):
        layers = records.where(metric=name).axis("layer")
        if not layers:
            raise Missing(f"no {name} at {{}}")
        return np.stack([records.by_seed(name, layer=layer) for layer in layers])

    return found


def most(name):
    """The largest value of any module."""
    return lambda records: each(name)(records).max(0)


def least_growth(name):
    """The smallest step from a module to the next."""
    return lambda records: np.diff(each(name)(records), axis=0).min(0)


def of_formula(state, layer):
    """The effective radius of a module over that of the formula's square."""
    return lambda records: each(f"radius_{state}")(records)[layer] / each("formula_radius")(records)[layer]


def over_untrained(state, layer):
    """The effective radius at the top over that of an untrained module."""
    return lambda records: each(f"radius_{state}")(records)[-1] / each("radius_untrained")(records)[layer]


def scope(records):
    """For what the verdicts hold."""
    sides = sorted({row["value"] for row in records.where(metric="formula_side").rows})
    return f"{', '.join(records.axis('dataset'))}; fields of {sides[0]:g} to {sides[-1]:g} pixels"


CRITERIA = (
    Criterion(
        23,
        "the pixels that reach a unit are those of the formula: how many are not, most of any layer",
        identity(most("unlike_formula"), NONE),
        control=most("unlike_formula_without_jumps"),
        scope=scope,
    ),
    Criterion(
        23,
        "a trained net with rectifiers and maxima answers to nothing outside: share of the squared gradient there",
        identity(most("outside_formula"), NONE),
        control=most("outside_formula_without_jumps"),
        scope=scope,
    ),
    Criterion(
        23,
        "each layer sees a larger square than the one below: pixels by which its side grows, least of any",
        exceeds(least_growth("touched_side"), GROWS),
        control=least_growth("touched_side_of_points"),
        scope=scope,
    ),
    Criterion(
        23,
        "what counts in it grows too: pixels of effective radius, least of any layer of the trained net",
        exceeds(least_growth("radius_trained"), GROWS),
        control=least_growth("radius_of_points"),
        scope=scope,
    ),
    Criterion(
        23,
        "far less than the square counts: effective radius at the top of the trained net, over the formula's",
        below(of_formula("trained", -1), SMALLER),
        control=of_formula("untrained", 0),
        scope=scope,
        counter_evidence=True,
    ),
    Criterion(
        23,
        "the growth is not learned: effective radius at the top, trained over untrained",
        below(over_untrained("trained", -1), WIDER),
        control=over_untrained("untrained", 0),
        scope=scope,
        counter_evidence=True,
    ),
)


def draw(records):
    """Where the gradients lie, and how far they reach, from layer to layer."""
    names = list(dict.fromkeys(row["module"] for row in records.where(metric="formula_side").rows))
    return {"fields": receptive.heat_maps(records, names), "by_layer": receptive.by_layer(records, names)}
