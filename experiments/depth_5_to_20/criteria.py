"""What the records of depth_5_to_20 must show."""

from collections.abc import Iterable, Sequence

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, below, exact, exceeds
from dl_jax.evidence.estimands import difference, final, metric
from dl_jax.evidence.records import Estimand, Missing, Records
from experiments.depth_5_to_20 import kinds_by_depth, stacks, tent_bound

TENT_DEPTHS, TWO = (1, 2, 5, 10, 15, 20), 2
"""Layers of the folded tent map; the shallowest that a control is about."""
FRAGILE = 20
"""Folds of which a thousandth of the weights decides."""
DEEP = range(5, 21)
"""The paper's "5 to 20"."""
DEEP_TENTS = tuple(depth for depth in TENT_DEPTHS if depth in DEEP)
NONLINEAR, LINEAR = ("relu", "tanh", "logistic"), ("identity",)
NAMED_NUISANCES = kinds_by_depth.NAMED_NUISANCES
HALF_WAY = 0.75
"""Accuracy half way from chance to perfect."""
MOST = 0.5
"""Share: more than half."""
CLEARLY = 0.05
"""Accuracy; what depth should gain."""
LITTLE = 0.02
"""Accuracy; a smaller difference does not count."""
NEAR_CHANCE = 0.3
"""Accuracy below which ten classes have hardly been learned."""


def on_tent(name, reduce, depth=DEEP_TENTS, **axes):
    """The least or greatest value of a metric of the folded tent map over these depths."""
    return metric(name, reduce, task=tent_bound.TASK, depth=depth, **axes)


def trained_depths(records: Records, within: Iterable[int]) -> tuple[int, ...]:
    """The depths within a range that were trained. Missing if there are none."""
    depths = tuple(depth for depth in records.where(task=kinds_by_depth.TASK).axis("depth") if depth in within)
    if not depths:
        raise Missing(f"no test_accuracy at depth {min(within)} to {max(within)}")
    return depths


def chosen(name: str, depths: Iterable[int], names: Sequence[str] = NONLINEAR, **axes) -> Estimand:
    """A metric of the net that has the best validation accuracy among these depths and nonlinearities, seed by seed."""

    def estimand(records):
        task = records.where(task=kinds_by_depth.TASK)
        options = [
            {"task": kinds_by_depth.TASK, "depth": depth, "nonlinearity": nonlinearity}
            for depth in trained_depths(records, depths)
            for nonlinearity in names
            if nonlinearity in task.axis("nonlinearity")
        ]
        if not options:
            raise Missing(f"no {name} at nonlinearity {', '.join(names)}")
        validation_OxS = np.stack([final("validation_accuracy", **option)(records) for option in options])
        best_S = np.argmax(np.where(np.isfinite(validation_OxS), validation_OxS, -np.inf), 0)
        value_OxS = np.stack([final(name, **option, **axes)(records) for option in options])
        return np.take_along_axis(value_OxS, best_S[None], 0)[0]

    return estimand


def worst_deep(name: str, names: Sequence[str] = NONLINEAR, **axes) -> Estimand:
    """The least value over the depths from 5 to 20, at each of the nonlinearity with the best validation accuracy."""

    def estimand(records):
        return np.min([chosen(name, [depth], names, **axes)(records) for depth in trained_depths(records, DEEP)], 0)

    return estimand


def least_ratio(names: Sequence[str] = NONLINEAR) -> Estimand:
    """The least response ratio over the nuisances that the paper names and the deep nets."""
    ratios = [worst_deep("response_ratio", names, nuisance=name) for name in NAMED_NUISANCES]
    return lambda records: np.min([ratio(records) for ratio in ratios], 0)


def gain(depths: Iterable[int], names: Sequence[str], over: Iterable[int], over_names: Sequence[str]) -> Estimand:
    """Test accuracy of the best net of some depths minus that of others; each is the best on validation."""
    return difference(chosen("test_accuracy", depths, names), chosen("test_accuracy", over, over_names))


def no_gain(name: str) -> Criterion:
    """The limit of "multiple layers" that one layer with this nonlinearity does as well."""
    return Criterion(
        f"107.no_gain_with_{name}",
        f"accuracy of the best net of 5 to 20 layers with {name} minus that of one layer with as many weights",
        below(gain(DEEP, [name], [1], [name]), CLEARLY),
        control=gain(DEEP, [name], DEEP, LINEAR),
        scope=lambda records: f"{scope(records)}; control: minus that of linear nets as deep",
        role="limit",
    )


def plain_fails(name: str) -> Criterion:
    """The limit that a stack of twenty plain layers with this nonlinearity does not learn."""

    def best(remedy):
        axes = {"task": stacks.TASK, "depth": 20, "remedy": remedy, "nonlinearity": name}
        return metric("test_accuracy", np.max, **axes)  # over the learning rates

    return Criterion(
        f"107.plain_{name}_fails",
        f"accuracy on ten digits of twenty plain layers with {name} from PyTorch's initial weights, at its best rate",
        below(best("none"), NEAR_CHANCE),
        control=best("skip"),
        scope="on digits only; control: with skip connections",
        role="limit",
    )


def scope(records):
    """What the verdicts on trained nets are about."""
    trained = records.where(task=kinds_by_depth.TASK)
    layers, names = (", ".join(map(str, trained.axis(axis))) for axis in ("depth", "nonlinearity"))
    world = ", ".join(trained.axis("dataset"))
    steps = max(trained.axis("step"), default=0)
    return f"{world}; {layers} layers, {kinds_by_depth.UNITS} units in all, {names}; {steps} steps"


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
        exceeds(on_tent("error_rate", None, FRAGILE, noise=tent_bound.NOISE), 0.1),
        control=on_tent("error_rate", None, TWO, noise=tent_bound.NOISE),
        scope=f"{FRAGILE} folds; control: two folds",
        role="limit",
    ),
    Criterion(
        "107.deep_nets_learn",
        "accuracy of trained nets of 5 to 20 layers, the least over depths, half way from chance to perfect",
        exceeds(worst_deep("test_accuracy"), HALF_WAY),
        control=worst_deep("test_accuracy", LINEAR),
        scope=scope,
    ),
    Criterion(
        "107.depth_helps",
        "accuracy of the best net of 5 to 20 layers minus that of the best of one layer with as many weights",
        exceeds(gain(DEEP, NONLINEAR, [1], NONLINEAR), CLEARLY),
        control=gain(DEEP, LINEAR, [1], LINEAR),
        scope=scope,
    ),
    *map(no_gain, NONLINEAR),
    Criterion(
        "107.twenty_layers_no_better",
        "accuracy of the best net of twenty layers minus that of the best of five",
        below(gain([20], NONLINEAR, [5], NONLINEAR), LITTLE),
        control=gain([20], NONLINEAR, [20], LINEAR),
        scope=lambda records: f"{scope(records)}; control: minus that of linear nets as deep",
        role="support",
    ),
    *map(plain_fails, NONLINEAR),
    Criterion(
        "108.deep_nets_detect_detail",
        "share of scenes in which deep nets classify both kinds correctly, the least over depths",
        exceeds(worst_deep("pair_accuracy"), MOST),
        control=worst_deep("pair_accuracy", LINEAR),
        scope=scope,
    ),
    Criterion(
        "108.detail_over_scene",
        "response to the kind over that to another scene, the least ratio over depths",
        exceeds(worst_deep("response_ratio", nuisance="scene"), 1.0),
        control=worst_deep("response_ratio", LINEAR, nuisance="scene"),
        scope=scope,
    ),
    Criterion(
        "109.detail_over_each_nuisance",
        "response to the kind over that to pose, lighting, background or other objects, the least ratio over depths",
        exceeds(least_ratio(), 1.0),
        control=least_ratio(LINEAR),
        scope=scope,
    ),
)
NOT_JUDGED = (
    not_judged("drawn only: 108 and 109 are about 5 to 20 layers", metric=("pair_accuracy", "response_ratio"), depth=1),
    not_judged("a step on the way to the bound", metric="shallow_error_bound", depth=(1,)),
    not_judged("drawn only", task=tent_bound.TASK, metric="error_rate", depth=(1, 2, 5, 10, 15)),
)
