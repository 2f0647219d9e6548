"""python -m tests.judged DIR: list what a reproduction recorded and no criterion reads, if that is not declared.

An outcome that is measured beside those that are judged and speaks against them must not stay unseen: it is judged, or
listed in the experiment's NOT_JUDGED with a reason.
"""

import sys
from importlib import import_module
from pathlib import Path

import experiments
from dl_jax.evidence.coverage import unread
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.results import read_records


def main(output: Path) -> int:
    """The exit status: 1 if there is such an outcome."""
    count = 0
    for name in experiments.claims():
        experiment = Experiment.of(import_module(f"experiments.{name}"))
        found = unread(read_records(output / name / "latest"), experiment.criteria, experiment.not_judged)
        count += len(found)
        for outcome in found:
            print(f"{name}: {outcome} is neither judged nor in NOT_JUDGED")
    print(f"{count} outcomes are neither judged nor declared")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
