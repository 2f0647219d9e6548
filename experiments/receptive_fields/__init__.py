"""The higher a layer, the larger its receptive field (statement 23; notes in section II).

What it says   Each layer adds (kernel size - 1) times the product of the strides below it to the side of the square
               of pixels that a unit depends on.
Refuted if     the pixels with a gradient are not those of the formula, in a net of random weights without a
               nonlinearity, or if a trained net depends on any outside of it; if from one layer to the next the
               square, or the root mean square radius of the squared gradient, does not grow
Counter        the effective field is far smaller than the square, and training does not widen it: the growth
               comes from kernels and strides, and untrained nets have it too
Run            bash launch/local.sh receptive_fields --dataset=cifar10_jpeg --manual_dir=DIR
Takes          60 s on 2 CPU cores, 60 s on an accelerator
Left open      the paper names no net; this one has kernels of 5 and 3 and two poolings. The effective field is that of
               Luo, Li, Urtasun & Zemel (2016), by the unit in the middle, summed over maps and averaged over test
               pictures. Without the strides, or with kernels of 1 and no pooling, nothing of this may hold
"""

from dataclasses import dataclass
from functools import partial

from dl_jax.data import catalog
from dl_jax.errors import DataError
from dl_jax.evidence.records import Records
from dl_jax.measures.receptive_fields import fields, modules_of
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.grid import grid
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from experiments.receptive_fields.criteria import CRITERIA, NOT_JUDGED
from experiments.receptive_fields.figures import draw
from experiments.receptive_fields.metrics import by_formula, evaluate

__all__ = ["CRITERIA", "NOT_JUDGED", "PRESETS", "SECONDS", "Config", "draw", "measure"]


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("canids", f"pictures: {', '.join(catalog.NAMES)}, or your own file.npz of square images")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each data set")
    maps: int = flag(16, "maps of each convolution", at_least=1)
    steps: int = flag(400, "training steps of 32 examples", at_least=1)
    learning_rate: float = flag(0.002, "learning rate of Adam", above=0)


PRESETS = {"smoke": {"seeds": 2, "maps": 4, "steps": 8}, "accelerator": {"seeds": 20, "maps": 64, "steps": 4000}}
SECONDS = {"smoke": 12, "laptop": 60, "accelerator": 60}


def stages(maps: int) -> tuple[Stage, ...]:
    """Kernels 5, 3, 3, 3, and pooling after the first and the third: fields of 5, 6, 10, 14, 16 and 24 pixels."""
    return tuple(Stage(maps, kernel, pool) for kernel, pool in ((5, 2), (3, 1), (3, 2), (3, 1)))


def measure(config: Config, context: Context) -> Records:
    """Train the net at every seed, and measure the fields of its middle units before and after."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    data, net = dataset.by_seed(images=True), stages(config.maps)
    height, width = data.shapes.train.x.shape[1:3]
    largest = fields(modules_of(net, height)[0])[-1].side
    if height != width or height < largest:
        raise DataError(
            f"{config.dataset} has pictures of {height} x {width} pixels; this takes square ones of {largest} at least"
        )
    model = convnet(net, (), len(dataset.class_names), NONLINEARITIES["relu"])
    trained = sweep(
        lambda trial: Learner(model, cross_entropy, adam(config.learning_rate)),
        data,
        grid(seed=config.all_seeds),
        steps=config.steps,
        evaluate=partial(evaluate, net),
        context=context,
        batch_size=32,
        dataset=config.dataset,
        maps=config.maps,
    )
    return Records.gather([by_formula(net, height), trained])
