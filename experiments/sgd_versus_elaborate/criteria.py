"""What the records must show: how far each method has come on a budget, and how soon it is near the optimum."""

import numpy as np

from dl_jax.evidence.criteria import Criterion, below, exceeds
from experiments.sgd_versus_elaborate.problems import FEW, FEWER, SPREAD

SIMPLE, ELABORATE = ("SGD", "SGD with momentum"), ("L-BFGS", "conjugate gradients", "Newton-CG")
CLOSE, CLOSER = 0.01, 0.0001
"""Relative distances above the optimum: that of the published comparison, and one that asks for much accuracy."""
FASTER = 10.0
HALF, TENTH = np.log10(2.0), 1.0
"""Decades of the training objective."""
MATTERS = 0.01
"""Test error rate; a smaller difference does not count."""


def least(name, methods, metric="objective"):
    """The lowest value that any of the methods has at the end of the budget, seed by seed."""

    def estimand(records):
        records.values(metric, problem=name)  # raises Missing where the problem was not run
        there = records.where(problem=name)
        ran = [method for method in methods if method in there.axis("method")]
        return records.by_seed(metric, np.min, problem=name, method=ran, passes=max(there.axis("passes"), default=0))

    return estimand


def decades(name):
    """By how many decades the objective of the best elaborate method lies above that of the best simple one."""
    return lambda records: np.log10(least(name, ELABORATE)(records)) - np.log10(least(name, SIMPLE)(records))


def apart(first, second):
    """By how much the test error rate on images of the best of the first methods lies above that of the second."""
    above, below = (least("copied images", methods, "test_error_rate") for methods in (first, second))
    return lambda records: above(records) - below(records)


def passes_until(records, name, method, above):
    """Passes until the objective is within `above` of the optimum, relative; the whole budget if it never is."""
    there, passes_K = {"problem": name}, np.array(records.where(problem=name).axis("passes"))
    optimum_S = records.by_seed("objective", np.min, **there)
    value_KxS = np.stack([records.by_seed("objective", method=method, passes=passes, **there) for passes in passes_K])
    excess_KxS = np.log10(np.maximum(value_KxS / optimum_S - 1, 1e-9))
    return 10 ** np.array([crossing(np.log10(passes_K), excess_K, np.log10(above)) for excess_K in excess_KxS.T])


def crossing(x_K, y_K, level):
    """Where y first comes down to the level, on a straight line between two points; the last x if it never does."""
    at = np.argmax(y_K <= level)
    if not y_K[at] <= level:
        return x_K[-1]
    return x_K[0] if at == 0 else np.interp(level, y_K[[at, at - 1]], x_K[[at, at - 1]])


def sooner(above, name="documents"):
    """Passes of the fastest elaborate method over those of SGD, to within `above` of the optimum."""

    def estimand(records):
        ran = records.where(problem=name).axis("method")
        soonest_S = [passes_until(records, name, method, above) for method in ELABORATE if method in ran or not ran]
        return np.min(soonest_S, 0) / passes_until(records, name, "SGD", above)

    return estimand


IMAGES = "images with copies, at the end of the budget"
CRITERIA = (
    Criterion(
        "67.images_training_objective",
        "training objective on copied images of the best elaborate method above that of SGD, in decades",
        exceeds(decades("copied images"), HALF),
        control=decades("unlike units"),
        scope=IMAGES,
    ),
    Criterion(
        "67.images_test_error_rate",
        "test error rate on copied images of the best elaborate method minus that of SGD",
        exceeds(apart(ELABORATE, ["SGD"]), MATTERS),
        control=apart(ELABORATE, ["gradient descent"]),
        scope=f"{IMAGES}; in the control SGD takes all examples at each step",
    ),
    Criterion(
        "67.adam_gains_nothing",
        "test error rate on copied images of SGD minus that of Adam",
        below(apart(["SGD"], ["Adam"]), MATTERS),
        control=apart(["gradient descent"], ["Adam"]),
        scope=IMAGES,
    ),
    Criterion(
        "67.documents_ten_times_faster",
        "passes over the documents to within 1 % of the optimum: those of the fastest elaborate method over SGD's",
        exceeds(sooner(CLOSE), FASTER),
        control=sooner(CLOSE, "fewer documents"),
        scope=f"documents; in the control there are {FEWER} times fewer",
    ),
    Criterion(
        "67.fewer_documents_less_so",
        "with a tenth of the documents, passes to within 1 % of the optimum: the fastest elaborate method's over SGD's",
        below(sooner(CLOSE, "fewer documents"), FASTER),
        control=sooner(CLOSE),
        scope="documents",
        role="limit",
    ),
    Criterion(
        "67.elaborate_more_accurate",
        "passes over the documents to within 0.01 % of the optimum: the fastest elaborate method's over SGD's",
        below(sooner(CLOSER), 1.0),
        control=sooner(CLOSE),
        scope="documents; in the control within 1 %",
        role="limit",
    ),
    Criterion(
        "67.ill_conditioned",
        "training objective on inputs in unlike units of the best elaborate method above that of SGD, in decades",
        below(decades("unlike units"), -TENTH),
        control=decades("copied images"),
        scope=f"least squares of condition {SPREAD**2:.0e}, {FEW['unlike units']} examples",
        role="limit",
    ),
    Criterion(
        "67.small_net",
        "training objective of a small net with the best elaborate method above that with SGD, in decades",
        below(decades("small net"), -HALF),
        control=decades("copied images"),
        scope=f"3-10-1 tanh units, {FEW['small net']} examples",
        role="limit",
    ),
)
