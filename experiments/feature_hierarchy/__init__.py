"""Edges, motifs, parts, objects: what the layers of a net represent (statements 1, 21, 24-32, 106; sections I to III).

What it says   Layer by layer a deep net turns pixels into more and more abstract features: edges in the first layer,
               motifs in the second, parts in the third, whole objects above. What matters for the class is amplified,
               the rest is suppressed. People may not be able to read the features; further layers can use them.
Refuted if     trained on objects that are made of parts made of motifs made of edges, a net shows no more of this,
               layer by layer, than before training. For 106 each module is judged by itself
Counter        an untrained net loses pixels too, and its neighbouring layers are similar (21, 24); nuisances are
               predicted better from low layers than from pixels (27); images without edges give oriented filters (28);
               a blur tolerates small shifts (30)
Run            bash launch/local.sh feature_hierarchy --seeds=10
               bash launch/local.sh feature_hierarchy --photographs=cifar10_jpeg --manual_dir=DIR --steps=1000
Takes          150 s on 2 CPU cores, as long on an accelerator
Left open      the paper names no data and no measure. In the planted pictures the objects differ in nothing but the
               arrangement of their pieces, at every level, and every nuisance is a known number. What a layer contains
               is what ridge regression predicts from it. The first layer of a net for planted pictures says little
               about 28: with --photographs the filters that it judges are trained on those
"""

from dataclasses import dataclass
from functools import partial

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
from experiments.feature_hierarchy.metrics import evaluate_filters, evaluate_planted
from experiments.feature_hierarchy.planted_examples import draw_examples
from experiments.feature_hierarchy.planted_hierarchy import OBJECTS
from experiments.feature_hierarchy.random_phase import random_phase

__all__ = ["CRITERIA", "PRESETS", "SECONDS", "Config", "draw", "measure"]

SIDE = 24
"""Pixels along a planted picture."""
STAGES = (Stage(16, 5), Stage(24, 3), Stage(48, 3))
PHOTOGRAPH_STAGES = (Stage(32, 7), Stage(48, 3), Stage(64, 3))
FIRST_SCALE = 0.2
"""Scale of the first filters' initial weights, relative to the usual one, in the net for photographs."""
BATCH_SIZE = 64


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    photographs: str = flag("", f"photographs to train filters on as well: {', '.join(catalog.NAMES)}, or file.npz")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each data set")
    steps: int = flag(400, f"training steps of {BATCH_SIZE} pictures", at_least=1)
    pictures: int = flag(4096, "planted pictures to train on", at_least=64)
    probes: int = flag(1024, "planted pictures to fit probes on; half as many to test them", at_least=64)
    hidden: int = flag(64, "units of the hidden layer", at_least=1)
    learning_rate: float = flag(0.002, "learning rate of Adam", above=0)

    def data_sources(self) -> tuple[tuple[str, str], ...]:
        """Return the photographs, if there are any; everything else is generated."""
        return ((self.photographs, self.manual_dir),) if self.photographs else ()


PRESETS = {
    "smoke": {"seeds": 2, "steps": 8, "pictures": 256, "probes": 128},
    "accelerator": {"seeds": 20, "steps": 1000, "pictures": 16384, "probes": 4096},
}
SECONDS = {"smoke": 16, "laptop": 150, "accelerator": 150}


def measure(config: Config, context: Context) -> Records:
    """Train nets on planted objects, and on photographs if there are any, and measure them before and after."""
    planted = _planted(config, context)
    return Records.gather([planted, _photographs(config, context)]) if config.photographs else planted


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
        images="planted",
    )


def _photographs(config, context):
    """The first filters of a net for photographs as they are, and for photographs with random phases."""
    dataset = catalog.load(config.photographs, config.manual_dir or None)
    natural = dataset.images()
    splits = {"natural": natural, "random phase": random_phase(natural)}
    net = convnet(PHOTOGRAPH_STAGES, (config.hidden,), len(dataset.class_names), NONLINEARITIES["relu"])
    model = scale_first_layer(net, FIRST_SCALE)
    return sweep(
        lambda trial: Learner(model, cross_entropy, adam(config.learning_rate)),
        per_program(lambda trial: splits[trial.images]),
        grid(images=static(splits), seed=config.all_seeds),
        steps=config.steps,
        evaluate=evaluate_filters,
        context=context,
        batch_size=BATCH_SIZE,
        dataset=config.photographs,
    )
