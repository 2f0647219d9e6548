"""Samoyed or white wolf: respond to the detail and to nothing else (statements 72-75, 100, 108 and 109; section III).

What it says   Recognising pictures needs a function that is insensitive to position, pose, illumination and
               surroundings and very sensitive to some minute detail. In pixels a wolf is nearer to a Samoyed in the
               same scene than two Samoyeds in two scenes are, so that shallow classifiers on pixels could not possibly
               distinguish them.
Refuted if     a nuisance costs nothing to a linear classifier that never met it; if in pixels the other scene is
               nearer, on drawings or on real pictures; if shallow classifiers come half way to distinguishing kinds,
               a kernel on pixels gains from more pictures, or one convolutional layer is enough; if the net's score
               changes less with the kind than with pose, light, background or objects
Counter        each nuisance alone costs little to a linear classifier that learned with it; where nothing but pose
               varies, shallow classifiers suffice
Run            bash launch/local.sh selectivity_invariance --dataset=mnist --manual_dir=DIR --side=24
Takes          250 s on 2 CPU cores, 60 s on an accelerator
Left open      animals are drawn, or (--dataset) digits or garments of two kinds that resemble each other are put before
               real photographs; photographs of dogs and wolves are not at hand. Shallow methods are read at their best
               hyperparameter on the test pictures, which favours them
"""

from dataclasses import dataclass

from dl_jax.data.by_seed import BySeed
from dl_jax.evidence.records import Records
from dl_jax.evidence.selection import select
from dl_jax.measures import worlds
from dl_jax.measures.canids import Pictures
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.selectivity_invariance.criteria import CRITERIA, NOT_JUDGED
from experiments.selectivity_invariance.figures import draw
from experiments.selectivity_invariance.nets import BATCH_SIZE, train_nets
from experiments.selectivity_invariance.pictures import GALLERY_SIDE, gallery, pixel_distances
from experiments.selectivity_invariance.shallow import fit_on_pixels, fit_on_single_nuisances

__all__ = ["CRITERIA", "NOT_JUDGED", "PRESETS", "SECONDS", "Config", "draw", "measure"]

VALIDATION, TEST, MATCHED = 512, 1024, 512
"""Pictures of each seed: to choose on, to test on, and scenes in which both kinds are drawn."""
REAL, REAL_SIZES = "digits", (2, 2, 2)
"""Real pictures whose distances are measured beside those of drawings, and nothing learned."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("canids", "the two kinds of object", choices=worlds.NAMES)
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    nuisances: tuple[str, ...] = flag(
        worlds.NUISANCES, "what differs from picture to picture", choices=worlds.NUISANCES
    )
    detail: float = flag(1.0, "share of the difference between the kinds that is drawn", at_least=0.0, at_most=1.0)
    sizes: tuple[int, ...] = flag((256, 2048), "numbers of training pictures", at_least=32)
    side: int = flag(16, "pixels along a picture", at_least=16)
    steps: int = flag(1500, f"training steps of {BATCH_SIZE} pictures of the convolutional nets", at_least=1)


PRESETS = {
    "smoke": {"seeds": 2, "sizes": (64, 256), "steps": 8},
    "accelerator": {"seeds": 20, "sizes": (256, 1024, 4096, 16384), "side": 32, "steps": 8000},
}
SECONDS = 250


def measure(config: Config, context: Context) -> Records:
    """Every method on the same pictures; single nuisances; distances between pixels; a gallery."""
    seeds, sizes, raw = config.all_seeds, config.sizes, config.manual_dir or None
    axes = {"dataset": config.dataset}

    def pictures_of(of: worlds.World, numbers: tuple[int, int, int]) -> BySeed[Pictures]:
        return worlds.pictures_by_seed(of, seeds, numbers, MATCHED, config.nuisances)

    of = worlds.world(config.dataset, config.side, config.detail, raw)
    pictures = pictures_of(of, (max(sizes), VALIDATION, TEST))
    nets = train_nets(pictures, max(sizes), seeds, config.steps, context, **axes)
    parts = [
        fit_on_pixels(pictures, sizes, seeds, context, **axes),
        fit_on_single_nuisances(of, seeds, context, **axes),
        select(nets, over="learning_rate", by="validation_accuracy", within=("method",)),
        pixel_distances(pictures, seeds, context, **axes),
        gallery(worlds.world(config.dataset, GALLERY_SIDE, 1.0, raw), config.first_seed),
    ]
    if config.dataset not in worlds.REAL:
        real = pictures_of(worlds.world(REAL, config.side), REAL_SIZES)
        parts.append(pixel_distances(real, seeds, context, dataset=REAL))
    return Records.gather(parts)
