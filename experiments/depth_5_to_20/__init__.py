"""Five to twenty layers: intricate functions that respond to detail and not to the scene (statements 107-109).

What it says   With some 5 to 20 non-linear layers a system can implement extremely intricate functions, which are at
               once sensitive to minute details and insensitive to background, pose, lighting and other objects
               (section III).
Refuted if     d layers of two rectifiers miss alternating points of the folded tent map, or one hidden layer of as many
               weights need not; if trained nets of 5 to 20 layers come less than half way to distinguishing the kinds,
               classify both kinds in fewer than half of the scenes, or respond more to the scene than to the detail
Counter        a relative change of 0.001 of the weights spoils the folded tent map; with one nonlinearity or another a
               single layer of as many weights does as well; plain stacks of twenty layers do not learn from usual
               weights
Run            bash launch/local.sh depth_5_to_20 --dataset=mnist --manual_dir=DIR --depths=1,2,3,5,8,20 --side=24
Takes          270 s on 2 CPU cores, 90 s on an accelerator
Left open      the paper names no task: animals are drawn, or (--dataset=digits, mnist, fashion_mnist) two kinds of real
               digit or garment put before real photographs; photographs of dogs and wolves are not at hand. Nets
               of every depth have the same weights, units and path past the units; with the identity all are one
               linear map
"""

from dataclasses import dataclass

from dl_jax.data import catalog
from dl_jax.evidence.records import Records
from dl_jax.evidence.selection import select
from dl_jax.measures import worlds
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.depth_5_to_20.criteria import CRITERIA, NOT_JUDGED, TENT_DEPTHS
from experiments.depth_5_to_20.figures import draw
from experiments.depth_5_to_20.kinds_by_depth import BATCH_SIZE, UNITS, train_by_depth
from experiments.depth_5_to_20.stacks import train_stacks
from experiments.depth_5_to_20.tent_bound import tent_errors

__all__ = ["CRITERIA", "NOT_JUDGED", "PRESETS", "SECONDS", "Config", "draw", "measure"]

STACK = 20
"""Layers of the stacks, plain and with skip connections."""
PICTURES, VALIDATION, TEST, MATCHED = 8192, 1024, 1024, 512
"""Pictures of each seed: to train on, at most, to choose on, to test on, and scenes in which both kinds are drawn."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("canids", "the two kinds of object", choices=worlds.NAMES)
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    side: int = flag(12, "pixels along a picture", at_least=8)
    depths: tuple[int, ...] = flag((1, 5, 20), "numbers of hidden layers", at_least=1, at_most=UNITS)
    nonlinearities: tuple[str, ...] = flag(
        ("relu", "tanh", "logistic", "identity"), "of the hidden units", choices=tuple(NONLINEARITIES)
    )
    nuisances: tuple[str, ...] = flag(
        worlds.NUISANCES, "what differs from picture to picture", choices=worlds.NUISANCES
    )
    detail: float = flag(1.0, "share of the difference between the kinds that is drawn", at_least=0.0, at_most=1.0)
    steps: int = flag(1600, f"training steps of {BATCH_SIZE} pictures", at_least=4)
    stack_steps: int = flag(600, f"training steps of 64 digits of the stacks of {STACK} layers", at_least=1)


PRESETS = {
    "smoke": {
        "seeds": 2,
        "depths": (1, 5),
        "nonlinearities": ("relu", "identity"),
        "steps": 8,
        "stack_steps": 8,
    },
    "accelerator": {"seeds": 20, "side": 24, "depths": (1, 2, 3, 5, 8, 12, 20), "steps": 20000},
}
SECONDS = 270


def measure(config: Config, context: Context) -> Records:
    """The folded tent map, nets of every depth on pictures of two kinds, and stacks of many layers on digits."""
    seeds, names = config.all_seeds, config.nonlinearities
    of = worlds.world(config.dataset, config.side, config.detail, config.manual_dir or None)
    numbers = min(PICTURES, BATCH_SIZE * config.steps), VALIDATION, TEST
    pictures = worlds.pictures_by_seed(of, seeds, numbers, MATCHED, config.nuisances)
    trained = train_by_depth(pictures, config.depths, names, seeds, config.steps, context, dataset=config.dataset)
    within = ("depth", "nonlinearity")
    parts = [
        tent_errors(TENT_DEPTHS, seeds, context),
        select(trained, over="learning_rate", by="validation_accuracy", within=within),
    ]
    if nonlinear := [name for name in names if name != "identity"]:
        digits = catalog.load("digits").by_seed()
        parts.append(train_stacks(digits, [STACK], nonlinear, seeds, config.stack_steps, context))
    return Records.gather(parts)
