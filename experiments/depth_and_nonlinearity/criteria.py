"""What the records of depth_and_nonlinearity must show."""

import numpy as np

from dl_jax.evidence.criteria import Criterion, below, equals, exact, exceeds, identity
from dl_jax.evidence.estimands import difference, metric
from experiments.depth_and_nonlinearity.function_tasks import FOLDS, PARAMETERS

HIDDEN, DEEP = range(1, 1000), range(5, 1000)
"""Depths with any hidden layer, and those that the paper calls deep."""
TRAINED_LAYERS = (1, 5, 6)
"""Trained layers of a net of six, from the output layer down: the last, all but one, all."""
MATTERS = 0.02
"""Accuracy; a smaller difference does not count."""
TENT = f"tent map folded {FOLDS} times, {PARAMETERS} parameters at every depth"


def accuracy_of(name, depth=DEEP):
    """Test accuracy on the data set, the mean over these depths."""
    return metric("test_accuracy", task="data", nonlinearity=name, depth=depth)


def depth_gain(name):
    """Error on the folded tent of one layer minus the mean error of five layers or more."""
    error = {"name": "relative_squared_error", "task": "tent", "nonlinearity": name}
    return difference(metric(**error, depth=1), metric(**error, depth=DEEP))


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
        identity(metric("affine_residual", np.max, task="data", nonlinearity="identity", depth=HIDDEN), 1e-3),
        control=metric("affine_residual", np.max, task="data", nonlinearity="relu", depth=HIDDEN),
        scope=scope,
    ),
    Criterion(
        "20.identity_stack_gains_nothing",
        "squared error of identity modules on the folded tent, in units of its variance: that of the best line, 1",
        equals(metric("relative_squared_error", task="tent", nonlinearity="identity"), 1.0, within=0.05),
        control=metric("relative_squared_error", task="tent", nonlinearity="relu"),
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
        "86.relu_beats_logistic",
        "mean accuracy of rectifiers minus that of logistic units, over depths of five or more",
        exceeds(difference(accuracy_of("relu"), accuracy_of("logistic")), 0.05),
        control=difference(accuracy_of("relu", depth=1), accuracy_of("logistic", depth=1)),
        scope=scope,
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
        exceeds(gain_of_training_all(TRAINED_LAYERS[0]), MATTERS),
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
