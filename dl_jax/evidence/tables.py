"""Records and verdicts as tables: text for a terminal, HTML for a notebook."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dl_jax.evidence.records import Records
    from dl_jax.evidence.verdicts import Verdict


def number(value: float | None) -> str:
    """Four significant digits, and a dash for None."""
    return "-" if value is None else f"{value:.4g}"


def sample(verdict: "Verdict") -> str:
    """What an estimate is based on: "exact" for a fact, else the number of seeds and how many of them failed."""
    return "exact" if verdict.exact else f"n={verdict.n}" + (f", {verdict.failed} fail" if verdict.failed else "")


def verdicts_as_text(verdicts: Iterable["Verdict"]) -> str:
    """A line for each verdict: statement, answer, estimate, interval, seeds, failures, title, role, note."""

    def line(verdict):
        interval = "" if verdict.exact else f"[{number(verdict.low)}, {number(verdict.high)}]"
        mark = f" ({verdict.role})" if verdict.role != "core" else ""
        note = f"  [{verdict.note}]" if verdict.note else ""
        return (
            f"{verdict.statement:>4}  {verdict.verdict:<12} {number(verdict.estimate):>9} {interval:<22} "
            f"{sample(verdict):<12} {verdict.title}{mark}{note}"
        )

    return "\n".join(map(line, verdicts))


def verdicts_as_html(verdicts: Iterable["Verdict"]) -> str:
    """A table with a row for each verdict."""
    titles = ("criterion", "role", "verdict", "estimate", "interval", "control", "seeds", "failed", "scope", "note")

    def cells(verdict):
        interval = "" if verdict.exact else f"{number(verdict.low)} to {number(verdict.high)}"
        return (
            f"{verdict.key}: {verdict.title}",
            verdict.role,
            str(verdict.verdict),
            number(verdict.estimate),
            interval,
            number(verdict.control),
            "exact" if verdict.exact else str(verdict.n),
            str(verdict.failed),
            verdict.scope,
            verdict.note,
        )

    return _table(titles, map(cells, verdicts))


def records_as_html(records: "Records") -> str:
    """A table with a row for each metric: how many numbers there are, on which axes, and their range."""

    def cells(metric):
        rows = [row for row in records.rows if row["metric"] == metric]
        arrays = [each for each in records.arrays if each.metric == metric]
        axes = dict.fromkeys(name for row in rows for name in row if name not in ("metric", "value"))
        axes |= dict.fromkeys(name for each in arrays for name in (*each.at, *each.axes))
        values = np.asarray([row["value"] for row in rows])
        finite = values[np.isfinite(values)]
        what = f"{len(rows)} rows" if rows else f"{len(arrays)} arrays of {np.shape(arrays[0].values)}"
        return metric, what, ", ".join(axes), *(number(f(finite)) if len(finite) else "-" for f in (np.min, np.max))

    metrics = dict.fromkeys([*(row["metric"] for row in records.rows), *(each.metric for each in records.arrays)])
    return _table(("metric", "count", "axes", "least", "largest"), map(cells, metrics))


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
