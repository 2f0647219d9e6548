"""Records: measured numbers as tidy rows, and arrays beside them, each with the seed and axes that it belongs to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dl_jax.evidence.arrays import NamedArray, arrays_beside, read_arrays, write_arrays
from dl_jax.evidence.axes import describe_axes
from dl_jax.evidence.lines import as_line, of_line
from dl_jax.evidence.named import Label, Named
from dl_jax.evidence.tables import records_as_html

if TYPE_CHECKING:
    import pandas

Row = dict[str, Any]
"""trial, seed, a key for each axis (depth, nonlinearity, ...), metric, value. A fact has no seed."""
Metrics = Mapping[str, Any]
"""{name: value}: a scalar, a `Named`, or a list of `Named` with different coordinates."""


HIDDEN: dict[str, Any] = {"selected": True, "trained": 1.0}
"""What a row without these columns has there. Rows with another value are found only where the column is named: trials
that were not selected, and what was measured when a share of the training was done."""


class Missing(LookupError):
    """The records hold no such rows: they were not measured."""


@dataclass(frozen=True)
class Records:
    """Rows and arrays in the order in which they were measured."""

    rows: tuple[Row, ...] = ()
    arrays: tuple[NamedArray, ...] = ()
    reads: list[Row] | None = field(default=None, compare=False, repr=False)
    """A list that notes the rows of a metric that are found; None notes nothing."""

    @classmethod
    def gather(cls, parts: Iterable["Records | Iterable[Row]"]) -> "Records":
        """The rows and arrays of all parts."""
        records = [part if isinstance(part, cls) else cls(tuple(part)) for part in parts]
        return cls(
            tuple(row for part in records for row in part.rows), tuple(each for part in records for each in part.arrays)
        )

    def __iter__(self):
        """Iterate over the rows."""
        return iter(self.rows)

    def where(self, **axes: Any) -> "Records":
        """The rows and arrays whose axes have these values; a tuple, list, set or range means any of its values.

        HIDDEN rows are left out, such as those that a selection did not choose, unless the column is named:
        selected=(True, False).
        """
        axes = HIDDEN | axes
        rows = tuple(row for row in self.rows if _fits(row, axes))
        if self.reads is not None and "metric" in axes:
            self.reads.extend(rows)
        arrays = tuple(each for each in self.arrays if _fits({**each.at, "metric": each.metric}, axes))
        return Records(rows, arrays, self.reads)

    def axis(self, name: str) -> tuple:
        """The values that an axis takes in the rows, sorted; selected or not."""
        return tuple(sorted({row[name] for row in self.rows if name in row}))

    def earlier(self) -> "Records":
        """The records as they were when three quarters of each training were done, where that was measured."""
        early = {_point(row): row["value"] for row in self.rows if "trained" in row}
        rows = (row for row in self.rows if "trained" not in row)
        return Records(tuple({**row, "value": early.get(_point(row), row["value"])} for row in rows), self.arrays)

    def values(self, metric: str, **axes: Any) -> np.ndarray:
        """Every value of a metric where the axes fit, as measured. Missing if there is none."""
        values = [row["value"] for row in self.where(metric=metric, **axes).rows]
        if not values:
            raise Missing(f"no {metric} at {describe_axes(axes)}")
        return np.asarray(values, float)

    def by_seed(self, metric: str, reduce: Callable | None = None, **axes: Any) -> np.ndarray:
        """value_S: one value for each seed of the records, in the order of the seeds; of a fact, a single value.

        The unit of replication is the seed, so all rows of a seed that fit are reduced to one
        (np.mean, np.max, ...); without `reduce` exactly one must fit, and ValueError says that an
        axis was left open. Missing where a seed has none.
        """
        rows = self.where(metric=metric, **axes).rows
        facts = [row["value"] for row in rows if "seed" not in row]
        found: dict[Any, list[float]] = {None: facts} if facts else {seed: [] for seed in self.axis("seed")}
        for row in rows:
            if "seed" in row and facts:
                raise ValueError(f"{metric} is a fact in some rows and has a seed in others")
            if "seed" in row:
                found[row["seed"]].append(row["value"])
        if absent := [seed for seed, values in found.items() if not values]:
            raise Missing(
                f"no {metric} at {describe_axes(axes)}" + (f" for seed {absent[0]}" if len(absent) < len(found) else "")
            )
        if reduce is None and any(len(values) > 1 for values in found.values()):
            raise ValueError(f"several {metric} a seed at {describe_axes(axes)}: an axis is left open")
        return np.asarray([(reduce or np.mean)(values) for values in found.values()], float)

    def array(self, metric: str, **axes: Any) -> NamedArray:
        """The array of this metric where the axes fit. Missing without one, ValueError if there are several."""
        found = self.where(metric=metric, **axes).arrays
        if not found:
            raise Missing(f"no array {metric} at {describe_axes(axes)}")
        if len(found) > 1:
            raise ValueError(f"{len(found)} arrays {metric} at {describe_axes(axes)}: an axis is left open")
        return found[0]

    def with_axes(self, **axes: Label) -> "Records":
        """The same numbers with more columns, of which each has one value."""
        arrays = (NamedArray(each.metric, {**each.at, **axes}, each.axes, each.values) for each in self.arrays)
        return Records(
            tuple({**row, **axes, "metric": row["metric"], "value": row["value"]} for row in self.rows), tuple(arrays)
        )

    def to_pandas(self) -> "pandas.DataFrame":
        """The rows as a tidy pandas DataFrame, without those of three quarters of a training.

        ModuleNotFoundError says what to install where pandas is missing.
        """
        try:
            import pandas
        except ModuleNotFoundError:
            raise ModuleNotFoundError("to_pandas needs pandas: pip install pandas") from None
        return pandas.DataFrame([row for row in self.rows if "trained" not in row])

    def __repr__(self) -> str:
        metrics = dict.fromkeys([*(row["metric"] for row in self.rows), *(each.metric for each in self.arrays)])
        return f"<Records: {len(self.rows)} rows, {len(self.arrays)} arrays; metrics {', '.join(metrics) or 'none'}>"

    def _repr_html_(self) -> str:
        return records_as_html(self)

    def write(self, path: Path) -> None:
        """Write a JSON object a line; and the arrays, if any, in a file beside.

        NaN is null, and infinity 1e999, a number in JSON's grammar that every reader takes for infinite.

        That file is arrays.npz beside records.jsonl, and NAME.npz beside any other NAME.jsonl. It is written first.
        """
        if self.arrays:
            write_arrays(arrays_beside(path), self.arrays)
        with path.open("w", encoding="utf-8") as lines:
            for row in self.rows:
                lines.write(as_line(row) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Records":
        """What `write` wrote; null becomes NaN."""
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: a name may hold its other line ends
        return cls(tuple(of_line(line) for line in lines if line), read_arrays(arrays_beside(path)))


def measured(metrics: Metrics, **axes: Label) -> Records:
    """The records of metrics that were measured at one point of the axes. Without a `seed` they are facts.

    A scalar gives a row, `named` a row for each number, `array` an array. Values may be NumPy or JAX arrays.
    """
    rows: list[Row] = []
    arrays: list[NamedArray] = []
    for metric, value in metrics.items():
        for each in value if isinstance(value, Sequence) else (value,):
            if not isinstance(each, Named):
                rows.append({**axes, "metric": metric, "value": float(each)})
            elif each.whole:
                arrays.append(NamedArray(metric, {**axes, **dict(each.at)}, each.labels(), np.asarray(each.value)))
            else:
                at, labels = dict(each.at), each.labels()
                for where, number in zip(product(*labels.values()), np.ravel(each.value), strict=True):
                    point = dict(zip(labels, where, strict=True))
                    rows.append({**axes, **at, **point, "metric": metric, "value": float(number)})
    return Records(tuple(rows), tuple(arrays))


def _point(row) -> frozenset:
    """What a row is about: all its columns but the value, and how much of the training was done."""
    return frozenset(item for item in row.items() if item[0] not in ("value", "trained"))


def _fits(row, axes):
    def fits(name, want):
        if name not in row and name not in HIDDEN:
            return False
        label = row.get(name, HIDDEN.get(name))
        return label in want if isinstance(want, tuple | list | set | range) else label == want

    return all(fits(name, want) for name, want in axes.items())


Estimand = Callable[[Records], np.ndarray]
"""What a criterion is about: one value for each seed, value_S."""
