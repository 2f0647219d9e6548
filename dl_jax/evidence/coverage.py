"""Outcomes that are recorded and not judged, each with a reason."""

from typing import Any, NamedTuple


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
