"""Compare two runs of an experiment, or two reproductions: their verdicts, and what differs in their origins."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dl_jax.errors import FlagError
from dl_jax.evidence.tables import number, sample
from dl_jax.evidence.verdicts import Verdict
from dl_jax.runtime import results
from dl_jax.scale.metadata import flatten

ORIGIN_KEYS = ("flags", "code", "data", "versions", "device")
REPRODUCTION = "reproduce.json"
"""File in an output folder with the digests of the runs that its report was made from."""


def compare_runs(folder: Path, names: str) -> str:
    """Return a text that compares two runs of an experiment.

    folder: of the experiment.
    names:  two digests, starts of digests, or "latest", separated by a comma.

    Raises FlagError if there is no such run.
    """
    runs = [results.find_run(folder, name, "compare") for name in _pair(names, "runs, such as --compare=latest,3fa2")]
    manifests = [results.read_manifest(run) for run in runs]
    lines = [
        f"{side}  {run}  {m['started']}  {m['command']}" for side, run, m in zip("AB", runs, manifests, strict=True)
    ]
    origins = [{folder.name: manifest} for manifest in manifests]
    verdicts = [_read_verdicts(run) for run in runs]
    return "\n".join((*lines, "", *_origin_lines(*origins), "", *_verdict_lines(*verdicts)))


def compare_reproductions(names: str) -> str:
    """Return a text that compares two reproductions, given by their output folders, separated by a comma.

    Raises FlagError if there is none in one of the folders.
    """
    folders = [Path(name) for name in _pair(names, "output folders, such as --compare=results,elsewhere")]
    made = [_read_reproduction(folder) for folder in folders]
    lines = [
        f"{side}  {folder}  {m['made']}  preset {m['preset']}"
        for side, folder, m in zip("AB", folders, made, strict=True)
    ]
    origins = [
        {name: results.read_manifest(folder / name / digest) for name, digest in m["runs"].items() if digest}
        for folder, m in zip(folders, made, strict=True)
    ]
    verdicts = [_read_verdicts(folder) for folder in folders]
    return "\n".join((*lines, "", *_origin_lines(*origins), "", *_verdict_lines(*verdicts)))


def _pair(names, what):
    pair = [name.strip() for name in names.split(",")]
    if len(pair) != 2 or not all(pair):
        raise FlagError(f"--compare={names}: name two {what}")
    return pair


def _read_reproduction(folder) -> dict[str, Any]:
    try:
        return json.loads((folder / REPRODUCTION).read_text())
    except OSError:
        raise FlagError(f"--compare: {folder} has no {REPRODUCTION}, so no reproduction was finished there") from None


def _read_verdicts(folder) -> dict[tuple[str, str], Verdict]:
    """Return the verdicts in a folder, by experiment and key."""
    verdicts = results.parse_verdicts(json.loads((folder / "verdicts.json").read_text()))
    return {(verdict.experiment, verdict.key): verdict for verdict in verdicts}


def _origin_lines(first: Mapping[str, dict[str, Any]], second: Mapping[str, dict[str, Any]]) -> list[str]:
    """Return a line for each item in which the origins of the experiments, given by their manifests, differ."""
    both = [name for name in first if name in second]
    experiments: dict[tuple[str, str, str], list[str]] = {}
    for name in both:
        a, b = (flatten({key: each[name].get(key) for key in ORIGIN_KEYS}, separator=" ") for each in (first, second))
        for item in dict.fromkeys([*a, *b]):
            values = tuple(_text(each.get(item, "absent")) for each in (a, b))
            if values[0] != values[1]:
                experiments.setdefault((item, *values), []).append(name)
    lines = [
        f"  {item:<24} {a} | {b}" + ("" if len(names) == len(both) else f"  ({', '.join(names)})")
        for (item, a, b), names in experiments.items()
    ]
    return ["What differs, A | B:", *lines] if lines else ["Flags, code, data, versions and devices are equal."]


def _verdict_lines(first: dict[Any, Verdict], second: dict[Any, Verdict]) -> list[str]:
    """Return the verdicts that differ: first those with another answer, then those with other numbers."""
    answers, numbers, equal = [], [], 0
    for key in dict.fromkeys([*first, *second]):
        a, b = first.get(key), second.get(key)
        title = f"{key[0]}  {key[1]}: {(first | second)[key].title}"
        lines = [title, *(f"  {side}  {_result(each)}" for side, each in (("A", a), ("B", b)))]
        if a is None or b is None or a.verdict != b.verdict:
            answers += lines
        elif _result(a) != _result(b):
            numbers += lines
        else:
            equal += 1
    return [
        f"Verdicts with different answers: {len(answers) // 3}",
        *answers,
        f"Verdicts with the same answer and different numbers: {len(numbers) // 3}",
        *numbers,
        f"Equal verdicts: {equal}",
    ]


def _result(verdict):
    if verdict is None:
        return "absent"
    interval = "" if verdict.exact else f" [{number(verdict.low)}, {number(verdict.high)}]"
    note = f"  [{verdict.note}]" if verdict.note else ""
    return f"{verdict.verdict:<12} {number(verdict.estimate)}{interval} {sample(verdict)}{note}"


def _text(value):
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
