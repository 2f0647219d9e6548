"""python -m tests.golden DIR [--write]: compare, or write, the golden records; `tests/golden` explains."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path

from tests.golden import ELSEWHERE, FILE, SAME, arithmetic, differences, equal_digests, summary


def main(arguments: list[str]) -> int:
    """The exit status: 1 if a number differs by more than rounding."""
    parser = ArgumentParser("python -m tests.golden", description="Compare a reproduction with the golden records.")
    parser.add_argument("output_dir", type=Path, help="that of a reproduction at preset smoke")
    parser.add_argument("--write", action="store_true", help="make its numbers the golden ones")
    typed = parser.parse_args(arguments)
    latest = sorted(typed.output_dir.glob("*/latest/records.jsonl"))
    now = {path.parents[1].name: summary(path.parent) for path in latest}
    if typed.write:
        FILE.write_text(json.dumps({"arithmetic": arithmetic(), "experiments": now}, indent=1) + "\n")
        return 0
    golden = json.loads(FILE.read_text())
    before, tolerance = golden["experiments"], SAME if golden["arithmetic"] == arithmetic() else ELSEWHERE
    print(f"golden: {golden['arithmetic']}; here: {arithmetic()}; tolerance {tolerance}")
    failed = sorted(before.keys() ^ now.keys())
    print(*(f"{name}: not in both" for name in failed), sep="\n")
    equal = every = 0
    for name in sorted(before.keys() & now.keys()):
        found = differences(before[name], now[name], tolerance)
        bitwise, both = equal_digests(before[name], now[name])
        equal, every = equal + bitwise, every + both
        print(f"{name}: {bitwise} of {both} metrics bitwise equal, {len(found)} differences", *found, sep="\n    ")
        failed += found
    print(f"{equal} of {every} metrics bitwise equal; {len(failed)} differences")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
