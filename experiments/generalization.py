"""Generalization is measured on examples that were not used in training (statement 68; section III).

What it says   After training, performance is measured on a separate test set. It tests whether the model gives
               sensible answers to new inputs, an ability that it gained in training.
Refuted if     a model that memorised random labels looks as good on its training examples as one that learned true
               labels, and the test set does not separate the two; if a test set that leaked into training does not
               show it; if more examples do not close the gap between training and test accuracy.
Run            bash launch/local.sh generalization --dataset=fashion_mnist --manual_dir=DIR --sizes=500,5000
Takes          30 s on 2 CPU cores, as long on an accelerator
Left open      the paper names neither the data nor their number; each seed draws its examples. Random labels are a
               permutation of the true ones, so that every class is as frequent as before
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data import catalog
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.criteria import Criterion, equals, exceeds
from dl_jax.evidence.estimands import difference, metric
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.report import plots
from dl_jax.runtime.flags import Flags, flag
from dl_jax.runtime.run import run
from dl_jax.training.context import Context
from dl_jax.training.grid import choice, grid, per_program, static
from dl_jax.training.losses import accuracy, cross_entropy, on_column
from dl_jax.training.optimizers import sgd
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep

LABELS = {"true": 0, "random": 1}
"""Columns of the labels y_Nx2."""
LEAKED = 2
"""Where the test set leaks, every second test example is among the training examples."""
NEAR_CHANCE, MATTERS = 0.05, 0.05
"""Accuracy: differences that are chance, and that do not count."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"the data: {', '.join(catalog.NAMES)}, or your own file.npz (x, y)")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    sizes: tuple[int, ...] = flag((50, 200, 1000), "numbers of training examples", at_least=1)
    hidden: tuple[int, ...] = flag((128, 128), "units of the hidden layers", at_least=1)
    steps: int = flag(3000, "training steps of 128 examples", at_least=1)
    learning_rate: float = flag(0.05, "learning rate of SGD with momentum 0.9", above=0)


PRESETS = {"smoke": {"seeds": 2, "sizes": (30, 200), "hidden": (32,), "steps": 100}, "accelerator": {"seeds": 20}}
SECONDS = {"smoke": 5, "laptop": 30, "accelerator": 30}


def measure(config: Config, context: Context) -> Records:
    """True and random labels at every number of examples; at the largest, also with a test set that leaks."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    splits = with_random_labels(dataset.standardized())
    model = mlp(config.hidden, len(dataset.class_names), NONLINEARITIES["relu"])
    sizes = sorted({min(size, len(splits.train.x)) for size in config.sizes})
    axes = {"labels": choice(LABELS), "seed": config.all_seeds}
    return sweep(
        lambda trial: Learner(model, on_column(cross_entropy, trial.labels), sgd(config.learning_rate)),
        splits,
        grid(size=static(sizes), leaks=static([False]), **axes)
        + grid(size=static(sizes[-1:]), leaks=static([True]), **axes),
        subset=per_program(lambda trial: partial(subsample, trial.size, splits.test if trial.leaks else None)),
        steps=config.steps,
        evaluate=evaluate,
        context=context,
        dataset=config.dataset,
    )


def with_random_labels(splits: Splits) -> Splits:
    """Each example with two labels, y_Nx2: its own, and a permutation of all examples' labels."""
    generator = np.random.default_rng(0)
    return Splits(*[Examples(x, np.stack([y, generator.permutation(y)], 1)) for x, y in splits])


def subsample(count, leaked, key, train):
    """`count` random examples; with `leaked`, every LEAKED-th of these examples in place of the last ones."""
    index_N = jax.random.permutation(key, len(train.x))[:count]
    subset = Examples(train.x[index_N], train.y[index_N])
    if not leaked:
        return subset
    return jax.tree.map(lambda own, test: jnp.concatenate([test[::LEAKED], own])[:count], subset, leaked)


def evaluate(run: Run):
    """Accuracy by the true and by the random labels, in training and test; and the best constant guess."""

    def accuracies(scores_BxC, examples):
        each = [accuracy(scores_BxC, examples.y[:, column]) for column in LABELS.values()]
        return named(jnp.stack(each), scored_by=tuple(LABELS))

    model, train, test = run.learner.model, run.splits.train, run.splits.test
    train_BxC, test_BxC = model.apply(run.params, train.x), model.apply(run.params, test.x)
    count_C = jnp.bincount(test.y[:, 0], length=test_BxC.shape[1])
    return {
        "train_accuracy": accuracies(train_BxC, train),
        "test_accuracy": accuracies(test_BxC, test),
        "majority_share": jnp.max(count_C) / len(test_BxC),
    }


def score(split, labels, size=max, leaks=False):
    """Accuracy by the labels of the training, with the most examples or the fewest."""

    def estimand(records):
        axes = {"labels": labels, "scored_by": labels, "size": size(records.axis("size")), "leaks": leaks}
        return records.by_seed(f"{split}_accuracy", **axes)

    return estimand


def gap(labels, size=max):
    """Training accuracy minus test accuracy."""
    return difference(score("train", labels, size), score("test", labels, size))


def above_chance(labels, leaks=False):
    """Test accuracy minus that of the best constant guess."""
    return difference(score("test", labels, leaks=leaks), metric("majority_share"))


def scope(records):
    """What the verdicts are about."""
    return f"{', '.join(records.axis('dataset'))}, up to {max(records.axis('size'))} examples"


CRITERIA = (
    Criterion(
        "68.new_inputs",
        "test accuracy minus that of the best constant guess, trained on true labels",
        exceeds(above_chance("true"), 0.5),
        control=above_chance("random"),
        scope=scope,
    ),
    Criterion(
        "68.memorised_labels",
        "training accuracy minus test accuracy, trained on random labels",
        exceeds(gap("random"), 0.5),
        control=gap("true"),
        scope=scope,
    ),
    Criterion(
        "68.random_labels_at_chance",
        "test accuracy minus that of the best constant guess, trained on random labels",
        equals(above_chance("random"), 0.0, within=NEAR_CHANCE),
        control=above_chance("random", leaks=True),
        scope=scope,
    ),
    Criterion(
        "68.leak_shows",
        f"the same, where one test example in {LEAKED} is among the training examples",
        exceeds(above_chance("random", leaks=True), 0.2),
        control=above_chance("random"),
        scope=scope,
    ),
    Criterion(
        "68.more_examples_close_the_gap",
        "training minus test accuracy with the fewest examples, minus the same with the most",
        exceeds(difference(gap("true", min), gap("true")), MATTERS),
        control=difference(gap("random", min), gap("random")),
        scope=scope,
    ),
)


def draw(records):
    """Training and test accuracy by the number of examples; one panel for each kind of label."""
    figure, (panels,) = plots.canvas(1, len(LABELS), size=(3.8, 3.2))
    honest, sizes = records.where(leaks=False), records.axis("size")
    for ax, labels in zip(panels, LABELS, strict=True):
        by = {"labels": labels, "scored_by": labels}
        for split, colour in (("train", plots.AMBER), ("test", plots.BLUE)):
            values = [honest.values(f"{split}_accuracy", size=size, **by) for size in sizes]
            plots.dots(ax, sizes, values, colour, f"{'training' if split == 'train' else 'test'} examples")
        leaked = records.values("test_accuracy", leaks=True, **by)
        label = f"test, 1 in {LEAKED} of which leaked"
        ax.plot([max(sizes)] * len(leaked), leaked, "x", color=plots.RED, ms=5, label=label)
        ax.axhline(records.values("majority_share")[0], color=plots.GREY, lw=1, ls="--", label="best constant guess")
        ax.set(title=f"{labels} labels", xlabel="training examples", ylim=(0, 1.03), xscale="log")
        ax.legend(frameon=False, fontsize=7)
    panels[0].set_ylabel("accuracy by these labels")
    return {"training_and_test": figure}


if __name__ == "__main__":
    run(__name__)
