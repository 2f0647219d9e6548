"""Edges, motifs, parts, objects: what the layers of a net represent (statements 1, 21, 24-32, 106; sections I to III).

What it says   Layer by layer a deep net turns pixels into more and more abstract features: edges in the first layer,
               motifs in the second, parts in the third, whole objects above. What matters for the class is amplified,
               the rest is suppressed. People may not be able to read the features; further layers can use them.
Refuted if     trained on objects that are made of parts made of motifs made of edges, a net shows no more of this,
               module by module, than before training. For 28: the median filter of a net for natural images is not
               oriented, or that for images without edges and orientation is
Counter        images with random phases have no edges and give oriented filters (28); a blur tolerates small shifts
               of edges as well as the second stage does (30); the first stage makes nuisances easier to read (106)
Run            bash launch/local.sh feature_hierarchy --seeds=26
               bash launch/local.sh feature_hierarchy --photographs=cifar10_jpeg --manual_dir=DIR --image_steps=4000
Takes          250 s on 2 CPU cores, as long on an accelerator
Left open      the paper names no data and no measure. In the planted pictures the objects differ in nothing but the
               arrangement of their pieces, at every level, and every nuisance is a known number. What a layer contains
               is what ridge regression predicts from it. Nobody was asked: an observer that compares pixels stands for
               a person (24, 25). How little is "a little more abstract" (21) is not judged. The images for 28 are
               patches of the two photographs that scikit-learn ships, which a net has to identify; they say nothing of
               other images, which --photographs names
"""

from dataclasses import dataclass
from functools import partial

import optax

from dl_jax.data import catalog
from dl_jax.evidence.records import Records
from dl_jax.models.convnet import Stage, convnet, scale_first_layer
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.grid import grid, per_program, static
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from experiments.feature_hierarchy.criteria import CRITERIA
from experiments.feature_hierarchy.figures import draw
from experiments.feature_hierarchy.images import PATCHES, TRANSFORMS, load_images, transformed
from experiments.feature_hierarchy.metrics import evaluate_filters, evaluate_planted
from experiments.feature_hierarchy.planted_examples import draw_examples
from experiments.feature_hierarchy.planted_hierarchy import OBJECTS
from experiments.feature_hierarchy.scopes import NOT_JUDGED

__all__ = ["CRITERIA", "NOT_JUDGED", "PRESETS", "SECONDS", "Config", "draw", "measure"]

SIDE = 24
"""Pixels along a planted picture."""
STAGES = (Stage(16, 5), Stage(24, 3), Stage(48, 3))
IMAGE_STAGES, IMAGE_HIDDEN = (Stage(16, 7, pool=3, padding="VALID"),), 32
"""The net for natural images: filters that are large enough to have an orientation, and few layers above them."""
FIRST_SCALE, WEIGHT_DECAY, IMAGE_LEARNING_RATE = 0.2, 1.0, 0.003
"""What lets its filters forget their first weights: a small initial scale, and AdamW's decay, times learning rate."""
BATCH_SIZE = 64


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    photographs: str = flag("", f"images for first filters: {', '.join(catalog.NAMES)}, or file.npz; empty: {PATCHES}")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each data set")
    steps: int = flag(320, f"training steps of {BATCH_SIZE} planted pictures", at_least=1)
    image_steps: int = flag(1600, f"training steps of {BATCH_SIZE} natural images", at_least=1)
    pictures: int = flag(4096, "planted pictures to train on", at_least=64)
    images: int = flag(16384, "natural images to train on, at most", at_least=64)
    probes: int = flag(512, "planted pictures to fit probes on; half as many to test them", at_least=64)
    hidden: int = flag(64, "units of the hidden layer", at_least=1)
    learning_rate: float = flag(0.002, "learning rate of Adam", above=0)

    def data_sources(self) -> tuple[tuple[str, str], ...]:
        """Return the dataset of natural images, if it is not the default; everything else is generated."""
        return ((self.photographs, self.manual_dir),) if self.photographs else ()


PRESETS = {
    "smoke": {"seeds": 2, "steps": 8, "image_steps": 8, "pictures": 256, "images": 256, "probes": 128},
    "accelerator": {"seeds": 26, "steps": 1000, "image_steps": 4000, "pictures": 16384, "probes": 2048},
}
SECONDS = {"smoke": 30, "laptop": 250, "accelerator": 250}


def measure(config: Config, context: Context) -> Records:
    """Train nets on planted objects and on natural images, and measure them before and after."""
    return Records.gather([_planted(config, context), _natural(config, context)])


def _planted(config, context):
    """The layers of a net for planted pictures, which each seed draws anew."""
    model = convnet(STAGES, (config.hidden,), len(OBJECTS), NONLINEARITIES["relu"])
    return sweep(
        lambda trial: Learner(model, cross_entropy, adam(config.learning_rate)),
        partial(draw_examples, count=config.pictures, probes=config.probes, side=SIDE),
        grid(seed=config.all_seeds),
        steps=config.steps,
        evaluate=partial(evaluate_planted, SIDE),
        context=context,
        batch_size=BATCH_SIZE,
    )


def _natural(config, context):
    """The first filters of a net for natural images, and of nets for the same images without edges."""
    images, classes = load_images(config.photographs, config.manual_dir, config.images)
    net = convnet(IMAGE_STAGES, (IMAGE_HIDDEN,), classes, NONLINEARITIES["relu"])
    model = scale_first_layer(net, FIRST_SCALE)
    optimizer = optax.adamw(IMAGE_LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    return sweep(
        lambda trial: Learner(model, cross_entropy, optimizer),
        per_program(lambda trial: transformed(images, trial.images)),
        grid(images=static(TRANSFORMS), seed=config.all_seeds),
        steps=config.image_steps,
        evaluate=evaluate_filters,
        context=context,
        batch_size=BATCH_SIZE,
        dataset=config.photographs or PATCHES,
    )
