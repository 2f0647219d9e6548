"""Check that every criterion stands in the ledger as it does in the code, or append what changed.

Run    bash launch/local.sh ledger
       bash launch/local.sh ledger --why="what changed in the criteria, and why" --seen=1000-1012
Gives  exit status 1 if a criterion is not in dl_jax/evidence/ledger.toml as it stands in the code. With --why an entry
       is appended, and the experiments that changed get fresh seeds
"""

import importlib
import sys

import experiments
from dl_jax.runtime.ledger_command import ledger

if __name__ == "__main__":
    names = experiments.claims()
    sys.exit(ledger(__doc__, sys.argv[1:], {name: importlib.import_module(f"experiments.{name}") for name in names}))
