"""The 109 statements of the paper, read from statements.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Statement:
    """One statement of the paper in our own words; statements.toml explains the fields."""

    number: int
    place: str
    kind: tuple[str, ...]
    en: str
    zh: str
    experiment: tuple[str, ...] = ()
    reason: str = ""
    counter: str = ""
    note: str = ""
    bold: bool = False
    note_taker: bool = False


@cache
def statements() -> tuple[Statement, ...]:
    """Return all statements in the order of the paper."""
    with (Path(__file__).parent / "statements.toml").open("rb") as file:
        rows: list[dict[str, Any]] = tomllib.load(file)["statement"]

    def statement(row: dict[str, Any]) -> Statement:
        values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}
        return Statement(**values)

    return tuple(map(statement, rows))
