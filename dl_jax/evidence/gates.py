"""What a training must have reached before it decides anything: a flat curve, and a learning rate inside its grid."""

from collections.abc import Sequence

import numpy as np

from dl_jax.evidence.criteria import Comparison
from dl_jax.evidence.records import Missing, Records, Row

QUARTER = 0.25
"""Share of the room to the nearest edge that the last quarter of a training may use up."""


def not_settled(records: Records, reads: Sequence[Row], test: Comparison, value_S: np.ndarray, inside: bool) -> str:
    """Return why a decision would be premature, or "".

    A curve still moves if the last quarter of the training brought the median towards the edge of the region, so that
    going on could turn the decision, by more than QUARTER of its distance from the edge or of the margin.

    reads:  the rows that the criterion reads.
    inside: the decision: the values lie inside the region, or outside.
    """
    if any(row.get("at_edge") for row in reads):
        return "the chosen hyperparameter lies at the edge of its grid"
    if not any("trained" in row for row in records.rows):
        return ""
    try:
        early_S = np.asarray(test.estimand(records.earlier()), float)
    except Missing:
        return ""
    now_S, before_S = test.region.depth(value_S), test.region.depth(early_S)
    with np.errstate(invalid="ignore"):
        moved = float(np.median(now_S - before_S)) * (-1 if inside else 1)
        room = min(abs(float(np.median(now_S))), test.margin)
    if moved > QUARTER * room:
        return f"still rising: the last quarter of the training moved it by {moved:.2g} towards the edge"
    return ""


def diverged(records: Records, reads: Sequence[Row]) -> int:
    """Return how many of the trainings whose metrics were read diverged."""
    bad = [row for row in records.rows if row["metric"] == "diverged_at" and row["value"] >= 0]

    def was_read(training):
        axes = {name: label for name, label in training.items() if name not in ("metric", "value", "step")}
        return any(all(row.get(name) == label for name, label in axes.items()) for row in reads)

    return sum(map(was_read, bad))
