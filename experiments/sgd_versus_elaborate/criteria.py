"""What the records of sgd_versus_elaborate must show."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, below, exceeds
from experiments.sgd_versus_elaborate.estimands import ELABORATE, SGD, SIMPLE, apart, decades, delay, lead
from experiments.sgd_versus_elaborate.problems import FEW, FEWER, SPREAD

CLOSE, CLOSER = 0.01, 0.0001
"""Relative distances above the optimum: that of the published comparison, and one that asks for much accuracy."""
FASTER = 10.0
"""The factor of the published comparison."""
HALF, TENTH = np.log10(2.0), 1.0
"""Decades of the training objective."""
MATTERS = 0.01
"""Test error rate; a smaller difference does not count. Of 359 digits it is three and a half."""

IMAGES = "images with copies, at the end of the budget"
CRITERIA = (
    Criterion(
        "67.images_training_objective",
        "training objective on copied images of the best elaborate method above that of SGD, in decades",
        exceeds(decades("copied images", SGD), HALF),
        control=decades("unlike units", SGD),
        scope=f"{IMAGES}; control: ill-conditioned least squares",
    ),
    Criterion(
        "67.images_test_error_rate",
        "test error rate on copied images of the best elaborate method minus that of SGD",
        exceeds(apart(ELABORATE, SGD), MATTERS),
        control=apart(ELABORATE, ["gradient descent"]),
        scope=f"{IMAGES}; in the control SGD takes all examples at each step",
    ),
    Criterion(
        "67.documents_ten_times_faster",
        "passes over the documents to within 1 % of the optimum: those of the fastest elaborate method over SGD's",
        exceeds(lead(CLOSE), FASTER),
        control=lead(CLOSE, "fewer documents"),
        scope=f"generated documents; in the control there are {FEWER} times fewer, which are less redundant",
    ),
    Criterion(
        "67.adam_gains_nothing",
        "test error rate on copied images of SGD minus that of Adam",
        below(apart(SGD, ["Adam"]), MATTERS),
        control=apart(["gradient descent"], ["Adam"]),
        scope=f"{IMAGES}; in the control SGD takes all examples at each step",
        role="support",
    ),
    Criterion(
        "67.elaborate_more_accurate",
        "passes over fewer documents to within 0.01 % of the optimum: SGD's over those of the fastest elaborate method",
        exceeds(delay(CLOSER, "fewer documents"), 1.0),
        control=delay(CLOSE, "fewer documents"),
        scope=f"generated documents, {FEWER} times fewer; in the control within 1 %",
        role="limit",
    ),
    Criterion(
        "67.ill_conditioned",
        "training objective on inputs in unlike units of the best elaborate method above that of SGD, in decades",
        below(decades("unlike units", SIMPLE), -TENTH),
        control=decades("copied images", SIMPLE),
        scope=f"least squares, condition {SPREAD**2:.0e}, {FEW['unlike units']} examples; SGD with or without momentum",
        role="limit",
    ),
    Criterion(
        "67.small_net",
        "training objective of a small net with the best elaborate method above that with SGD, in decades",
        below(decades("small net", SIMPLE), -HALF),
        control=decades("copied images", SIMPLE),
        scope=f"3-10-1 tanh units, {FEW['small net']} examples; SGD with or without momentum",
        role="limit",
    ),
)
NOT_JUDGED = (
    not_judged("not selected by validation data", selected=False),
    not_judged("chooses hyperparameters", metric="validation_score"),
    not_judged("the small problems are about the training objective", metric="test_loss"),
    not_judged(
        "documents are about the passes to the optimum, as the published comparison; of images, the way to the budget",
        metric="test_error_rate",
    ),
    not_judged(
        "drawn: the way to the budget, and methods that no criterion names",
        metric="objective",
        problem=("copied images", "unlike units", "small net"),
    ),
)
