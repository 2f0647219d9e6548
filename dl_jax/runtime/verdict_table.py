"""Verdicts as text."""

from dl_jax.evidence.verdicts import Verdict


def table(verdicts: list[Verdict]) -> str:
    """Return the verdicts as text, one per line."""

    def line(verdict):
        mark = " (counter-evidence)" if verdict.counter_evidence else ""
        note = f"  [{verdict.note}]" if verdict.note else ""
        return f"{verdict.statement:>4}  {result(verdict)} {verdict.title}{mark}{note}"

    return "\n".join(map(line, verdicts))


def result(verdict: Verdict) -> str:
    """Return the answer of a verdict, its estimate with interval, and the number of seeds, in columns."""
    interval = f"[{_number(verdict.low)}, {_number(verdict.high)}]"
    seeds = "exact" if verdict.exact else f"n={verdict.n}"
    return f"{verdict.verdict:<12} {_number(verdict.estimate):>9} {interval:<22} {seeds:<5}"


def _number(value):
    return "-" if value is None else f"{value:.4g}"
