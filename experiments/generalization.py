"""What was learned is measured on examples that were never shown (statement 68; section III).

What it says   After training, performance is measured on a separate test set. It tests whether the machine answers
               sensibly on new inputs, which it learned to do in training.
Refuted if     a machine that learned the labels by heart, when these were random, looks as good on its own examples
               as one that learned what they mean and the test set does not tell the two apart; if a test set that
               leaked into training is not betrayed; if more examples do not close the gap between the two scores.
Run            bash launch/local.sh generalization --dataset=fashion_mnist --manual_dir=DIR --sizes=500,5000
Takes          30 s on 2 CPU cores, as long on an accelerator
Left open      the paper names neither the data nor how many; examples are drawn by each seed. Labels by lot are each
               another example's, so that every class is as frequent as before
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
from dl_jax.evidence.records import Records
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.report import plots
from dl_jax.runtime.flags import Flags, flag
from dl_jax.runtime.run import run
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner
from dl_jax.training.old_sweep import grid, sweep
from dl_jax.training.old_trials import names_of

LABELS = ("true", "random")
LEAKED = 2
"""One test example in so many is found among those to learn from, where the test set leaks."""
ABOVE_CHANCE = 0.05
"""Accuracy; a test score within this of the share of the commonest guess is chance."""
MATTERS = 0.05
TOGETHER = {"cpu": 1, "gpu": 64, "tpu": 64}


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"what to learn: {', '.join(catalog.NAMES)}, or your own file.npz (x, y)")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    sizes: tuple[int, ...] = flag((50, 200, 1000), "numbers of examples to learn from", at_least=1)
    hidden: tuple[int, ...] = flag((128, 128), "units of the hidden layers", at_least=1)
    steps: int = flag(3000, "training steps of 128 examples", at_least=1)
    learning_rate: float = flag(0.05, "of SGD with momentum 0.9", above=0)


PRESETS = {"smoke": {"seeds": 2, "sizes": (30, 200), "hidden": (32,), "steps": 100}, "accelerator": {"seeds": 20}}
SECONDS = {"smoke": 5, "laptop": 30, "accelerator": 30}


def measure(config: Config, context: Context) -> Records:
    """True and random labels at every number of examples; at the largest, once more with a test set that leaks."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    splits = with_labels_by_lot(dataset.standardized())
    machine = mlp(config.hidden, len(dataset.class_names), NONLINEARITIES["relu"])
    trials = grid(labels=LABELS, seed=config.all_seeds)

    def learner(trial):
        column = jnp.where(trial["labels"] == names_of(trials, "labels").index("random"), 1, 0)
        taught = lambda scores_BxC, label_Bx2: cross_entropy(scores_BxC, label_Bx2[:, column])  # noqa: E731
        return Learner(machine, taught, sgd(config.learning_rate))

    sizes = sorted({min(size, len(splits.train.x)) for size in config.sizes})
    return Records.gather(
        sweep(
            learner, splits, trials, shown=partial(part, size, splits.test if leaks else None), look=look,
            context=context, steps=config.steps, together=TOGETHER[context.kind], dataset=config.dataset,
            size=size, leaks=leaks,
        )
        for size, leaks in [*((size, False) for size in sizes), (max(sizes), True)]
    )  # fmt: skip


def with_labels_by_lot(splits):
    """Beside every label that of another example, drawn at random: y_Nx2."""
    generator = np.random.default_rng(0)
    return Splits(*[Examples(x, np.stack([y, generator.permutation(y)], 1)) for x, y in splits])


def part(count, leaked, key, train):
    """So many of the examples, drawn at random; where the test set leaks, every other one of it in their place."""
    index_N = jax.random.permutation(key, len(train.x))[:count]
    shown = Examples(train.x[index_N], train.y[index_N])
    if not leaked:
        return shown
    return jax.tree.map(lambda own, test: jnp.concatenate([test[::LEAKED], own])[:count], shown, leaked)


def look(learner, first, last, splits):
    """Accuracy by the true labels and by the random ones, on what was shown and on what was not; and the best guess."""
    found = {}
    for name, examples in (("train", splits.train), ("test", splits.test)):
        scores_BxC = learner.model.apply(last, examples.x)
        for column, labels in enumerate(LABELS):
            found[f"{name}_accuracy_{labels}"] = accuracy(scores_BxC, examples.y[:, column])
    return found | {
        "commonest": jnp.max(jnp.bincount(splits.test.y[:, 0], length=scores_BxC.shape[1])) / len(scores_BxC)
    }


def score(on, labels, size=max, leaks=False):
    """Accuracy by the labels that were taught, with the most examples or the fewest."""

    def estimand(records):
        of = {"labels": labels, "size": size(records.axis("size")), "leaks": leaks}
        return records.by_seed(f"{on}_accuracy_{labels}", **of)

    return estimand


def gap(labels, size=max):
    """By how much a machine answers better on what it was shown."""
    return difference(score("train", labels, size), score("test", labels, size))


def above_chance(labels, leaks=False):
    """Test accuracy over that of always giving the commonest label."""
    return difference(score("test", labels, leaks=leaks), metric("commonest"))


def scope(records):
    """For what the verdicts hold."""
    return f"{', '.join(records.axis('dataset'))}, up to {max(records.axis('size'))} examples"


CRITERIA = (
    Criterion(
        68,
        "new inputs are answered sensibly: test accuracy over that of the best constant guess",
        exceeds(above_chance("true"), 0.5),
        control=above_chance("random"),
        scope=scope,
    ),
    Criterion(
        68,
        "a separate set is needed: labels by lot are learned by heart, accuracy on what was shown over the test's",
        exceeds(gap("random"), 0.5),
        control=gap("true"),
        scope=scope,
    ),
    Criterion(
        68,
        "there the test set says that nothing was learned: accuracy over that of the best constant guess",
        equals(above_chance("random"), 0.0, within=ABOVE_CHANCE),
        control=above_chance("random", leaks=True),
        scope=scope,
    ),
    Criterion(
        68,
        f"a test set of which one example in {LEAKED} leaked betrays itself: with labels by lot it is above chance",
        exceeds(above_chance("random", leaks=True), 0.2),
        control=above_chance("random"),
        scope=scope,
    ),
    Criterion(
        68,
        "more examples close the gap between the two scores: gap with the fewest over that with the most",
        exceeds(difference(gap("true", min), gap("true")), MATTERS),
        control=difference(gap("random", min), gap("random")),
        scope=scope,
    ),
)


def draw(records):
    """Accuracy on what was shown and on what was not, as examples grow; a panel for each kind of label."""
    figure, (panels,) = plots.canvas(1, len(LABELS), size=(3.8, 3.2))
    honest, sizes = records.where(leaks=False), records.axis("size")
    for ax, labels in zip(panels, LABELS, strict=True):
        there = honest.where(labels=labels)
        for on, colour, name in (("train", plots.AMBER, "shown"), ("test", plots.BLUE, "not shown")):
            values = [there.values(f"{on}_accuracy_{labels}", size=size) for size in sizes]
            plots.dots(ax, sizes, values, colour, f"examples that were {name}")
        leaked = records.where(leaks=True, labels=labels).values(f"test_accuracy_{labels}")
        ax.plot(
            [max(sizes)] * len(leaked), leaked, "x", color=plots.RED, ms=5, label=f"1 in {LEAKED} of the test leaked"
        )
        ax.axhline(records.values("commonest")[0], color=plots.GREY, lw=1, ls="--", label="best constant guess")
        ax.set(title=f"{labels} labels", xlabel="examples to learn from", ylim=(0, 1.03), xscale="log")
        ax.legend(frameon=False, fontsize=7)
    panels[0].set_ylabel("accuracy by these labels")
    return {"shown_and_not": figure}


if __name__ == "__main__":
    run(__name__)
