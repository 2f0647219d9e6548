"""One look inside a trained convolutional net: all that figure 2 is judged by, and what it draws."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Splits, spread_subset
from dl_jax.measures.orientation import tuning
from dl_jax.measures.receptive_fields import fields, modules_of
from dl_jax.models.convnet import Stage
from dl_jax.models.feature_maps import feature_maps
from dl_jax.models.linear import linear
from dl_jax.models.model import Params
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import accuracy
from dl_jax.training.step import Learner, mean_loss
from experiments.fig2_inside_convnet.properties import (
    changed,
    dealt,
    gradient_changed,
    ranking_by_class,
    unlike_shifted,
)

TEST, FEW = 2000, 64
"""Held-out pictures at most, for what is counted and for what takes a whole net each."""
STATES = ("untrained", "trained")


def look_inside(
    net: Sequence[Stage], shown: jax.Array, learner: Learner, first: Params, last: Params, splits: Splits
) -> dict[str, jax.Array]:
    """Whether a net knows, flows and follows as figure 2 has it, and what it puts out for the picture shown_1xHxWxC.

    The vectors are one entry a module, but `score` (a class), and `selectivity` and `is_oriented` (a first filter).
    `maps_<n>` are the maps of module n, y_MxHxW as one vector, `filters` the first kernels, w_(MC)xKxK, 1/2 for 0.
    """
    model, test, few = learner.model, spread_subset(splits.test, TEST), spread_subset(splits.test, FEW)
    categories = jnp.max(splits.train.y) + 1

    def inside(params, x, nonlinearity="relu"):
        return feature_maps(net, NONLINEARITIES[nonlinearity], params, x)

    formula = fields(modules_of(net, shown.shape[1])[0])
    jumps_L, reach = [field.jump for field in formula], formula[-1].side
    follows = partial(unlike_shifted, partial(inside, last), shown[0], jumps_L=jumps_L, reach=reach)
    rows, score_C = inside(last, shown), model.apply(last, shown)[0]
    head = partial(linear(len(score_C)).apply, {"layer_01": last["layer_01"]})
    others_C = head(inside(last, few.x[:1])[-1])[0]
    change_LxL = changed(lambda params: model.layers(params, few.x), last)
    hidden, bent = (jnp.concatenate([y.ravel() for y in inside(last, few.x, name)]) for name in ("relu", "tanh"))
    found = {
        "score": score_C,
        "more_scores_than_categories": len(score_C) - categories,
        "more_maps_than_categories": rows[-1].size - categories,
        "unlike_top_row": distance(head(rows[-1])[0], score_C),
        "unlike_top_row_of_another": distance(others_C, score_C),
        "miss_whole": follows(max(jumps_L)),
        "miss_one": follows(1),
        "miss_dealt": follows(max(jumps_L), seen=dealt),
        "changed_below": jnp.max(jnp.tril(change_LxL, -1)),
        "changed_above": jnp.max(jnp.triu(change_LxL, 1)),
        "gradient_changed": gradient_changed(lambda params: mean_loss(learner, params, few), last),
        "negative": jnp.mean(hidden < 0),
        "negative_tanh": jnp.mean(bent < 0),
        "zeros_softplus": shares_of_zero(inside(last, few.x, "softplus")),
        "test_accuracy": accuracy(model.apply(last, test.x), test.y),
    }
    for at, y_BxHxWxM in enumerate(rows, 1):
        found[f"maps_{at}"] = jnp.moveaxis(y_BxHxWxM[0], -1, 0).reshape(-1)
    chance = jnp.max(jnp.mean(test.y[:, None] == jnp.arange(len(score_C))[None], 0))
    for state, params in zip(STATES, (first, last), strict=True):
        scores_NxC, w_KxKxCxM = model.apply(params, test.x), params["conv_01"]["w"]
        tuned = tuning(w_KxKxCxM)
        found |= {
            f"above_chance_{state}": accuracy(scores_NxC, test.y) - chance,
            f"ranks_{state}": jnp.min(ranking_by_class(scores_NxC, test.y)),
            f"oriented_{state}": jnp.mean(tuned.oriented),
            f"is_oriented_{state}": tuned.oriented,
            f"selectivity_{state}": tuned.selectivity,
            f"zeros_{state}": shares_of_zero(inside(params, few.x)),
            f"filters_{state}": seen_as_grey(w_KxKxCxM).transpose(3, 2, 0, 1).reshape(-1),
        }
    return found


def seen_as_grey(w_KxKxCxM):
    """Each filter's weights from 0 to 1, so that 1/2 is none."""
    return 0.5 + 0.5 * w_KxKxCxM / jnp.max(jnp.abs(w_KxKxCxM), (0, 1, 2), keepdims=True)


def distance(score_C, other_C):
    """Between two vectors of scores, over the length of the second."""
    return jnp.linalg.norm(score_C - other_C) / jnp.linalg.norm(other_C)


def shares_of_zero(maps_L):
    """share_L of the outputs of each module that are exactly 0."""
    return jnp.stack([jnp.mean(y == 0) for y in maps_L])
