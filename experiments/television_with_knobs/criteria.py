"""What the records of television_with_knobs must show."""

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
"""The outer knobs of this machine: everything that a person sets."""
CLASSIFIES = 0.9
"""Accuracy from which on the machine can be said to classify new pictures."""


def learned(labels):
    """Exam accuracy at the end minus that after the first portion."""
    of = {"name": "exam_accuracy", "pictures": "all", "labels": labels}
    return difference(final(**of), lambda records: metric(**of, step=min(records.axis("step")))(records))


def gain_of_tuning(labels):
    """Test accuracy at the learning rate that the exam chose minus the mean over all learning rates."""
    of = {"name": "test_accuracy", "pictures": "all", "labels": labels}
    return difference(final(**of), final(**of, selected=(True, False)))


def optimism(name):
    """Mean over all portions of a score minus test accuracy, for a net that is trained on a few pictures."""
    of = {"pictures": "few", "labels": "true"}
    return difference(metric(name, **of), metric("test_accuracy", **of))


def pictures_needed(labels):
    """Training pictures until nine new ones in ten are classified correctly."""
    steps = first_step("test_accuracy", CLASSIFIES, pictures="all", labels=labels)
    return lambda records: BATCH_SIZE * steps(records)


def scope(records):
    """What the verdicts are about."""
    return f"two kinds of picture of {', '.join(records.axis('dataset'))}"


ALL_TRUE = {"pictures": "all", "labels": "true"}
CRITERIA = (
    Criterion(
        "34.inner_knobs_per_outer",
        "number of inner knobs for each outer knob",
        exact(metric("inner_knobs_per_outer", model="net"), above=100),
        control=metric("inner_knobs_per_outer", model="one pixel"),
        scope=f"one hidden layer; outer knobs: {', '.join(OUTER_KNOBS)}",
    ),
    Criterion(
        "35.labels_teach",
        "exam accuracy after the last portion",
        exceeds(final("exam_accuracy", **ALL_TRUE), 0.75),
        control=final("exam_accuracy", pictures="all", labels="shuffled"),
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
        "rank correlation over pictures between the loss and the norm of the gradient",
        exceeds(metric("update_and_loss_correlation", update="gradient", **ALL_TRUE), 0.5),
        control=metric("update_and_loss_correlation", update="sign", **ALL_TRUE),
        scope="cross-entropy; in the control each weight is moved by the sign of its derivative alone",
    ),
    Criterion(
        "37.right_answers_move_knobs",
        "share of the sum of gradient norms that belongs to pictures with a right answer",
        exceeds(metric("update_share_of_right_answers", rule="cross-entropy", **ALL_TRUE), 0.1),
        control=metric("update_share_of_right_answers", rule="perceptron", **ALL_TRUE),
        scope="cross-entropy; the control is the perceptron's rule, under which right answers move nothing",
        role="limit",
    ),
    Criterion(
        "38.improves_by_repetition",
        "accuracy in the last exam minus that in the first",
        exceeds(learned("true"), 0.05),
        control=learned("shuffled"),
        scope=scope,
    ),
    Criterion(
        "39.tuning_helps",
        "test accuracy at the learning rate that the exam chose minus the mean over all learning rates",
        exceeds(gain_of_tuning("true"), 0.02),
        control=gain_of_tuning("shuffled"),
        scope="the learning rate",
    ),
    Criterion(
        "40.thousands_of_pictures",
        f"training pictures until {CLASSIFIES:.0%} of new ones are classified correctly",
        below(pictures_needed("true"), 10_000),
        control=pictures_needed("shuffled"),
        scope=scope,
    ),
)
