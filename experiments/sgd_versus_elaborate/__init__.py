"""SGD against far more elaborate optimizers (statement 67; section III).

What it says   Compared with far more elaborate optimization techniques, stochastic gradient descent usually finds a
               good set of weights surprisingly quickly: after the same number of example gradients it is further.
Refuted if     on redundant data, at equal numbers of example gradients, the best of L-BFGS, conjugate gradients and
               Newton-CG has as low a training objective or test error as SGD; or if on documents (row C63: RCV1,
               Bottou) SGD does not come within 1 % of the optimum ten times sooner.
Counter        On an ill-conditioned least squares problem, on a small net with few examples, and where much accuracy
               is asked for, the elaborate methods arrive sooner. With fewer documents, which are less redundant, the
               lead of SGD is smaller: the control.
Run            bash launch/local.sh sgd_versus_elaborate --copies=20
               bash launch/local.sh sgd_versus_elaborate --dataset=mnist --manual_dir=DIR --copies=1
               bash launch/local.sh sgd_versus_elaborate --problems=documents --documents=200000 --methods=SGD,L-BFGS
Takes          270 s on 2 CPU cores, 90 s on an accelerator
Left open      The paper names neither data nor techniques. Every method chooses among five values of one
               hyperparameter, by validation data. What is judged is the number of example gradients: a pass is one
               gradient over all examples; a line search pays one pass for each point that it tries, a Newton step two
               for each product with the Hessian. Seconds are recorded and drawn, not judged: they belong to a computer,
               on which trainings with SGD run side by side and those with an elaborate method alone.
"""

from dataclasses import dataclass

from dl_jax.data import catalog
from dl_jax.evidence.records import Records
from dl_jax.evidence.selection import select
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.sgd_versus_elaborate.criteria import CRITERIA, NOT_JUDGED
from experiments.sgd_versus_elaborate.figures import curves
from experiments.sgd_versus_elaborate.problems import FEWEST, HYPERPARAMETERS, PROBLEMS, problem
from experiments.sgd_versus_elaborate.race import FULL_BATCH, STOCHASTIC, race

__all__ = ["CRITERIA", "NOT_JUDGED", "PRESETS", "SECONDS", "Config", "draw", "measure"]


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"the images: {', '.join(catalog.NAMES)}, or your own file.npz of images")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    problems: tuple[str, ...] = flag(PROBLEMS, "what to learn", choices=PROBLEMS)
    methods: tuple[str, ...] = flag((*STOCHASTIC, *FULL_BATCH), "what to compare", choices=(*STOCHASTIC, *FULL_BATCH))
    copies: int = flag(10, "copies of each image: itself, and others shifted and with noise", at_least=1)
    hidden: tuple[int, ...] = flag((64,), "units of the hidden layers of the net on images", at_least=1)
    documents: int = flag(50_000, "training documents; a tenth of them where there are fewer", at_least=1000)
    epochs: int = flag(16, "the budget on images and documents, in passes; on small problems more", at_least=1)


PRESETS = {
    "smoke": {
        "seeds": 2,
        "problems": ("fewer documents", "small net"),
        "methods": ("SGD", "L-BFGS"),
        "documents": 20_000,
        "epochs": 8,
    },
    "accelerator": {"seeds": 20, "copies": 40, "documents": 200_000},
}
SECONDS = {"smoke": 15, "laptop": 270, "accelerator": 90}


def measure(config: Config, context: Context) -> Records:
    """Every method on every problem, at each value of its hyperparameter, of which validation data choose one."""
    parts = []
    for name in config.problems:
        task = problem(name, config)
        for method, values in HYPERPARAMETERS[name].items():
            if method in config.methods:
                parts.append(race(task, method, values, config.all_seeds, context))
    tried = Records.gather(parts)
    return bounded(select(tried, over="hyperparameter", by="validation_score", within=("problem", "method")))


def bounded(selected: Records) -> Records:
    """The records, in which a choice of the FEWEST products with the Hessian has no edge: nothing lies beyond."""

    def freed(row):
        natural = row.get("method") == "Newton-CG" and row.get("hyperparameter") == FEWEST
        return {name: value for name, value in row.items() if name != "at_edge"} if natural else row

    return Records(tuple(map(freed, selected.rows)), selected.arrays)


def draw(records):
    """Training objective and test error rate or loss by passes, and objective by seconds (dashed: full-batch)."""
    methods = {"-": STOCHASTIC, "--": FULL_BATCH}
    return {
        "objective_by_passes": curves(records, ("objective",), methods),
        "test_by_passes": curves(records, ("test_error_rate", "test_loss"), methods),
        "objective_by_seconds": curves(records, ("objective",), methods, seconds=True),
    }
