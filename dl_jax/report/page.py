"""The report page: every statement with its verdict, numbers and figures, in one HTML file."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined

from dl_jax.evidence.axes import describe_axes
from dl_jax.evidence.coverage import NotJudged
from dl_jax.evidence.criteria import Role
from dl_jax.evidence.statistics import ALPHA
from dl_jax.evidence.verdicts import Answer, Verdict, statement_answer
from dl_jax.paper.statements import Statement


@dataclass(frozen=True)
class ExperimentSection:
    """The section of one experiment: its name and docstring, the run's manifest, and the figures (SVG files).

    error: the message of an exception that ended the run, or "".
    not_judged: what is recorded and not judged, with the reasons.
    """

    name: str
    doc: str
    manifest: dict[str, Any]
    figures: Sequence[Path]
    error: str = ""
    not_judged: Sequence[NotJudged] = ()


def page(
    statements: Sequence[Statement], verdicts: Sequence[Verdict], sections: Sequence[ExperimentSection], made: str
) -> str:
    """Return the HTML of the report, with styles and figures embedded and no scripts.

    made: a sentence that says when and how the report was made.
    """
    environment = Environment(
        loader=PackageLoader("dl_jax.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": format_number, "data_uri": data_uri, "axes": describe_axes}
    rows = [_row(statement, verdicts) for statement in statements]
    counts = {answer: sum(row["answer"] is answer for row in rows) for answer in Answer}
    template = environment.get_template("report.html")
    expected = ALPHA * sum(any(row["criteria"].values()) for row in rows)
    return template.render(rows=rows, counts=counts, sections=sections, made=made, alpha=ALPHA, expected=expected)


def _row(statement, verdicts):
    """What the page says of one statement; what is exploratory is never shown as a decision."""
    verdicts = [verdict for verdict in verdicts if verdict.statement == statement.number]
    return {
        "statement": statement,
        "answer": statement_answer(verdicts),
        "exploratory": any(verdict.exploratory for verdict in verdicts if verdict.role != "support"),
        "criteria": {role: [verdict for verdict in verdicts if verdict.role == role] for role in get_args(Role)},
    }


def format_number(value: float | None) -> str:
    """Return the value with four digits, or a dash for None."""
    return "–" if value is None else f"{value:.4g}"


def data_uri(path: Path) -> str:
    """Return an SVG file as a data URI."""
    return "data:image/svg+xml;base64," + b64encode(path.read_bytes()).decode()
