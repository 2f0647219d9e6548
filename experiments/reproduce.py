"""Run every experiment in this folder, and write one page of verdicts on all statements of the paper.

Run    bash launch/local.sh
       bash launch/local.sh reproduce --preset=smoke --output_dir=somewhere
Takes  about an hour on 2 CPU cores. If it is interrupted, the same command resumes it.
Gives  results/report.html, results/verdicts.json, results/reproduce.json with the runs that they are made from, and
       results/<experiment>/<digest>/ with the records and figures of each run
"""

import importlib
import sys

import experiments
from dl_jax.runtime.reproduce import reproduce

if __name__ == "__main__":
    names = experiments.claims()
    sys.exit(reproduce(__doc__, sys.argv[1:], {name: importlib.import_module(f"experiments.{name}") for name in names}))
