"""Metrics of figure 2: what the layers of a trained convolutional net output for one picture, and their properties."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import spread_subset
from dl_jax.evidence.named import array, named
from dl_jax.measures.orientation import tuning
from dl_jax.measures.receptive_fields import fields, modules_of
from dl_jax.models.convnet import Stage
from dl_jax.models.feature_maps import feature_maps, module_names
from dl_jax.models.linear import linear
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import accuracy
from dl_jax.training.programs import Run
from dl_jax.training.step import mean_loss
from experiments.fig2_inside_convnet.properties import (
    changes_by_layer,
    gradient_change,
    ranking_by_class,
    shift_difference,
    unshare_weights,
)

TEST, FEW = 2000, 64
"""Held-out pictures, at most: for accuracies, and for what needs all maps of the net."""
STATES = ("untrained", "trained")


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
    categories = jnp.max(run.splits.train.y) + 1
    return {
        "score": named(score_C, **{"class": tuple(classes)}),
        "outputs_minus_categories": [
            named(len(score_C) - categories, output="scores"),
            named(maps[-1].size - categories, output="top maps"),
        ],
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
    """Accuracy, ranking, zeros and the first filters, before and after training."""
    modules, few, test = module_names(net), *(spread_subset(run.splits.test, count) for count in (FEW, TEST))
    zeros = [
        named(
            zero_shares(_maps(net, run.params, few.x, "softplus")),
            module=modules,
            state="trained",
            nonlinearity="softplus",
        )
    ]
    metrics = {"zero_share": zeros}
    for state, params in zip(STATES, (run.init_params, run.params), strict=True):
        scores_NxC, w_KxKxCxM = run.learner.model.apply(params, test.x), params["conv_01"]["w"]
        chance = jnp.max(jnp.mean(test.y[:, None] == jnp.arange(scores_NxC.shape[1])[None], 0))
        tuned = tuning(w_KxKxCxM)
        values = {
            "accuracy_above_chance": named(accuracy(scores_NxC, test.y) - chance, state=state),
            "least_class_auc": named(jnp.min(ranking_by_class(scores_NxC, test.y)), state=state),
            "oriented_share": named(jnp.mean(tuned.oriented), state=state),
            "is_oriented": named(tuned.oriented, "filter", state=state),
            "orientation_selectivity": named(tuned.selectivity, "filter", state=state),
            "zero_share": named(
                zero_shares(_maps(net, params, few.x)), module=modules, state=state, nonlinearity="relu"
            ),
            "filters": array(w_KxKxCxM, "row", "column", "channel", "filter", state=state),
        }
        for name, value in values.items():
            metrics.setdefault(name, []).append(value)
    return metrics | {"test_accuracy": accuracy(run.learner.model.apply(run.params, test.x), test.y)}


def relative_distance(score_C, other_C):
    """The distance between two vectors of scores, divided by the length of the second."""
    return jnp.linalg.norm(score_C - other_C) / jnp.linalg.norm(other_C)


def zero_shares(maps_L):
    """share_L of the outputs of each module that are exactly 0."""
    return jnp.stack([jnp.mean(y == 0) for y in maps_L])
