"""How stable the answers are: the same reproduction with fresh seeds, statement by statement."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from dl_jax.evidence.verdicts import Answer, Verdict, statement_answer
from dl_jax.report.answers import answer_map
from dl_jax.scale.atomic import write_text
from dl_jax.scale.processes import is_first

DECIDED = (Answer.SUPPORTED, Answer.SUPPORTED_WITHIN_LIMITS, Answer.REFUTED, Answer.EXACT)


def answers_of(verdicts: Iterable[Verdict]) -> dict[int, Answer]:
    """Return the answer to each statement that the verdicts are about."""
    verdicts = list(verdicts)
    numbers = sorted({verdict.statement for verdict in verdicts})
    return {number: statement_answer(each for each in verdicts if each.statement == number) for number in numbers}


def agreement(runs: Sequence[dict[int, Answer]]) -> tuple[float, list[int]]:
    """Return the share of equal answers among the decided ones, and the statements whose answers differ.

    A statement counts if the first run decided it; each later run counts as equal or not.
    """
    first, *others = runs
    decided = [number for number, answer in first.items() if answer in DECIDED]
    equal = [other[number] == first[number] for other in others for number in decided]
    differ = [number for number in decided if any(other[number] != first[number] for other in others)]
    return (sum(equal) / len(equal) if equal else 1.0), differ


def write_stability(output: Path, runs: Sequence[dict[int, Answer]]) -> str:
    """Write stability.json and a map of statement x run to a folder, and return a summary."""
    share, differ = agreement(runs)
    numbers = sorted(runs[0])
    names = ["first", *(f"repetition {number}" for number in range(1, len(runs)))]
    if is_first():
        rows = [{"statement": number, "answers": [run[number] for run in runs]} for number in numbers]
        write_text(output / "stability.json", json.dumps({"equal": share, "differ": differ, "runs": rows}, indent=1))
        figure = answer_map([[run[number] for run in runs] for number in numbers], numbers, names)
        for suffix in ("svg", "png"):
            figure.savefig(output / f"stability.{suffix}", dpi=120)
    different = f"; they differ on {', '.join(map(str, differ))}" if differ else ""
    return f"{share:.0%} of the decided answers are equal in {len(runs)} runs{different}"
