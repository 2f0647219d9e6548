"""What is inside a convolutional net: the maps of every module, convolutions and pooling one by one (figure 2)."""

from collections.abc import Sequence

import jax

from dl_jax.models.convnet import Stage, through_stages
from dl_jax.models.model import Params
from dl_jax.models.nonlinearities import Nonlinearity


def module_names(stages: Sequence[Stage]) -> tuple[str, ...]:
    """The names of the modules, the image's side first: each stage convolves, and pools if it does."""
    names = []
    for number, stage in enumerate(stages, 1):
        names += [f"convolution {number}"] + ([f"pooling {number}"] if stage.pool > 1 else [])
    return tuple(names)


def feature_maps(
    stages: Sequence[Stage],
    nonlinearity: Nonlinearity,
    params: Params,
    x_BxHxWxC: jax.Array,
    pooling: str = "max",
) -> tuple[jax.Array, ...]:
    """y_BxHxWxM of every module of `convnet(stages, ...)`. The pictures may have any size."""
    through = zip(stages, through_stages(stages, nonlinearity, params, x_BxHxWxC, pooling), strict=True)
    return tuple(y for stage, both in through for y in (both if stage.pool > 1 else both[:1]))
