"""python -m tests.golden DIR [--write]: compare, or write, the golden records; `tests/golden` explains."""

import json
import sys
from pathlib import Path

from tests.golden import FILE, differences, equal_digests, summary


def main(arguments: list[str]) -> int:
    """The exit status: 1 if a number differs by more than rounding."""
    output = Path(next(each for each in arguments if not each.startswith("-")))
    now = {path.parents[1].name: summary(path.parent) for path in sorted(output.glob("*/latest/records.jsonl"))}
    if "--write" in arguments:
        FILE.write_text(json.dumps(now, indent=1) + "\n")
        return 0
    before = json.loads(FILE.read_text())
    failed = sorted(before.keys() ^ now.keys())
    print(*(f"{name}: not in both" for name in failed), sep="\n")
    equal = every = 0
    for name in sorted(before.keys() & now.keys()):
        found = differences(before[name], now[name])
        same, both = equal_digests(before[name], now[name])
        equal, every = equal + same, every + both
        print(f"{name}: {same} of {both} metrics bitwise equal, {len(found)} differences", *found, sep="\n    ")
        failed += found
    print(f"{equal} of {every} metrics bitwise equal; {len(failed)} differences")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
