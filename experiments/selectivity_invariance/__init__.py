"""Samoyed or white wolf: respond to the detail and to nothing else (statements 72-75, 100, 108 and 109; section III).

What it says   Recognising pictures needs a function that is insensitive to position, pose, illumination and
               surroundings and very sensitive to some minute detail. In pixels a wolf is nearer to a Samoyed in the
               same scene than two Samoyeds in two scenes are, so that shallow classifiers on pixels could not possibly
               distinguish them.
Refuted if     nuisances cost a linear classifier nothing; if in pixels the other scene is nearer; if a linear or
               another shallow classifier comes near a convolutional net that learned from as many pictures; if the
               net's score changes less with the kind of animal than with pose, light, background or objects
Counter        a Gaussian kernel on pixels is above chance and rises with the number of pictures: not "impossible";
               a deep net without convolution does not do what the convolutional one does
Run            bash launch/local.sh selectivity_invariance --nuisances=pose,background --sizes=256,1024,4096
Takes          200 s on 2 CPU cores, 60 s on an accelerator
Left open      the animals are drawn, from 44 known numbers and a kind; a photograph has more. Every method has three
               hyperparameters to choose from on validation pictures; nets without convolution train four times as long
"""

from dataclasses import dataclass

from dl_jax.data.synthetic.canids import NUISANCES
from dl_jax.evidence.records import Records
from dl_jax.evidence.selection import select
from dl_jax.measures.canids import draw_pictures
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.selectivity_invariance.criteria import CRITERIA
from experiments.selectivity_invariance.figures import draw
from experiments.selectivity_invariance.nets import BATCH_SIZE, train_nets
from experiments.selectivity_invariance.pictures import draw_single_nuisances, gallery, pixel_distances
from experiments.selectivity_invariance.shallow import fit_on_pixels, fit_on_single_nuisances

__all__ = ["CRITERIA", "PRESETS", "SECONDS", "Config", "draw", "measure"]


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    nuisances: tuple[str, ...] = flag(
        tuple(NUISANCES), "what differs from picture to picture", choices=tuple(NUISANCES)
    )
    detail: float = flag(1.0, "share of the difference between the kinds that is drawn", at_least=0.0, at_most=1.0)
    sizes: tuple[int, ...] = flag((256, 2048), "numbers of training pictures", at_least=32)
    side: int = flag(24, "pixels along a picture", at_least=16)
    steps: int = flag(500, f"training steps of {BATCH_SIZE} pictures of the convolutional nets", at_least=1)


PRESETS = {
    "smoke": {"seeds": 2, "sizes": (64, 256), "side": 16, "steps": 8},
    "accelerator": {"seeds": 20, "sizes": (256, 1024, 4096, 16384), "side": 32, "steps": 2000},
}
SECONDS = 200


def measure(config: Config, context: Context) -> Records:
    """Every method on the same pictures; distances between pixels; a gallery."""
    seeds, sizes, about = config.all_seeds, config.sizes, (config.side, config.nuisances, config.detail)
    # Twice as many as a seed trains on, so that seeds have different training pictures.
    pictures = draw_pictures(2 * max(sizes), *about, config.first_seed)
    alone = draw_single_nuisances(*about, config.first_seed)
    shallow = Records.gather(
        [fit_on_pixels(pictures, sizes, seeds, context), fit_on_single_nuisances(alone, seeds, context)]
    )
    nets = train_nets(pictures, sizes, seeds, config.steps, context)
    within, by = ("method", "labels", "train_size", "alone"), "validation_accuracy"
    return Records.gather(
        [
            select(shallow, over="hyperparameter", by=by, within=within),
            select(nets, over="learning_rate", by=by, within=within),
            pixel_distances(*about, seeds, context),
            gallery(config.first_seed),
        ]
    )
