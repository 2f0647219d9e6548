"""What is needed before anything is decided: flat curves, a learning rate inside its grid, enough test examples."""

from collections.abc import Iterator, Sequence

import numpy as np

from dl_jax.evidence.criteria import Comparison
from dl_jax.evidence.records import Missing, Records, Row

EXAMPLES = 3
"""A margin of fewer test examples than this is not judged."""
ON_TEST = ("test_accuracy", "test_error_rate")
"""Metrics that are a share of the test examples."""
QUARTER = 0.25
"""Share of the distance to the nearest edge by which the last quarter of a training may move the median."""


def not_settled(records: Records, reads: Sequence[Row], test: Comparison, value_S: np.ndarray, inside: bool) -> str:
    """Return why a decision would be premature, or "".

    A curve still moves if the last quarter of the training brought the median towards the edge of the region, so that
    going on could turn the decision, by more than QUARTER of its distance from the edge or of the margin.

    reads:  the rows that the criterion reads.
    inside: the decision: the values lie inside the region, or outside.
    """
    if note := too_few_examples(records, reads, test):
        return note
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
        allowed = QUARTER * min(abs(float(np.median(now_S))), test.margin)
    if moved > allowed:
        return f"still rising: the last quarter of the training moved it by {moved:.2g} towards the edge"
    return ""


def too_few_examples(records: Records, reads: Sequence[Row], test: Comparison) -> str:
    """Return why a margin in shares of the test set is too small to be judged on it, or ""."""
    on_test = [row for row in reads if row["metric"] in ON_TEST]
    counts = [row["value"] for row in _of_trainings(records, "test_examples", on_test)]
    if not counts or test.margin * min(counts) >= EXAMPLES:
        return ""
    return f"the margin is less than {EXAMPLES} of {min(counts):.0f} test examples"


def diverged(records: Records, reads: Sequence[Row]) -> int:
    """Return how many of the trainings whose metrics were read diverged."""
    return sum(row["value"] >= 0 for row in _of_trainings(records, "diverged_at", reads))


def _of_trainings(records, metric, reads) -> Iterator[Row]:
    """Yield the rows of a metric of whole trainings, of those of which any of the rows was read."""
    seen: dict[tuple, set] = {}
    for row in records.rows:
        if row["metric"] == metric:
            names = tuple(name for name in row if name not in ("metric", "value", "step"))
            if names not in seen:
                seen[names] = {tuple(map(each.get, names)) for each in reads}
            if tuple(map(row.get, names)) in seen[names]:
                yield row
