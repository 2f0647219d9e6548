"""Classifiers of features: a linear head, which nets have too, and two shallow methods that are solved."""

from collections.abc import Mapping, Sequence

from dl_jax.data.by_seed import BySeed
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Label, Records
from dl_jax.evidence.selection import select
from dl_jax.measures.kernel_methods import fit_methods, gaussian_ridge
from dl_jax.measures.nearest_neighbour import nearest_neighbour_votes
from dl_jax.training.context import Context
from dl_jax.training.grid import Trial, combinations, grid, per_program, static
from dl_jax.training.losses import accuracy
from dl_jax.training.optimizers import annealed_adam
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from experiments.hand_designed_features.features import LEARNED, Kind
from experiments.hand_designed_features.heads import Head
from experiments.hand_designed_features.pictures import MOVED, ORIGINAL, FeatureSplits

LINEAR, NEIGHBOURS, GAUSSIAN = "linear", "nearest neighbours", "Gaussian kernel"
CONVENTIONAL = (LINEAR, NEIGHBOURS, GAUSSIAN)
BATCH_SIZE = 64
SOLVED = {
    NEIGHBOURS: (nearest_neighbour_votes, (0, 1, 3, 5, 9, 15, 25)),
    GAUSSIAN: (gaussian_ridge, (0.125, 0.25, 0.5, 1.0, 2.0, 4.0)),
}
"""Methods and their hyperparameters: numbers of neighbours, among them 0, which always answers with the first class and
shows that 1 is not the edge of a choice; widths in median distances between examples."""
MOST_SOLVED = 12_000
"""Examples from which they learn, at most: the kernel of each two of them is in memory."""


def train_linear_heads(
    every_kind: Mapping[str, Kind],
    wanted: Sequence[tuple[str, int]],
    data: Mapping[tuple[str, int], BySeed[FeatureSplits]],
    output: Head,
    learning_rates: Mapping[bool, Sequence[float]],
    seeds: Sequence[int],
    steps: int,
    context: Context,
    **axes: Label,
) -> Records:
    """Measure `validation_accuracy` and `test_accuracy` of a linear head on features, or of the net that it ends.

    wanted: the kinds of features and the numbers of examples. output: the units of the linear head. learning_rates:
    those of nets that learn (True) and of heads alone. Columns: features, size, and method, which is LINEAR.
    """

    def evaluate(run: Run):
        def right(examples):
            return accuracy(output.scores(run.learner.model.apply(run.params, examples.x)), examples.y)

        tests = {ORIGINAL: run.splits.test, MOVED: run.splits.moved}
        return {
            "validation_accuracy": right(run.splits.validation),
            "test_accuracy": [named(right(test), pictures=name) for name, test in tests.items() if test],
        }

    def trials(name, size):
        tried = learning_rates[name in LEARNED]
        return grid(features=static([name]), size=static([size]), learning_rate=tried, seed=seeds)

    def learner(trial: Trial) -> Learner:
        model = every_kind[trial.features].model(output.units)
        return Learner(model, output.loss, annealed_adam(trial.learning_rate, steps))

    first, *others = (trials(name, size) for name, size in wanted)
    records = sweep(
        learner,
        per_program(lambda trial: data[trial.features, trial.size]),
        sum(others, first),
        steps=steps,
        evaluate=evaluate,
        context=context,
        batch_size=BATCH_SIZE,
        method=LINEAR,
        **axes,
    )
    return select(records, over="learning_rate", by="validation_accuracy", within=("features", "size"))


def solve_others(
    wanted: Sequence[tuple[str, int]],
    data: Mapping[tuple[str, int], BySeed[FeatureSplits]],
    classes: int,
    seeds: Sequence[int],
    context: Context,
    **axes: Label,
) -> Records:
    """Measure the same of nearest neighbours and of a Gaussian kernel on the same features of the same examples.

    Nothing of more examples than MOST_SOLVED.
    """

    def evaluate(scores, splits):
        return {
            "validation_accuracy": accuracy(scores(splits.validation.x), splits.validation.y),
            "test_accuracy": named(accuracy(scores(splits.test.x), splits.test.y), pictures=ORIGINAL),
        }

    def solve(name, size):
        return fit_methods(
            SOLVED,
            lambda key, task: data[name, size](key),
            combinations(size=(size,)),
            seeds=seeds,
            evaluate=evaluate,
            context=context,
            classes=classes,
            features=name,
            **axes,
        )

    records = Records.gather(solve(name, size) for name, size in wanted if size <= MOST_SOLVED)
    return select(records, over="hyperparameter", by="validation_accuracy", within=("features", "size", "method"))
