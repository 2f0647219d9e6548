"""The numbers of every experiment at preset smoke, as they were when they were last changed on purpose.

    bash launch/local.sh --preset=smoke --output_dir=DIR
    python -m tests.golden DIR            compare; --write after a change that is meant, and say why in the commit

For each metric the file holds how many numbers there are, a digest of them all, and their mean, least and largest. The
digest is equal where the same program ran on the same kind of processor; there the three numbers must be equal within
a tolerance of 1e-4 of the metric's largest absolute value. With other versions or on another processor the order of
sums differs, one example classified otherwise is more than that, and a training that diverges amplifies it: there the
tolerance is 0.1.
"""

import os
import platform
from hashlib import sha256
from pathlib import Path
from typing import Any

import jax
import numpy as np

from dl_jax.evidence.records import Records

FILE = Path(__file__).with_name("records.json")
SAME, ELSEWHERE, ROUNDING = 1e-4, 0.1, 1e-6
"""Relative to a metric's largest absolute value; and absolute, for metrics that are rounding errors themselves."""
TIMINGS = {
    *("seconds", "seconds_for_1e8_examples"),
    *("examples_per_s", "flops", "compile_s", "peak_flops", "mfu"),
}
"""Metrics that are another number at each run."""


def summary(folder: Path) -> dict[str, Any]:
    """metric -> its numbers in short, from the records of one experiment."""
    return of_records(Records.read(folder / "records.jsonl"))


def of_records(records: Records) -> dict[str, Any]:
    """metric -> its numbers in short; those of an array count one by one."""
    found: dict[str, list[float]] = {}
    for row in records.rows:
        found.setdefault(row["metric"], []).append(row["value"])
    for each in records.arrays:
        found.setdefault(each.metric, []).extend(np.ravel(each.values).astype(float))
    return {name: _in_short(name, np.asarray(found[name])) for name in sorted(found)}


def _in_short(name, values):
    if name in TIMINGS:
        return {"count": len(values)}
    ordered = np.sort(values)
    finite = values[np.isfinite(values)]
    numbers = {"mean": finite.mean(), "least": finite.min(), "largest": finite.max()} if len(finite) else {}
    return {
        "count": len(values),
        "finite": len(finite),
        "digest": sha256(ordered.astype("<f8").tobytes()).hexdigest()[:12],
        **{key: float(value) for key, value in numbers.items()},
    }


def arithmetic() -> str:
    """What decides how numbers are rounded: JAX, NumPy, and the processor's instructions and cores."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    instructions = next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())
    of_processor = f"{platform.machine()} {os.cpu_count()} {instructions}"
    return f"jax {jax.__version__}, numpy {np.__version__}, processor {sha256(of_processor.encode()).hexdigest()[:8]}"


def differences(before: dict[str, Any], now: dict[str, Any], tolerance: float) -> list[str]:
    """What differs by more than the tolerance, a line each."""
    lines = []
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name), now.get(name)
        if old is None or new is None:
            lines.append(f"{name}: {'is new' if old is None else 'is gone'}")
            continue
        lines += [
            f"{name}: {key} was {old[key]}, is {new.get(key)}"
            for key in ("count", "finite")
            if old.get(key) != new.get(key)
        ]
        scale = max((abs(old[key]) for key in ("least", "largest") if key in old), default=0.0)
        for key in ("mean", "least", "largest"):
            if key in old and key in new and abs(old[key] - new[key]) > tolerance * scale + ROUNDING:
                lines.append(f"{name}: {key} was {old[key]:.7g}, is {new[key]:.7g}")
    return lines


def equal_digests(before: dict[str, Any], now: dict[str, Any]) -> tuple[int, int]:
    """(metrics whose numbers are bitwise equal, metrics that both have)."""
    both = [name for name in before if name in now and "digest" in before[name]]
    return sum(before[name]["digest"] == now[name]["digest"] for name in both), len(both)
