"""One page for all: every statement with its verdict, numbers and picture, in a single file."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dl_jax.evidence.verdicts import Answer, Verdict, together
from dl_jax.paper.statements import Statement


@dataclass(frozen=True)
class Chapter:
    """What one experiment contributes: its title and docstring, manifest, and figures (SVG files)."""

    name: str
    doc: str
    manifest: dict[str, Any]
    figures: Sequence[Path]
    error: str = ""


def page(statements: Sequence[Statement], verdicts: Sequence[Verdict], chapters: Sequence[Chapter], made: str) -> str:
    """The HTML of report.html: no script from elsewhere, no file beside it."""
    environment = Environment(
        loader=PackageLoader("dl_jax.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "embedded": embedded}
    rows = [_row(statement, verdicts) for statement in statements]
    counts = {answer: sum(row["answer"] is answer for row in rows) for answer in Answer}
    template = environment.get_template("report.html")
    return template.render(rows=rows, counts=counts, chapters=chapters, made=made)


def _row(statement, verdicts):
    own = [verdict for verdict in verdicts if verdict.statement == statement.number]
    return {
        "statement": statement,
        "answer": together(own),
        "criteria": [verdict for verdict in own if not verdict.counter],
        "counters": [verdict for verdict in own if verdict.counter],
    }


def number(value: float | None) -> str:
    """Four digits, or a dash for what has no value."""
    return "–" if value is None else f"{value:.4g}"


def embedded(path: Path) -> str:
    """A picture as a data URI."""
    return "data:image/svg+xml;base64," + b64encode(path.read_bytes()).decode()
