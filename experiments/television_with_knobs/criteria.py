"""What the records of television_with_knobs must show."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, below, equals, exact, exceeds
from dl_jax.evidence.estimands import difference, final, first_step, metric

FEW = 100
"""Pictures in the small training set, which a net soon memorizes."""
BATCH_SIZE = 16
OUTER_KNOBS = (
    "hidden layers",
    "units",
    "nonlinearity",
    "initial weights",
    "learning rate",
    "momentum",
    "batch size",
    "epochs",
)
"""The outer knobs of this machine, in a list of our own: everything that a person sets."""
USUAL_RATE = 0.01
"""The learning rate that suits most nets of a few layers, by Bengio (2012), "Practical recommendations for
gradient-based training of deep architectures", section 3.1.1. It is what one has without tuning."""
CLASSIFIES = 0.9
"""Accuracy from which on the machine can be said to classify new pictures."""
MATTERS = 0.01
"""Accuracy; a smaller gain by tuning does not count."""


ALL_TRUE = {"pictures": "all", "labels": "true"}
ALL_SHUFFLED = {"pictures": "all", "labels": "shuffled"}


def learned(labels, reduce=None):
    """Exam accuracy at the end minus that after the first portion."""
    of = {"pictures": "all", "labels": labels}
    return difference(
        final("exam_accuracy", reduce, **of),
        lambda records: metric("exam_accuracy", reduce, step=min(records.axis("step")), **of)(records),
    )


def gain_on_usual_rate(reduce=None, **axes):
    """Test accuracy at the end at these axes minus that at the usual learning rate."""

    def at_end(reduce, **axes):
        return lambda records: records.by_seed(
            "test_accuracy", reduce, step=max(records.axis("step")), **ALL_TRUE, **axes
        )

    usual = {"learning_rate": USUAL_RATE, "selected": (True, False)}
    return difference(at_end(reduce, **axes), at_end(None, **usual))


def optimism(name):
    """Mean over all portions of a score minus test accuracy, for a net that is trained on a few pictures."""
    of = {"pictures": "few", "labels": "true"}
    return difference(metric(name, np.mean, **of), metric("test_accuracy", np.mean, **of))


def pictures_needed(labels):
    """Training pictures until nine new ones in ten are classified correctly, at any of several learning rates."""
    steps = first_step("test_accuracy", CLASSIFIES, pictures="all", labels=labels)
    return lambda records: BATCH_SIZE * steps(records)


def scope(records):
    """What the verdicts are about."""
    return f"two kinds of picture of {', '.join(records.axis('dataset'))}"


CRITERIA = (
    Criterion(
        "34.inner_knobs_per_outer",
        "number of inner knobs for each outer knob",
        exact(metric("inner_knobs_per_outer", model="net"), above=100),
        control=metric("inner_knobs_per_outer", model="one pixel"),
        scope=f"one hidden layer; the list of outer knobs is the authors' own: {', '.join(OUTER_KNOBS)}",
    ),
    Criterion(
        "35.labels_teach",
        "exam accuracy after the last portion",
        exceeds(final("exam_accuracy", **ALL_TRUE), 0.75),
        control=final("exam_accuracy", np.mean, **ALL_SHUFFLED),
        scope=scope,
    ),
    Criterion(
        "36.exam_predicts_new_pictures",
        "mean over all portions of exam accuracy minus test accuracy",
        equals(optimism("exam_accuracy"), 0.0, within=0.03),
        control=optimism("train_accuracy"),
        scope=f"{FEW} training pictures, seen many times; in the control they are the exam",
    ),
    Criterion(
        "37.update_grows_with_loss",
        "rank correlation over pictures between the loss and the norm of the gradient, the mean over all portions",
        exceeds(metric("update_and_loss_correlation", np.mean, update="gradient", **ALL_TRUE), 0.5),
        control=metric("update_and_loss_correlation", np.mean, update="sign", **ALL_TRUE),
        scope="cross-entropy; in the control each weight is moved by the sign of its derivative alone",
    ),
    Criterion(
        "37.right_answers_move_knobs",
        "share of the sum of gradient norms that belongs to pictures with a right answer, the mean over all portions",
        exceeds(metric("update_share_of_right_answers", np.mean, rule="cross-entropy", **ALL_TRUE), 0.1),
        control=metric("update_share_of_right_answers", np.mean, rule="perceptron", **ALL_TRUE),
        scope="cross-entropy; the control is the perceptron's rule, under which right answers move nothing",
        role="limit",
    ),
    Criterion(
        "38.improves_by_repetition",
        "accuracy in the last exam minus that in the first",
        exceeds(learned("true"), 0.05),
        control=learned("shuffled", np.mean),
        scope=scope,
    ),
    Criterion(
        "39.tuning_helps",
        f"test accuracy at the learning rate that the exam chose minus that at the usual one, {USUAL_RATE:g}",
        exceeds(gain_on_usual_rate(), MATTERS),
        control=gain_on_usual_rate(np.mean, selected=(True, False)),
        scope="the learning rate alone; in the control it is set without watching, to the mean over all of its values",
    ),
    Criterion(
        "40.thousands_of_pictures",
        f"training pictures, shown again or new, until {CLASSIFIES:.0%} of new ones are classified correctly",
        below(pictures_needed("true"), 10_000),
        control=pictures_needed("shuffled"),
        scope=scope,
    ),
)
NOT_JUDGED = (not_judged("the count itself, of which 34 judges the ratio", metric="inner_knobs"),)
