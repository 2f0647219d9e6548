"""What the records of fig1a_space_distortion must show."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, exceeds, identity, mostly
from dl_jax.evidence.estimands import metric
from experiments.fig1a_space_distortion.tasks import CURVES, DISK
from experiments.fig1a_space_distortion.tiny_net import PRINTED

ALL = tuple(PRINTED)
MATTERS = 0.05
"""Affine residual of the grid; below this it appears only stretched and rotated."""
ROUNDING = 1e-4
"""Tolerance on a unit's output: float32 rounding of total inputs in the hundreds, and finer than a screen resolves."""


def of(name, nonlinearity, task=CURVES, hidden=2, reduce=None, **axes):
    """A metric in one case."""
    return metric(name, reduce, task=task, hidden=hidden, nonlinearity=nonlinearity, **axes)


def least(name, nonlinearities):
    """The least value of a metric of any of these nonlinearities, on the curves."""
    estimands = [of(name, f) for f in nonlinearities]
    return lambda records: np.min([estimand(records) for estimand in estimands], axis=0)


def solved(nonlinearity):
    """1 where the net classifies every test example correctly."""
    return lambda records: (of("test_accuracy", nonlinearity)(records) == 1.0).astype(float)


SHARE = "more than half of the seeds; the sentence says that nets can"
OTHERS = ("logistic", "relu")
"""Nonlinearities that bend the plane, besides that of the figure."""
CRITERIA = (
    Criterion(
        "76.curves_become_separable",
        "share of seeds at which two tanh units make the two curves linearly separable",
        mostly(of("separable", "tanh"), 0.5),
        control=of("separable", "identity"),
        scope=SHARE,
    ),
    *(
        Criterion(
            f"76.{f}_separates_curves",
            f"share of seeds at which two {f} units make the two curves linearly separable",
            mostly(of("separable", f), 0.5),
            control=of("separable", "identity"),
            scope=SHARE,
            role="support",
        )
        for f in OTHERS
    ),
    Criterion(
        "77.grid_is_bent",
        "distance of the transformed grid from every affine image, relative to its spread",
        exceeds(of("grid_bend", "tanh"), MATTERS),
        control=of("grid_bend", "identity"),
    ),
    Criterion(
        "77.other_units_bend_it_too",
        "the same for logistic units and rectifiers, the least of both",
        exceeds(least("grid_bend", OTHERS), MATTERS),
        control=of("grid_bend", "identity"),
        role="support",
    ),
    Criterion(
        "77.grid_is_not_folded",
        "share of the grid's crossings at which the plane is folded over, largest of any nonlinearity",
        identity(of("grid_folded", ALL, reduce=np.max), 1e-6),
        control=of("grid_folded", "square", DISK),
        scope="increasing units cannot: the determinant keeps the sign of the weights'; the control is made by hand",
        role="support",
    ),
    Criterion(
        "78.tiny_net_solves_curves",
        "share of seeds at which 2 inputs, 2 tanh units and 1 output classify every test example correctly",
        mostly(solved("tanh"), 0.5),
        control=solved("identity"),
        scope=SHARE,
    ),
    Criterion(
        "78.two_units_never_separate_disk",
        "two units make a disk and the annulus around it separable: 1 if they do with some nonlinearity",
        identity(of("separable", ALL, DISK, reduce=np.max), 0.5),
        control=of("separable", "square", DISK),
        scope="increasing units, for which no weights can do it; the control is a net made by hand",
        role="limit",
    ),
    Criterion(
        "78.third_unit_separates_disk",
        "share of seeds at which three tanh units make the disk and the annulus separable",
        mostly(of("separable", "tanh", DISK, 3), 0.5),
        control=of("separable", "tanh", DISK, 2),
        scope=SHARE,
        role="support",
    ),
    Criterion(
        "92.panel_a_follows_printed_equations",
        "largest difference between a unit's output in panel a and by the printed equations",
        identity(of("printed_error", ALL, reduce=np.max, state="trained"), ROUNDING),
        control=of("printed_error", ALL, reduce=np.min, state="untrained"),
        scope="panel a; the other panels are drawn by fig1b_chain_rule and fig1cd_backpropagation",
    ),
)
NOT_JUDGED = (
    not_judged("78 asks whether nets of the figure's units are right everywhere", metric="test_accuracy", task=DISK),
    not_judged("the same", metric="test_accuracy", nonlinearity=OTHERS),
    not_judged("drawn: a third unit is asked of the figure's tanh", metric="separable", hidden=3),
    not_judged("the disk's grid is drawn only", metric=("grid_bend", "grid_folded", "printed_error"), task=DISK),
)
