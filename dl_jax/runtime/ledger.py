"""The ledger: when each criterion was fixed, with which measures, why it changed, which seeds had been used before.

A run that confirms takes its seeds from the ledger itself: a changed criterion has fresh seeds, on which nobody can
have tuned it. A verdict is exploratory if its criterion is not in the ledger as it stands, or if the seeds are others.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dl_jax import evidence
from dl_jax.runtime import code

if TYPE_CHECKING:
    from dl_jax.runtime.experiment import Experiment

LEDGER = Path(evidence.__file__).with_name("ledger.toml")
REPETITIONS = 100
"""Independent sets of seeds that one state of the ledger gives."""
LEAST_SEED, MOST_SEED = 10_000, 10**9
"""Seeds below are for exploration."""


class Change(NamedTuple):
    """An entry of the ledger: criteria of one experiment that were fixed or changed on one day.

    criteria: {key: "role fingerprint"}. seen: seeds on which anybody may have looked before, as "first-last".
    """

    experiment: str
    day: date
    why: str
    seen: tuple[str, ...]
    criteria: Mapping[str, str]


@cache
def read(path: Path) -> tuple[Change, ...]:
    """Return the entries of the ledger, the oldest first."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("change", [])
    return tuple(
        Change(
            entry["experiment"],
            entry["date"],
            entry["why"],
            tuple(entry["seen"]),
            dict(line.split(" ", 1) for line in entry["criteria"]),
        )
        for entry in entries
    )


def of(name: str) -> list[Change]:
    """Return the entries of one experiment, the oldest first."""
    return [change for change in read(LEDGER) if change.experiment == name]


def fixed(name: str) -> dict[str, str]:
    """Return {key: "role fingerprint"} of an experiment's criteria by their newest entries."""
    return {key: value for change in of(name) for key, value in change.criteria.items()}


def as_it_stands(experiment: "Experiment") -> dict[str, str]:
    """Return {key: "role fingerprint"} of an experiment's criteria in the code.

    The fingerprint changes with the criterion, with the experiment's own code and with every measure that it imports;
    layout, comments, docstrings and figures do not count.
    """
    measures = code.substance(code.deciding_code(Path(experiment.file)))

    def fingerprint(criterion):
        test = criterion.test
        parts = (criterion.key, criterion.title, test.region, test.interval.__name__, criterion.role, measures)
        return sha256(repr(parts).encode()).hexdigest()[:12]

    return {criterion.key: f"{criterion.role} {fingerprint(criterion)}" for criterion in experiment.criteria}


def changed(experiment: "Experiment") -> dict[str, str]:
    """Return those of `as_it_stands` that are not in the ledger."""
    by_ledger = fixed(experiment.name)
    return {key: value for key, value in as_it_stands(experiment).items() if by_ledger.get(key) != value}


def first_seed(name: str, repetition: int = 0) -> int:
    """Return the first seed of a confirmatory run; 0, a seed for exploration, if the ledger has no such experiment."""
    changes = of(name)
    digest = sha256(repr((changes, repetition)).encode()).hexdigest()
    return LEAST_SEED + int(digest, 16) % (MOST_SEED - LEAST_SEED - 1000) if changes else 0


def exploratory(experiment: "Experiment", first: int, measured_by: str) -> set[str]:
    """Return the keys of criteria that do not confirm anything on these records.

    first:       the run's first seed.
    measured_by: `digest` when the records were measured: later criteria may have been made for them.
    """
    fresh = first in {first_seed(experiment.name, repetition) for repetition in range(REPETITIONS)}
    if not fresh or measured_by != digest(experiment):
        return {criterion.key for criterion in experiment.criteria}
    return set(changed(experiment))


def digest(experiment: "Experiment") -> str:
    """Return twelve hexadecimal digits that change with any criterion."""
    return sha256(repr(as_it_stands(experiment)).encode()).hexdigest()[:12]


def append(experiment: "Experiment", why: str, seen: Sequence[str], day: date) -> list[str]:
    """Append an entry with the criteria that are not in the ledger as they stand, and return their keys."""
    new, before = changed(experiment), of(experiment.name)
    if not new:
        return []
    used = [*(before[-1].seen if before else ()), *seen]
    if before:
        first = first_seed(experiment.name)
        used.append(f"{first}-{first + 25}")
    lines = [
        "",
        "[[change]]",
        f'experiment = "{experiment.name}"',
        f"date = {day.isoformat()}",
        f"why = {_quoted(why)}",
        f"seen = [{', '.join(map(_quoted, dict.fromkeys(used)))}]",
        "criteria = [",
        *(f"    {_quoted(f'{key} {value}')}," for key, value in new.items()),
        "]",
        "",
    ]
    with LEDGER.open("a", encoding="utf-8") as ledger:
        ledger.write("\n".join(lines))
    read.cache_clear()
    return list(new)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
