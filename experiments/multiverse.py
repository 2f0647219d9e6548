"""Run one experiment under other reasonable choices, and show in which of them its criteria still hold.

Run    bash launch/local.sh multiverse linear_half_spaces
       bash launch/local.sh multiverse generalization --datasets=mnist,fashion_mnist --manual_dir=DIR
Gives  results/multiverse/NAME.svg, a map of the core criteria over half, usual and four times the training, half, usual
       and twice the units, every other nonlinearity, initializer, optimizer or net that the experiment has a flag for,
       and the data sets in --datasets; and NAME.json with the estimates and runs behind it. The flags after the name
       are those of the experiment. If it is interrupted, the same command resumes it
"""

import importlib
import sys

import experiments
from dl_jax.runtime.multiverse import multiverse

if __name__ == "__main__":
    names = experiments.claims()
    modules = {name: importlib.import_module(f"experiments.{name}") for name in names}
    sys.exit(multiverse(__doc__, sys.argv[1:], modules))
