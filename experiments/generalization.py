"""Generalization is measured on examples that were not used in training (statement 68; section III).

What it says   After training, performance is measured on a separate test set. It tests whether the model gives
               sensible answers to new inputs, an ability that it gained in training.
Refuted if     a model that memorised random labels looks as good on its training examples as one that learned true
               labels, and the test set does not separate the two; if it does so too where it leaked into training;
               beside that, if more examples do not close the gap between training and test accuracy
Run            bash launch/local.sh generalization --dataset=fashion_mnist --manual_dir=DIR --sizes=500,5000
Takes          60 s on 2 CPU cores, as long on an accelerator
Left open      the paper names neither the data nor their number; each seed draws its own splits and random labels,
               which are a permutation of the true ones, so that every class is as frequent as before
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data import catalog
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, equals, exceeds
from dl_jax.evidence.estimands import difference, metric
from dl_jax.evidence.records import Missing, Records
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Key
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
"""Accuracy: differences that are chance, and that do not count; of 359 digits 18."""


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
SECONDS = {"smoke": 5, "laptop": 60, "accelerator": 30}


def measure(config: Config, context: Context) -> Records:
    """True and random labels at every number of examples; at the largest, random labels also with a test that leaks."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    data, seeds = dataset.by_seed(), config.all_seeds
    model = mlp(config.hidden, len(dataset.class_names), NONLINEARITIES["relu"])
    sizes = sorted({min(size, len(data.shapes.train.x)) for size in config.sizes})
    return sweep(
        lambda trial: Learner(model, on_column(cross_entropy, trial.labels), sgd(config.learning_rate)),
        per_program(lambda trial: data.map_with_key(partial(drawn, trial.size, trial.leaks))),
        grid(size=static(sizes), leaks=static([False]), labels=choice(LABELS), seed=seeds)
        + grid(size=static(sizes[-1:]), leaks=static([True]), labels=choice(LABELS, ["random"]), seed=seeds),
        steps=config.steps,
        evaluate=evaluate,
        context=context,
        dataset=config.dataset,
    )


def drawn(count: int, leaks: bool, key: Key, splits: Splits) -> Splits:
    """`count` random training examples, and all others; each with two labels, y_Nx2: its own, and a random one.

    leaks: every LEAKED-th test example, with both labels, stands among the training examples in place of one of them.
    """
    key_index, *key_3 = jax.random.split(key, 4)
    both = zip(key_3, jax.tree.map(jnp.asarray, splits), strict=True)
    train, validation, test = (Examples(x, jnp.stack([y, jax.random.permutation(key, y)], 1)) for key, (x, y) in both)
    index_N = jax.random.permutation(key_index, len(train.x))[:count]
    train = Examples(train.x[index_N], train.y[index_N])
    if leaks:
        train = jax.tree.map(lambda own, other: jnp.concatenate([other[::LEAKED], own])[:count], train, test)
    return Splits(train, validation, test)


def evaluate(run: Run):
    """Accuracy by the labels of the training, on its examples and on test examples; and the best constant guess."""
    model, train, test = run.learner.model, run.splits.train, run.splits.test
    train_BxC, test_BxC = model.apply(run.params, train.x), model.apply(run.params, test.x)
    count_C = jnp.bincount(test.y[:, 0], length=test_BxC.shape[1])
    return {
        "train_accuracy": accuracy(train_BxC, train.y[:, run.trial.labels]),
        "test_accuracy": accuracy(test_BxC, test.y[:, run.trial.labels]),
        "majority_share": jnp.max(count_C) / len(test_BxC),
    }


def minus(first, second, labels, size=None, leaks=False):
    """One metric minus another, with this number of training examples, or the most."""

    def estimand(records):
        at = {"labels": labels, "size": size or max(records.axis("size")), "leaks": leaks}
        return difference(metric(first, **at), metric(second, **at))(records)

    return estimand


gap = partial(minus, "train_accuracy", "test_accuracy")
above_chance = partial(minus, "test_accuracy", "majority_share")
"""Above the accuracy of the best constant guess on the same test examples."""


def fall_of_gap(labels):
    """By how much the gap falls from the fewest examples to the most: least squares in the logarithm of the number."""

    def estimand(records):
        sizes = records.axis("size")
        if len(sizes) < 2:
            raise Missing("one number of examples, and a fall needs two")
        at_N, gap_NxS = np.log(sizes), [gap(labels, size)(records) for size in sizes]
        return np.polyfit(at_N, gap_NxS, 1)[0] * (at_N[0] - at_N[-1])

    return estimand


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
        scope=lambda r: f"{scope(r)}; control: one test example in {LEAKED} is among the training examples",
    ),
    Criterion(
        "68.more_examples_close_the_gap",
        "fall of training minus test accuracy from the fewest examples to the most, on a line through all numbers",
        exceeds(fall_of_gap("true"), MATTERS),
        control=fall_of_gap("random"),
        scope=scope,
        role="support",
    ),
)
NOT_JUDGED = (
    not_judged("the leak is judged on the test examples", metric="train_accuracy", leaks=True),
    not_judged("chance is subtracted with the most examples alone", metric="majority_share"),
)


def draw(records):
    """Training and test accuracy by the number of examples; one panel for each kind of label."""
    figure, (panels,) = plots.canvas(1, len(LABELS), size=(3.8, 3.2))
    honest, sizes, chance = records.where(leaks=False), records.axis("size"), records.values("majority_share").mean()
    for ax, labels in zip(panels, LABELS, strict=True):
        for split, name, colour in (("train", "training", plots.AMBER), ("test", "test", plots.BLUE)):
            values = [honest.values(f"{split}_accuracy", size=size, labels=labels) for size in sizes]
            plots.dots(ax, sizes, values, colour, f"{name} examples")
        if labels == "random":
            leaked = records.values("test_accuracy", leaks=True)
            plots.dots(ax, sizes[-1:], [leaked], plots.RED, f"test, 1 in {LEAKED} of which leaked")
        ax.axhline(chance, color=plots.GREY, lw=1, ls="--", label="best constant guess")
        ax.set(title=f"{labels} labels", xlabel="training examples", ylim=(0, 1.03), xscale="log")
        ax.legend(frameon=False, fontsize=7)
    panels[0].set_ylabel("accuracy by these labels")
    return {"training_and_test": figure}


if __name__ == "__main__":
    run(__name__)
