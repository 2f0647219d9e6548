"""Metrics of figure 2: what the layers of a trained convolutional net output for one picture, and their properties."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import spread_subset
from dl_jax.evidence.named import array, named
from dl_jax.evidence.records import Records, measured
from dl_jax.measures.receptive_fields import fields, modules_of
from dl_jax.models.convnet import Stage
from dl_jax.models.feature_maps import feature_maps, module_names
from dl_jax.models.linear import linear
from dl_jax.models.model import Model
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import accuracy
from dl_jax.training.programs import Run
from dl_jax.training.step import mean_loss
from experiments.fig2_inside_convnet.first_filters import STATES, chance
from experiments.fig2_inside_convnet.properties import (
    changes_by_layer,
    gradient_change,
    ranking_by_class,
    shift_difference,
    unshare_weights,
)

TEST, FEW = 2000, 64
"""Held-out pictures, at most: for accuracies, and for what needs all maps of the net."""


def facts(net: Sequence[Stage], model: Model, picture_1xHxWxC: np.ndarray, label_N: np.ndarray) -> Records:
    """Outputs of the net minus categories in the labels: a count, which depends on no seed (52)."""
    params = jax.eval_shape(model.init, jax.random.key(0), picture_1xHxWxC)
    scores, maps = jax.eval_shape(
        lambda params: (model.apply(params, picture_1xHxWxC), _maps(net, params, picture_1xHxWxC)), params
    )
    outputs, categories = {"scores": scores, "top maps": maps[-1]}, len(np.unique(label_N))
    counts = [named(each.size - categories, output=name) for name, each in outputs.items()]
    return measured({"outputs_minus_categories": counts})


def evaluate(net: Sequence[Stage], picture_1xHxWxC: jax.Array, classes: Sequence[str], run: Run):
    """Metrics of the net before and after training; scores and maps are those for one picture, as the net gets it."""
    return {
        **_for_one_picture(net, picture_1xHxWxC, classes, run),
        **_flow(net, run),
        **_by_state(net, run),
    }


def _maps(net, params, x, nonlinearity="relu"):
    return feature_maps(net, NONLINEARITIES[nonlinearity], params, x)


def _for_one_picture(net, picture_1xHxWxC, classes, run):
    """The scores and all maps; whether scores follow from the top maps; how far maps are from shift equivariant."""
    modules, few = module_names(net), spread_subset(run.splits.test, FEW)
    formula = fields(modules_of(net, picture_1xHxWxC.shape[1])[0])
    jumps_L, reach = [field.jump for field in formula], formula[-1].side
    differences = partial(
        shift_difference, partial(_maps, net, run.params), picture_1xHxWxC[0], jumps_L=jumps_L, reach=reach
    )
    maps, score_C = _maps(net, run.params, picture_1xHxWxC), run.learner.model.apply(run.params, picture_1xHxWxC)[0]
    head = partial(linear(len(score_C)).apply, {"layer_01": run.params["layer_01"]})
    others_C = head(_maps(net, run.params, few.x[:1])[-1])[0]
    return {
        "score": named(score_C, **{"class": tuple(classes)}),
        "score_difference_from_top_maps": [
            named(relative_distance(head(maps[-1])[0], score_C), source="the picture"),
            named(relative_distance(others_C, score_C), source="another picture"),
        ],
        "shift_difference": [
            named(differences(max(jumps_L)), module=modules, shift="whole units", weights="shared"),
            named(differences(1), module=modules, shift="one pixel", weights="shared"),
            named(
                differences(max(jumps_L), seen=unshare_weights),
                module=modules,
                shift="whole units",
                weights="not shared",
            ),
        ],
        "maps": [
            array(y_1xHxWxM[0], "row", "column", "map", module=name)
            for name, y_1xHxWxM in zip(modules, maps, strict=True)
        ],
    }


def _flow(net, run):
    """What depends on which weights, forwards and backwards; and the sign of the outputs."""
    few = spread_subset(run.splits.test, FEW)
    change_LxL = changes_by_layer(lambda params: run.learner.model.layers(params, few.x), run.params)

    def negative_share(name):
        y = jnp.concatenate([y.ravel() for y in _maps(net, run.params, few.x, name)])
        return named(jnp.mean(y < 0), nonlinearity=name)

    return {
        "output_change": [
            named(jnp.max(jnp.tril(change_LxL, -1)), layers="below"),
            named(jnp.max(jnp.triu(change_LxL, 1)), layers="above"),
        ],
        "gradient_change": gradient_change(lambda params: mean_loss(run.learner, params, few), run.params),
        "negative_share": [negative_share("relu"), negative_share("tanh")],
    }


def _by_state(net, run):
    """Accuracy before and after training; how scores rank the classes, and zeros, after it."""
    modules, few, test = module_names(net), *(spread_subset(run.splits.test, count) for count in (FEW, TEST))
    before_NxC, after_NxC = (run.learner.model.apply(params, test.x) for params in (run.init_params, run.params))
    guess = chance(test.y, after_NxC.shape[1])
    scores = {"of the class": after_NxC, "of the next class": jnp.roll(after_NxC, -1, 1)}
    return {
        "test_accuracy": accuracy(after_NxC, test.y),
        "accuracy_above_chance": [
            named(accuracy(scores_NxC, test.y) - guess, state=state)
            for state, scores_NxC in zip(STATES, (before_NxC, after_NxC), strict=True)
        ],
        "least_class_auc": [
            named(jnp.min(ranking_by_class(scores_NxC, test.y)), scores=name) for name, scores_NxC in scores.items()
        ],
        "zero_share": [
            named(zero_shares(_maps(net, run.params, few.x, name)), module=modules, nonlinearity=name)
            for name in ("relu", "softplus")
        ],
    }


def relative_distance(score_C, other_C):
    """The distance between two vectors of scores, divided by the length of the second."""
    return jnp.linalg.norm(score_C - other_C) / jnp.linalg.norm(other_C)


def zero_shares(maps_L):
    """share_L of the outputs of each module that are exactly 0."""
    return jnp.stack([jnp.mean(y == 0) for y in maps_L])
