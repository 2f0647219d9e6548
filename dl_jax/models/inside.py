"""What is inside a convolutional net: the maps of every module, convolutions and pooling one by one (figure 2)."""

from collections.abc import Sequence

import jax

from dl_jax.models.convnet import Stage, convolved, pooled
from dl_jax.models.model import Params
from dl_jax.models.nonlinearities import Nonlinearity


def modules(stages: Sequence[Stage]) -> tuple[str, ...]:
    """The names of the modules, the image's side first: each stage convolves, and pools if it does."""
    names = []
    for number, stage in enumerate(stages, 1):
        names += [f"convolution {number}"] + ([f"pooling {number}"] if stage.pool > 1 else [])
    return tuple(names)


def maps(
    stages: Sequence[Stage],
    nonlinearity: Nonlinearity,
    params: Params,
    x_BxHxWxC: jax.Array,
    pooling: str = "max",
) -> tuple[jax.Array, ...]:
    """y_BxHxWxM of every module of `convnet(stages, ...)`. The pictures may have any size."""
    y_BxHxWxM, found = x_BxHxWxC, []
    for number, stage in enumerate(stages, 1):
        layer = params[f"conv_{number:02}"]
        y_BxHxWxM = nonlinearity.f(convolved(y_BxHxWxM, layer["w"], stage) + layer["b"][None, None, None])
        found.append(y_BxHxWxM)
        if stage.pool > 1:
            y_BxHxWxM = pooled(y_BxHxWxM, stage.pool, pooling)
            found.append(y_BxHxWxM)
    return tuple(found)
