"""Choosing a hyperparameter, as a pure function of the records."""

import math
from typing import Any

import numpy as np

from dl_jax.evidence.arrays import NamedArray
from dl_jax.evidence.records import Records


def select(records: Records, *, over: str, by: str, within: tuple[str, ...]) -> Records:
    """Add the column `selected`: at each point of the axes `within`, whether the value of `over` has the best `by`.

    over:   the hyperparameter, such as "learning_rate"; rows without it stay as they are.
    by:     the metric to maximise, such as "validation_accuracy": its mean over the seeds, at a trial's last step
            where there are several. A value that is not finite is the worst.
    within: axes at each of which a choice is made.

    Nothing is dropped: `Records.where` leaves out what was not selected unless `selected` is named. Where the best
    number is the least or the greatest of several, the column `at_edge` is True: a better one may lie beyond.
    """
    rows = records.where(metric=by, **{over: records.axis(over)}).rows
    last: dict[tuple, int] = {}
    scores: dict[tuple, dict[Any, list[float]]] = {}
    points = [(tuple(map(row.get, within)), row[over]) for row in rows]
    for row, point in zip(rows, points, strict=True):
        last[point] = max(last.get(point, 0), row.get("step", 0))
    for row, (at, value) in zip(rows, points, strict=True):
        if row.get("step", 0) == last[at, value]:
            score = row["value"] if math.isfinite(row["value"]) else -math.inf
            scores.setdefault(at, {}).setdefault(value, []).append(score)
    best = {at: _best(found) for at, found in scores.items()}

    def marked(at):
        if over not in at:
            return at
        point, value = tuple(map(at.get, within)), at[over]
        if point not in best:
            return {**at, "selected": True}
        edge = value == best[point] and _at_edge(value, scores[point])
        return {**at, "selected": value == best[point], **({"at_edge": True} if edge else {})}

    def marked_row(row):
        axes = {name: value for name, value in row.items() if name not in ("metric", "value")}
        return {**marked(axes), "metric": row["metric"], "value": row["value"]}

    return Records(
        tuple(map(marked_row, records.rows)),
        tuple(NamedArray(each.metric, marked(each.at), each.axes, each.values) for each in records.arrays),
    )


def _best(scores):
    """The value with the best mean; not one at the edge of its grid if its neighbour is as good.

    That is one standard error of the difference, seed by seed: where no value helps, the best is at the edge by chance.
    """
    best = max(scores, key=lambda value: np.mean(scores[value]))
    if len(scores) < 3 or not _at_edge(best, scores):
        return best
    order = sorted(scores)
    inner = order[1] if best == order[0] else order[-2]
    if len(scores[inner]) != len(scores[best]):
        return best
    gain_S = np.subtract(scores[best], scores[inner])
    error = np.std(gain_S, ddof=1) / np.sqrt(len(gain_S)) if len(gain_S) > 1 else 0.0
    return inner if np.mean(gain_S) <= error else best


def _at_edge(value, tried):
    """Whether a number is the least or the greatest of several; names have no edge."""
    return len(tried) > 1 and not isinstance(value, str) and value in (min(tried), max(tried))
