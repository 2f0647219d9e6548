"""Outcomes that are recorded and not judged, each with a reason."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from dl_jax.evidence.criteria import Criterion
from dl_jax.evidence.records import Records


class NotJudged(NamedTuple):
    """Rows that no criterion reads: their axes, "metric" among them, and the reason."""

    axes: dict[str, Any]
    reason: str


def not_judged(reason: str, **axes: Any) -> NotJudged:
    """Return the declaration that the rows at these axes (as for `Records.where`) are recorded but not judged.

    not_judged("drawn only", metric="train_accuracy")
    not_judged("a control of the figure", metric="test_accuracy", nonlinearity="identity")
    """
    return NotJudged(axes, reason)


OF_EVERY_TRAINING = ("train_loss", "diverged_at", "test_examples", "seconds")
"""Metrics that a sweep adds by itself."""
REPETITIONS = ("trial", "seed", "step", "trained", "experiment")
NOT_AN_OUTCOME = ("metric", "value", *REPETITIONS, "learning_rate", "selected", "at_edge")
"""Columns that are not an outcome by themselves: repetitions, curves, and what a selection chooses from."""


def unread(records: Records, criteria: Iterable[Criterion], excused: Iterable[NotJudged] = ()) -> list[str]:
    """Return what was recorded and neither judged nor declared as not judged: "metric" or "metric at axis value".

    A metric is judged at a value of an axis if any criterion reads a row there, for its estimand or its control.
    """
    reads: list = []
    traced = Records(records.rows, records.arrays, reads)
    for criterion in criteria:
        for estimand in (criterion.test.estimand, criterion.control):
            with suppress(Exception):  # what cannot be computed is a verdict's matter; what it read until then counts
                estimand(traced)
    for each in excused:
        reads += records.where(**each.axes).rows
    measured = [
        row for row in records.rows if row["metric"] not in OF_EVERY_TRAINING and row.get("selected") is not False
    ]
    missing = _outcomes(measured) - _outcomes(reads)
    whole = {metric for metric, axis, _ in missing if axis is None}
    return sorted(
        metric if axis is None else f"{metric} at {axis} {label}"
        for metric, axis, label in missing
        if axis is None or metric not in whole
    )


def _outcomes(rows) -> set[tuple]:
    found = set()
    for row in rows:
        found.add((row["metric"], None, None))
        found |= {(row["metric"], axis, label) for axis, label in row.items() if axis not in NOT_AN_OUTCOME}
    return found
