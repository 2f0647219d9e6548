"""What the records of depth_5_to_20 must show."""

import numpy as np

from dl_jax.evidence.criteria import Criterion, below, exact, exceeds
from dl_jax.evidence.estimands import difference, final, metric
from experiments.depth_5_to_20 import canids_by_depth, stacks, tent_bound

TENT_DEPTHS, TWO = (1, 2, 5, 10, 15, 20), 2
"""Layers of the folded tent map; the shallowest that a control is about."""
DEEP = range(5, 21)
"""The paper's "5 to 20"."""
DEEP_TENTS = tuple(depth for depth in TENT_DEPTHS if depth in DEEP)
NAMED_NUISANCES = ("pose", "illumination", "background", "objects")
"""The nuisances that statement 109 names."""
CLEARLY = 0.05
"""Accuracy; what depth should gain."""
LITTLE = 0.02
"""Accuracy; a smaller difference does not count."""
GOOD = 0.85
"""Accuracy of a net that has learned its task."""
NEAR_CHANCE = 0.3
"""Accuracy below which ten classes have hardly been learned."""


def on_tent(name, reduce, depth=DEEP_TENTS, **axes):
    """The least or greatest value of a metric of the folded tent map over these depths."""
    return metric(name, reduce, task=tent_bound.TASK, depth=depth, **axes)


def worst_deep(name, nonlinearity="relu", **axes):
    """The least value of a metric over the nets of 5 to 20 layers, at the end of training."""
    return lambda records: final(
        name, np.min, task=canids_by_depth.TASK, nonlinearity=nonlinearity, depth=deep(records), **axes
    )(records)


def deep(records):
    """Those of the depths that were trained which are from 5 to 20."""
    return tuple(depth for depth in records.where(task=canids_by_depth.TASK).axis("depth") if depth in DEEP)


def least_ratio(nonlinearity):
    """The least response ratio over the nuisances that the paper names and the deep nets."""
    return lambda records: np.min(
        [worst_deep("response_ratio", nonlinearity, nuisance=name)(records) for name in NAMED_NUISANCES], 0
    )


def depth_gain(nonlinearity, step=max):
    """Accuracy of the best deep net minus that of one layer, at the last evaluation or (step=min) at the first."""

    def estimand(records):
        axes = {"task": canids_by_depth.TASK, "nonlinearity": nonlinearity, "step": step(records.axis("step"))}
        best = metric("test_accuracy", np.max, depth=deep(records), **axes)
        return difference(best, metric("test_accuracy", depth=1, **axes))(records)

    return estimand


def gain_of_twenty(nonlinearity, over):
    """Accuracy of twenty layers minus that of `over` layers."""
    axes = {"task": canids_by_depth.TASK, "nonlinearity": nonlinearity}
    return difference(final("test_accuracy", depth=20, **axes), final("test_accuracy", depth=over, **axes))


def twenty_layer_stack(remedy, nonlinearity):
    """Test accuracy of a stack of twenty layers on the digits."""
    return metric("test_accuracy", task=stacks.TASK, depth=20, remedy=remedy, nonlinearity=nonlinearity)


def scope(records):
    """What the verdicts on drawn animals are about."""
    layers = ", ".join(map(str, records.where(task=canids_by_depth.TASK).axis("depth")))
    return f"drawn animals; {layers} layers, {canids_by_depth.UNITS} units in all, {max(records.axis('step'))} steps"


CRITERIA = (
    Criterion(
        "107.folded_map_is_exact",
        "share of alternating points of the folded tent map that 5 to 20 layers of two rectifiers get wrong, the most",
        exact(on_tent("error_rate", np.max, noise=0.0), above=-1e-9, below=1e-9),
        control=on_tent("shallow_error_bound", np.min),
        scope="a construction, no training; control: what one hidden layer gets wrong at least",
    ),
    Criterion(
        "107.one_layer_must_err",
        "share of these points that one hidden layer with as many weights must get wrong, the least over 5 to 20 folds",
        exact(on_tent("shallow_error_bound", np.min), above=0.3),
        control=on_tent("shallow_error_bound", np.min, TWO),
        scope="a proof, no training; control: two folds",
    ),
    Criterion(
        "107.folded_map_is_fragile",
        "share of these points that the deep net gets wrong once its weights are changed by a thousandth",
        exceeds(on_tent("error_rate", np.mean, (15, 20), noise=tent_bound.NOISE), 0.1),
        control=on_tent("error_rate", np.mean, TWO, noise=tent_bound.NOISE),
        scope="15 and 20 folds; control: two folds",
        role="limit",
    ),
    Criterion(
        "107.deep_nets_learn",
        "accuracy of trained nets of 5 to 20 layers of rectifiers on drawn animals, the least over depths",
        exceeds(worst_deep("test_accuracy"), GOOD),
        control=worst_deep("test_accuracy", "identity"),
        scope=scope,
    ),
    Criterion(
        "107.depth_helps",
        "accuracy of the best net of 5 to 20 layers minus that of one layer with as many weights",
        exceeds(depth_gain("relu"), CLEARLY),
        control=depth_gain("identity"),
        scope=scope,
    ),
    Criterion(
        "107.short_training_exaggerates",
        "gain of accuracy by depth after a quarter of the steps minus that after all steps",
        exceeds(difference(depth_gain("relu", min), depth_gain("relu")), CLEARLY),
        control=difference(depth_gain("identity", min), depth_gain("identity")),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "107.twenty_layers_no_better",
        "accuracy of twenty layers minus that of five",
        below(gain_of_twenty("relu", 5), LITTLE),
        control=gain_of_twenty("relu", 1),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "107.plain_logistic_fails",
        "accuracy of twenty plain layers of logistic units on ten digits",
        below(twenty_layer_stack("none", "logistic"), NEAR_CHANCE),
        control=twenty_layer_stack("skip", "logistic"),
        scope="digits; control: with skip connections",
        role="limit",
    ),
    Criterion(
        "107.plain_relu_fails",
        "accuracy of twenty plain layers of rectifiers on ten digits, from the usual initial weights",
        below(twenty_layer_stack("none", "relu"), NEAR_CHANCE),
        control=twenty_layer_stack("skip", "relu"),
        scope="digits; control: with skip connections",
        role="limit",
    ),
    Criterion(
        "107.skip_connections_help",
        "accuracy of twenty layers of logistic units with skip connections on ten digits",
        exceeds(twenty_layer_stack("skip", "logistic"), GOOD),
        control=twenty_layer_stack("layer_norm", "logistic"),
        scope="digits; control: with layer normalization, without skip connections",
    ),
    Criterion(
        "108.deep_nets_detect_detail",
        "share of scenes in which deep nets classify both kinds of animal correctly, the least over depths",
        exceeds(worst_deep("pair_accuracy"), 0.7),
        control=worst_deep("pair_accuracy", "identity"),
        scope=scope,
    ),
    Criterion(
        "108.detail_over_scene",
        "response to the kind of animal over that to another scene, the least ratio over depths",
        exceeds(worst_deep("response_ratio", nuisance="scene"), 1.0),
        control=worst_deep("response_ratio", "identity", nuisance="scene"),
        scope=scope,
    ),
    Criterion(
        "109.detail_over_each_nuisance",
        "response to the kind of animal over that to pose, lighting, background or other objects, the least ratio",
        exceeds(least_ratio("relu"), 1.0),
        control=least_ratio("identity"),
        scope=scope,
    ),
)
