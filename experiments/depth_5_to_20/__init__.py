"""Five to twenty layers: intricate functions that respond to detail and not to the scene (statements 107-109).

What it says   With some 5 to 20 non-linear layers a system can implement extremely intricate functions, which are at
               once sensitive to minute details and insensitive to background, pose, lighting and other objects
               (section III).
Refuted if     d layers of two rectifiers miss alternating points of the folded tent map, or one hidden layer of as many
               weights need not; if trained nets of 5 to 20 layers do not classify drawn animals, or respond more to the
               scene than to the detail; if one layer of as many weights does as well
Counter        a relative change of 0.001 of the weights spoils the folded tent map; twenty layers are no better than
               five; a short training exaggerates the gain by depth; plain stacks of twenty layers do not learn, unless
               they have skip connections
Run            bash launch/local.sh depth_5_to_20 --depths=1,2,3,5,8,20 --nonlinearities=relu,tanh --steps=6000
Takes          200 s on 2 CPU cores, 90 s on an accelerator
Left open      the paper names no task. Nets of every depth have the same weights, units, receptive field and path past
               the units; with the identity all are one linear map. The learning rate is the better of two
"""

from dataclasses import dataclass

from dl_jax.data import catalog
from dl_jax.data.synthetic.canids import NUISANCES
from dl_jax.evidence.records import Records
from dl_jax.evidence.selection import select
from dl_jax.measures.canids import draw_pictures
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.depth_5_to_20.canids_by_depth import BATCH_SIZE, UNITS, train_by_depth
from experiments.depth_5_to_20.criteria import CRITERIA, TENT_DEPTHS
from experiments.depth_5_to_20.figures import draw
from experiments.depth_5_to_20.stacks import train_stacks
from experiments.depth_5_to_20.tent_bound import tent_errors

__all__ = ["CRITERIA", "PRESETS", "SECONDS", "Config", "draw", "measure"]

PICTURES, SIDE = 16384, 24
"""Training pictures, at most, and pixels along a picture."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    depths: tuple[int, ...] = flag((1, 2, 5, 20), "numbers of hidden layers", at_least=1, at_most=UNITS)
    nonlinearities: tuple[str, ...] = flag(
        ("relu", "tanh", "logistic", "identity"), "of the hidden units", choices=tuple(NONLINEARITIES)
    )
    nuisances: tuple[str, ...] = flag(
        tuple(NUISANCES), "what differs from picture to picture", choices=tuple(NUISANCES)
    )
    detail: float = flag(1.0, "share of the difference between the kinds that is drawn", at_least=0.0, at_most=1.0)
    steps: int = flag(1000, f"training steps of {BATCH_SIZE} pictures; a quarter is the short training", at_least=4)
    stack_depths: tuple[int, ...] = flag((5, 20), "layers of the stacks, plain and with remedies", at_least=1)
    stack_steps: int = flag(600, "their training steps of 64 digits", at_least=1)


PRESETS = {
    "smoke": {
        "seeds": 2,
        "depths": (1, 5, 20),
        "nonlinearities": ("relu", "logistic", "identity"),
        "steps": 8,
        "stack_depths": (20,),
        "stack_steps": 8,
    },
    "accelerator": {
        "seeds": 20,
        "depths": (1, 2, 3, 5, 8, 12, 20, 40),
        "steps": 10000,
        "stack_depths": (1, 5, 20, 50),
    },
}
SECONDS = 200


def measure(config: Config, context: Context) -> Records:
    """The folded tent map, nets of every depth on drawn animals, and stacks with and without remedies on digits."""
    seeds, names = config.all_seeds, config.nonlinearities
    count = min(PICTURES, BATCH_SIZE * config.steps)
    pictures = draw_pictures(count, SIDE, config.nuisances, config.detail, config.first_seed)
    trained = [train_by_depth(pictures, config.depths, names, seeds, config.steps, context)]
    if nonlinear := [name for name in names if name != "identity"]:
        digits = catalog.load("digits").standardized()
        trained.append(train_stacks(digits, config.stack_depths, nonlinear, seeds, config.stack_steps, context))
    within = ("task", "depth", "nonlinearity", "remedy")
    chosen = select(Records.gather(trained), over="learning_rate", by="validation_accuracy", within=within)
    return Records.gather([tent_errors(TENT_DEPTHS, seeds, context), chosen])
