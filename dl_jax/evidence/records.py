"""Records: what was measured, as tidy rows. One row is one number, with the seed and axes that it belongs to."""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, Any]
"""trial, seed, a key for each axis (depth, nonlinearity, ...), metric, value."""


class Missing(LookupError):
    """The records hold no such rows: what was asked for was not run."""


@dataclass(frozen=True)
class Records:
    """Rows in the order in which they were measured."""

    rows: tuple[Row, ...]

    @classmethod
    def gather(cls, parts: Iterable[Iterable[Row]]) -> "Records":
        """All rows of all parts."""
        return cls(tuple(row for part in parts for row in part))

    def where(self, **axes: Any) -> "Records":
        """The rows whose axes have these values; a tuple, list or set means any of its values."""

        def fits(row):
            return all(
                name in row
                and (row[name] in want if isinstance(want, tuple | list | set | range) else row[name] == want)
                for name, want in axes.items()
            )

        return Records(tuple(row for row in self.rows if fits(row)))

    def axis(self, name: str) -> tuple:
        """The values that an axis takes, sorted."""
        return tuple(sorted({row[name] for row in self.rows if name in row}))

    def values(self, metric: str, **axes: Any) -> np.ndarray:
        """Every value of a metric where the axes fit, as measured. Missing if there is none."""
        found = [row["value"] for row in self.where(metric=metric, **axes).rows]
        if not found:
            raise Missing(f"no {metric} at {axes}")
        return np.asarray(found, float)

    def by_seed(self, metric: str, reduce: Callable | None = None, **axes: Any) -> np.ndarray:
        """value_S: one value for each seed of the records, in the order of the seeds.

        The unit of replication is the seed, so all rows of a seed that fit are reduced to one
        (np.mean, np.max, ...); without `reduce` exactly one must fit, and ValueError says that an
        axis was left open. Missing where a seed has none.
        """
        found: dict[int, list[float]] = {seed: [] for seed in self.axis("seed")}
        for row in self.where(metric=metric, **axes).rows:
            found[row["seed"]].append(row["value"])
        if absent := [seed for seed, values in found.items() if not values]:
            raise Missing(f"no {metric} at {axes}" + (f" for seed {absent[0]}" if len(absent) < len(found) else ""))
        if reduce is None and any(len(values) > 1 for values in found.values()):
            raise ValueError(f"several {metric} a seed at {axes}: an axis is left open")
        return np.asarray([(reduce or np.mean)(values) for values in found.values()], float)

    def best(self, over: str, by: str, of: tuple[str, ...], judged: tuple[str, ...] = ("",)) -> "Records":
        """At each setting of the axes `of`, only the value of the axis `over` with the highest mean of `by`.

        This is how a learning rate is chosen on validation data: `best("learning_rate",
        by="validation_accuracy", of=("depth", "nonlinearity"))`. The mean is over the seeds, at the
        last step where there are several; a value that is not finite is the worst. Metrics whose
        names do not start with one of `judged` are kept for every value, to show what was tried.
        """
        scores: dict[tuple, dict[Any, list[float]]] = {}
        last = max(self.axis("step"), default=None)
        for row in self.where(metric=by, **{over: self.axis(over)}).rows:
            if row.get("step", last) != last:
                continue
            value = row["value"] if math.isfinite(row["value"]) else -math.inf
            scores.setdefault(tuple(map(row.get, of)), {}).setdefault(row[over], []).append(value)
        chosen = {at: max(found, key=lambda value: np.mean(found[value])) for at, found in scores.items()}

        def kept(row):
            at = tuple(map(row.get, of))
            return not row["metric"].startswith(judged) or over not in row or row[over] == chosen.get(at, row[over])

        return Records(tuple(filter(kept, self.rows)))

    def write(self, path: Path) -> None:
        """One JSON object a line; a number that is not finite becomes null."""
        with path.open("w", encoding="utf-8") as lines:
            for row in self.rows:
                value = row["value"] if math.isfinite(row["value"]) else None
                lines.write(json.dumps({**row, "value": value}, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Records":
        """What `write` wrote; null becomes NaN."""
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: a name may hold its other line ends
        rows = [json.loads(line) for line in lines if line]
        return cls(tuple({**row, "value": math.nan if row["value"] is None else row["value"]} for row in rows))


Estimand = Callable[[Records], np.ndarray]
"""What a criterion is about: one value for each seed, value_S."""
