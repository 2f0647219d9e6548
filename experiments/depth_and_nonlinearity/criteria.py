"""What the records of depth_and_nonlinearity must show."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, below, exact, exceeds, identity, mostly
from dl_jax.evidence.estimands import difference, metric
from experiments.depth_and_nonlinearity.function_tasks import FOLDS, PARAMETERS

HIDDEN, DEEP, MIDDLE = range(1, 1000), range(5, 1000), range(5, 11)
"""Depths with any hidden layer, those that the paper calls deep, and the lower ones of these."""
TRAINED_LAYERS = (1, 5, 6)
"""Trained layers of a net of six, from the output layer down: the last, all but one, all."""
MATTERS, CLEARLY, MUCH = 0.02, 0.05, 0.1
"""Accuracy; a smaller difference does not count, is not clear, or is not large."""
TRAINED = 0.5
"""Accuracy that only nets reach whose training did not fail: they are either far above or far below."""
TENT = f"tent map folded {FOLDS} times, {PARAMETERS} parameters at every depth"


def accuracy_of(name, depth=DEEP):
    """Test accuracy on the data set, the mean over these depths."""
    return metric("test_accuracy", np.mean, task="data", nonlinearity=name, depth=depth)


def trains(name, depth):
    """1 at the seeds at which nets of this depth train at all, and 0 at the others."""
    return lambda records: (accuracy_of(name, depth=depth)(records) > TRAINED).astype(float)


def depth_gain(name):
    """Error on the folded tent of one layer minus the mean error of five layers or more."""
    error = {"name": "relative_squared_error", "task": "tent", "nonlinearity": name}
    return difference(metric(**error, depth=1), metric(reduce=np.mean, **error, depth=DEEP))


def largest_deviation(values):
    """How far the farthest of several values is from 0."""
    return np.max(np.abs(values))


def beyond_the_line(name):
    """How far the error on the folded tent is from that of the best line on the same points, at the depth farthest."""
    return metric("error_above_best_line", largest_deviation, task="tent", nonlinearity=name)


def gain_of_training_all(trained_layers):
    """Accuracy with all layers trained minus that with only `trained_layers` of them trained."""
    accuracy = {"name": "test_accuracy", "task": "partly trained"}
    return difference(
        metric(**accuracy, trained_layers=TRAINED_LAYERS[-1]), metric(**accuracy, trained_layers=trained_layers)
    )


def scope(records):
    """What the verdicts are about."""
    data = records.where(task="data", depth=HIDDEN)
    return f"{', '.join(data.axis('dataset'))}, depth {min(data.axis('depth'))} to {max(data.axis('depth'))}"


CRITERIA = (
    Criterion(
        "20.identity_stack_is_affine",
        "largest deviation from an affine map of the scores of a stack of identity modules, at any depth",
        identity(metric("affine_residual", np.max, task="data", nonlinearity="identity"), 1e-3),
        control=metric("affine_residual", np.max, task="data", nonlinearity="relu"),
        scope=scope,
    ),
    Criterion(
        "20.identity_stack_gains_nothing",
        "squared error of identity modules on the folded tent minus that of the best line on the same points, in units "
        "of its variance, at the depth at which they differ most",
        below(beyond_the_line("identity"), 0.05),
        control=beyond_the_line("relu"),
        scope=TENT,
    ),
    Criterion(
        "22.depth_learns_folded_function",
        "squared error on the folded tent of one rectifier layer minus that of five or more, in units of its variance",
        exceeds(depth_gain("relu"), 0.25),
        control=depth_gain("identity"),
        scope=TENT,
    ),
    Criterion(
        "22.depth_does_not_help_tanh",
        "squared error on the folded tent of one tanh layer minus that of five or more, in units of its variance",
        below(depth_gain("tanh"), 0.25),
        control=depth_gain("relu"),
        scope=TENT,
        role="limit",
    ),
    Criterion(
        "86.relu_beats_logistic",
        "mean accuracy of rectifiers minus that of logistic units, over depths of five or more",
        exceeds(difference(accuracy_of("relu"), accuracy_of("logistic")), CLEARLY),
        control=difference(accuracy_of("relu", depth=1), accuracy_of("logistic", depth=1)),
        scope=lambda records: scope(records) + "; how usual it is, is history and not judged",
    ),
    Criterion(
        "86.logistic_trains_ten_layers",
        "mean accuracy of rectifiers minus that of logistic units, over depths of five to ten",
        below(difference(accuracy_of("relu", MIDDLE), accuracy_of("logistic", MIDDLE)), CLEARLY),
        control=difference(accuracy_of("relu", depth=20), accuracy_of("logistic", depth=20)),
        scope="the control is 20 layers, which alone make the difference then",
        role="limit",
    ),
    Criterion(
        "86.relu_trains_20_layers",
        f"share of seeds at which 20 rectifier layers train at all, to an accuracy above {TRAINED:g}",
        mostly(trains("relu", 20), 0.5),
        control=trains("logistic", 20),
        scope=scope,
        role="support",
    ),
    Criterion(
        "86.relu_no_better_than_tanh",
        "mean accuracy of rectifiers minus that of tanh units, each with variance-preserving initial weights",
        below(difference(accuracy_of("relu"), accuracy_of("tanh")), MATTERS),
        control=difference(accuracy_of("relu"), accuracy_of("logistic")),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "105.all_layers_are_trained",
        "accuracy with all layers trained minus that with the output layer alone trained",
        exceeds(gain_of_training_all(TRAINED_LAYERS[0]), MUCH),
        control=gain_of_training_all(TRAINED_LAYERS[1]),
        scope="five rectifier layers on the data set; in the control all but one layer are trained",
    ),
    Criterion(
        "107.pieces_double_with_depth",
        "relative error of 2^d as the number of linear pieces of d layers of two rectifiers, for d up to 20",
        exact(metric("missing_pieces", np.max, nonlinearity="relu"), above=-1e-9, below=1e-9),
        control=metric("missing_pieces", np.max, nonlinearity="identity"),
        scope="by construction, in exact arithmetic",
    ),
    Criterion(
        "107.logistic_20_layers_fail",
        "accuracy of logistic units in 20 plain layers",
        below(accuracy_of("logistic", depth=20), 0.2),
        control=accuracy_of("relu", depth=20),
        scope=scope,
        role="limit",
    ),
)
NOT_JUDGED = (
    not_judged("what the learning rate is chosen by", metric="validation_accuracy"),
    not_judged("1 minus the accuracy, for the heat map", metric="test_error_rate"),
    not_judged("drawn, as the reason why depth fails", metric=("gradient_norm", "depth_scales_6")),
    not_judged("no hidden layer, or fewer than five: drawn", metric="test_accuracy", depth=(0, 2, 3, 4)),
    not_judged("its layers merge into one: no rival, and drawn", metric="test_accuracy", nonlinearity="identity"),
    not_judged("rectifiers stand for what is not affine", metric="affine_residual", nonlinearity=("tanh", "logistic")),
    not_judged("rectifiers stand for what differs from a line", metric="error_above_best_line", nonlinearity="tanh"),
    not_judged("only their accuracy is compared", metric="affine_residual", task="partly trained"),
)
