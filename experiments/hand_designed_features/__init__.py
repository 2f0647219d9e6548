"""Features by hand, and features learned, under one linear classifier (statements 17-19, 100, 103, 104; II, III).

What it says   Left raw, pixels are of little use to a linear classifier. It takes features that keep what tells
               classes apart and let go of the rest; people used to design them, with skill and knowledge of the
               field. A machine that learns its features from raw data makes that work unnecessary.
Refuted if     better features leave most of the errors on raw pixels; if histograms of oriented gradients gain
               nothing over pixels, or as much when pixels have lost their places; if a convolutional net gains
               nothing over pixels or over itself unlearned, or does not come up to the best features by hand
               with all examples.
Counter        with few examples features by hand win, and with many, random convolutional ones come close (19, 104);
               a nearest neighbour, no less conventional, does well on raw pixels (17)
Run            bash launch/local.sh hand_designed_features --sizes=50,100,200,400,0
               bash launch/local.sh hand_designed_features --dataset=mnist --manual_dir=DIR --features=raw,hog,convnet
               bash launch/local.sh hand_designed_features --dataset=mnist --manual_dir=DIR --sizes=0 --head=squashed
Takes          2 min on 2 CPU cores, 2 min on an accelerator
Left open      the paper names no data and no features; these are the classic ones. Learned or made, all features
               feed the same head, trained alike, with the same learning rates to choose from on validation
               data, of which there are more than the fewest examples. A seed draws the examples and the first
               weights; the test pictures are always the same
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from dl_jax.data import catalog
from dl_jax.evidence.criteria import Criterion, exceeds
from dl_jax.evidence.estimands import difference
from dl_jax.evidence.records import Missing, Records
from dl_jax.measures.nearest_neighbour import nearest_neighbour_accuracy
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy
from dl_jax.training.optimizers import adam
from dl_jax.training.step import Learner
from dl_jax.training.old_sweep import grid, sweep
from experiments.hand_designed_features import figures as learning_curves
from experiments.hand_designed_features.features import BY_HAND, CHOICES, CONTROLS, FEATURES, kinds
from experiments.hand_designed_features.few_examples import as_features, scaled, some_of
from experiments.hand_designed_features.heads import HEADS
from experiments.hand_designed_features.ink import ink

MATTERS = 0.01
"""Accuracy; a smaller difference is no difference."""
MOST = 0.5
"""Share of the errors, or of a gain, that counts as most of it."""
TOGETHER = {"cpu": 1, "gpu": 32, "tpu": 32}


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"pictures: {', '.join(catalog.NAMES)}, or your own file.npz (x, y)")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    features: tuple[str, ...] = flag(
        (*FEATURES, *CONTROLS), "what feeds the linear head", choices=(*FEATURES, *CONTROLS)
    )
    sizes: tuple[int, ...] = flag((100, 300, 0), "numbers of training examples; 0 is all there are", at_least=0)
    head: str = flag("softmax", "how the head learns", choices=tuple(HEADS))
    hidden: int = flag(64, "units of the hidden layers that are learned", at_least=1)
    learning_rates: tuple[float, ...] = flag((0.001, 0.005, 0.025), "to choose from, of Adam", above=0)
    steps: int = flag(400, "training steps of 128 examples", at_least=1)


FEW = {"features": ("raw", "hog", "convnet"), "sizes": (60, 0), "learning_rates": (0.01,), "steps": 40}
PRESETS = {"smoke": {"seeds": 2, **FEW}, "accelerator": {"sizes": (50, 100, 200, 400, 0), "seeds": 20}}
SECONDS = {"smoke": 17, "laptop": 120, "accelerator": 120}


def measure(config: Config, context: Context) -> Records:
    """Test accuracy under every kind of features and every number of examples, at the learning rate chosen for it."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    pictures, head = ink(dataset), HEADS[config.head](len(dataset.class_names))
    count, side = len(pictures.train.x), min(pictures.train.x.shape[1:])
    every_kind, trials = kinds(side, config.hidden), grid(learning_rate=config.learning_rates, seed=config.all_seeds)
    sizes, parts = sorted({min(size or count, count) for size in config.sizes}), []
    for name in config.features:
        kind = every_kind[name]
        shown = as_features(pictures, kind.picture, by=max(1, side // 14))
        parts += [
            sweep(
                lambda trial, kind=kind: Learner(kind.model(head.units), head.error, adam(trial["learning_rate"])),
                some_of(shown, size, *kind.fits, scaled), trials, steps=config.steps,
                look=partial(look, head, name == "raw"), context=context, together=TOGETHER[context.kind],
                features=name, size=size, head=config.head, dataset=config.dataset,
            )
            for size in sizes
        ]  # fmt: skip
    judged = ("test_", "validation_")
    return Records.gather(parts).best("learning_rate", "validation_accuracy", of=("features", "size"), judged=judged)


def look(head, nearest, learner, first, last, shown):
    """Accuracy on pictures not learned from, and on test pictures moved a little; beside it that of a neighbour."""

    def right(examples):
        return accuracy(head.scores(learner.model.apply(last, examples.x)), examples.y)

    metrics = {"test_accuracy": right(shown.test), "test_accuracy_moved": right(shown.moved)}
    if nearest:
        metrics["test_accuracy_nearest"] = nearest_neighbour_accuracy(shown.train, shown.test)
    return metrics | {"validation_accuracy": right(shown.validation)}


def under(features, at=max, name="test_accuracy"):
    """Accuracy with these features; at the fewest examples (min), at all (max), or the mean over sizes (tuple)."""
    return lambda r: r.by_seed(name, np.mean, features=features, size=at(r.axis("size") or (0,)))


def best_by_hand(at=max):
    """Accuracy with those features made by hand that do best on validation data."""

    def estimand(records):
        there = [name for name in BY_HAND if name in records.axis("features")] or BY_HAND
        best = max(there, key=lambda name: np.mean(under(name, at, "validation_accuracy")(records)))
        return under(best, at)(records)

    return estimand


RAW = under("raw")


def share_removed(better):
    """Of a linear classifier's errors on raw pixels, with all examples: the share that another does not make."""
    return lambda records: difference(better, RAW)(records) / (1.0 - RAW(records))


def more_than_half(features):
    """Accuracy gained over raw pixels, beyond half of what the convolutional net gains; with all examples."""
    return lambda records: difference(under(features), RAW)(records) - MOST * difference(under("convnet"), RAW)(records)


def both(features):
    """Accuracy on moved pictures beyond that of what is only selective (pixels) or only invariant (one cell)."""

    def estimand(records):
        found = {name: under(name, max, "test_accuracy_moved")(records) for name in ("raw", "hog_one_cell", features)}
        return found[features] - np.maximum(found["raw"], found["hog_one_cell"])

    return estimand


def scope(records):
    """For what the verdicts hold."""
    sizes = records.axis("size")
    return f"{', '.join(records.axis('dataset'))}, {sizes[0]} to {sizes[-1]} examples"


def scope_with_crossing(records):
    """And where the curves of the best features by hand and of the convolutional net cross."""

    def ahead(size):
        return difference(best_by_hand(lambda sizes: size), under("convnet", lambda sizes: size))(records)

    sizes = records.axis("size")
    try:
        at = learning_curves.crossing(sizes, [np.mean(ahead(size)) for size in sizes])
    except Missing:
        return scope(records)
    return f"{scope(records)}; {at}"


CRITERIA = (
    Criterion(
        17,
        "on raw pixels a linear classifier does little: share of its errors that a convolutional net removes",
        exceeds(share_removed(under("convnet")), MOST),
        control=share_removed(under("raw_scrambled")),
        scope=scope,
    ),
    Criterion(
        17,
        "it is not the pixels alone: share of those errors that the nearest neighbour in raw pixels removes",
        exceeds(share_removed(under("raw", max, "test_accuracy_nearest")), MOST),
        control=share_removed(under("raw_scrambled")),
        scope=scope,
        counter_evidence=True,
    ),
    Criterion(
        18,
        "oriented gradients, a feature vector by hand, gain over raw pixels: accuracy, mean over sizes",
        exceeds(difference(under("hog", tuple), under("raw", tuple)), MATTERS),
        control=difference(under("hog_scrambled", tuple), under("raw", tuple)),
        scope=scope,
    ),
    Criterion(
        19,
        "fed raw pixels, a convolutional net finds features that gain over them: accuracy, all examples",
        exceeds(difference(under("convnet"), RAW), MATTERS),
        control=difference(under("hidden_linear"), RAW),
        scope=scope,
    ),
    Criterion(
        19,
        "it is learning that finds them: accuracy over the same net whose features stay as drawn, all examples",
        exceeds(difference(under("convnet"), under("random_maps")), MATTERS),
        control=difference(under("hidden_linear"), RAW),
        scope=scope,
    ),
    Criterion(
        100,
        "on moved pictures, features selective and invariant beat those that are only one: accuracy gained",
        exceeds(both("hog"), MATTERS),
        control=both("hog_scrambled"),
        scope=scope,
    ),
    Criterion(
        103,
        "what pays is knowing that neighbours matter: accuracy of oriented gradients lost on scrambled pixels",
        exceeds(difference(under("hog", tuple), under("hog_scrambled", tuple)), MATTERS),
        control=difference(under("raw", tuple), under("raw_scrambled", tuple)),
        scope=scope,
    ),
    Criterion(
        103,
        "features made by hand are a way out: accuracy of the best of them over raw pixels, mean over sizes",
        exceeds(difference(best_by_hand(tuple), under("raw", tuple)), MATTERS),
        control=difference(under("hog_scrambled", tuple), under("raw", tuple)),
        scope=scope,
    ),
    Criterion(
        104,
        "with all examples learned features come up to the best made by hand: accuracy gained",
        exceeds(difference(under("convnet"), best_by_hand()), -MATTERS),
        control=difference(RAW, best_by_hand()),
        scope=scope_with_crossing,
    ),
    Criterion(
        104,
        "with the fewest examples features by hand still win: accuracy gained over the convolutional net",
        exceeds(difference(best_by_hand(min), under("convnet", min)), MATTERS),
        control=difference(best_by_hand(), under("convnet")),
        scope=scope_with_crossing,
        counter_evidence=True,
    ),
    Criterion(
        104,
        "random convolutional features nearly suffice: accuracy gained beyond half of what learning them gains",
        exceeds(more_than_half("random_maps"), 0.0),
        control=more_than_half("hidden_linear"),
        scope=scope,
        counter_evidence=True,
    ),
)


def draw(records):
    """Error as examples grow, and what is left of the accuracy when test pictures move."""
    drawn = {"learning_curves": learning_curves.error_by_size(records, (FEATURES, ("raw", "hog", *CONTROLS)))}
    return drawn | {"moved": learning_curves.moved(records, (*FEATURES, *CONTROLS), CHOICES)}
