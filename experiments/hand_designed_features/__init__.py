"""Features by hand, and features learned, under one linear classifier (statements 17-19, 100, 103, 104; II, III).

What it says   Raw pixels are of little use to a linear classifier. It takes features that keep what distinguishes
               the classes and discard the rest; people used to design them, with skill and knowledge of the field.
               A model that learns its features from raw data makes that work unnecessary.
Refuted if     better features leave most of the errors on raw pixels; if histograms of oriented gradients gain
               nothing over pixels, or as much on permuted pixels; if a convolutional net gains nothing over pixels
               or over its untrained self, or is worse than the best features by hand with all examples.
Counter        with few examples features by hand win, and with many, random convolutional ones come close (19, 104);
               a nearest neighbour, no less conventional, does well on raw pixels (17)
Run            bash launch/local.sh hand_designed_features --sizes=50,100,200,400,0
               bash launch/local.sh hand_designed_features --dataset=mnist --manual_dir=DIR --features=raw,hog,convnet
               bash launch/local.sh hand_designed_features --dataset=mnist --manual_dir=DIR --sizes=0 --head=squashed
Takes          2 min on 2 CPU cores, 2 min on an accelerator
Left open      the paper names no data and no features; these are the classic ones. Learned or made, all features
               are inputs of the same head, trained alike, with the same learning rates to select from on validation
               data, of which there are more than the fewest examples. A seed draws the examples and the initial
               weights; the test pictures are always the same
"""

from dataclasses import dataclass
from functools import lru_cache

from dl_jax.data import catalog
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records
from dl_jax.evidence.selection import select
from dl_jax.measures.nearest_neighbour import nearest_neighbour_accuracy
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.grid import grid, per_program, static
from dl_jax.training.losses import accuracy
from dl_jax.training.optimizers import adam
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from experiments.hand_designed_features import figures
from experiments.hand_designed_features.criteria import CRITERIA
from experiments.hand_designed_features.features import CHOICES, CONTROLS, FEATURES, kinds
from experiments.hand_designed_features.few_examples import MOVED, ORIGINAL, as_features, scaled, subset_of
from experiments.hand_designed_features.heads import HEADS
from experiments.hand_designed_features.ink import ink

__all__ = ["CRITERIA", "PRESETS", "SECONDS", "Config", "draw", "measure"]


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"pictures: {', '.join(catalog.NAMES)}, or your own file.npz (x, y)")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    features: tuple[str, ...] = flag(
        (*FEATURES, *CONTROLS), "inputs of the linear head", choices=(*FEATURES, *CONTROLS)
    )
    sizes: tuple[int, ...] = flag((100, 300, 0), "numbers of training examples; 0 is all there are", at_least=0)
    head: str = flag("softmax", "units and loss of the head", choices=tuple(HEADS))
    hidden: int = flag(64, "units of the hidden layers that are learned", at_least=1)
    learning_rates: tuple[float, ...] = flag((0.001, 0.005, 0.025), "learning rates of Adam to select from", above=0)
    steps: int = flag(400, "training steps of 128 examples", at_least=1)


FEW = {"features": ("raw", "hog", "convnet"), "sizes": (60, 0), "learning_rates": (0.01,), "steps": 40}
PRESETS = {"smoke": {"seeds": 2, **FEW}, "accelerator": {"sizes": (50, 100, 200, 400, 0), "seeds": 20}}
SECONDS = {"smoke": 17, "laptop": 120, "accelerator": 120}


def measure(config: Config, context: Context) -> Records:
    """Return the accuracy with all kinds of features and numbers of examples, at the learning rate that is selected."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    pictures, head = ink(dataset), HEADS[config.head](len(dataset.class_names))
    count, side = len(pictures.train.x), min(pictures.train.x.shape[1:])
    every_kind, sizes = kinds(side, config.hidden), sorted({min(size or count, count) for size in config.sizes})

    @lru_cache(maxsize=1)  # one kind of features at a time is in memory
    def features_of(name):
        return as_features(pictures, every_kind[name].picture, by=max(1, side // 14))

    def evaluate(run: Run):
        def right(examples):
            return accuracy(head.scores(run.learner.model.apply(run.params, examples.x)), examples.y)

        metrics = {
            "validation_accuracy": right(run.splits.validation),
            "test_accuracy": [
                named(right(run.splits.test), pictures=ORIGINAL),
                named(right(run.splits.moved), pictures=MOVED),
            ],
        }
        if run.trial.features == "raw":
            metrics["nearest_neighbour_accuracy"] = nearest_neighbour_accuracy(run.splits.train, run.splits.test)
        return metrics

    records = sweep(
        lambda trial: Learner(every_kind[trial.features].model(head.units), head.loss, adam(trial.learning_rate)),
        per_program(lambda t: subset_of(features_of(t.features), t.size, *every_kind[t.features].fits, scaled)),
        grid(
            features=static(config.features),
            size=static(sizes),
            learning_rate=config.learning_rates,
            seed=config.all_seeds,
        ),
        steps=config.steps,
        evaluate=evaluate,
        context=context,
        head=config.head,
        dataset=config.dataset,
    )
    return select(records, over="learning_rate", by="validation_accuracy", within=("features", "size"))


def draw(records):
    """Draw error rates as examples grow, and the accuracy that remains when test pictures move."""
    return {
        "learning_curves": figures.error_by_size(records, (FEATURES, ("raw", "hog", *CONTROLS))),
        "moved": figures.moved(records, (*FEATURES, *CONTROLS), CHOICES),
    }
