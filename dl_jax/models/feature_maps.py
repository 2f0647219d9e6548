"""Feature maps of a convolutional net, module by module: each convolution and each pooling (figure 2)."""

from collections.abc import Sequence

import jax

from dl_jax.models.convnet import Stage, stage_outputs
from dl_jax.models.model import Params
from dl_jax.models.nonlinearities import Nonlinearity


def module_names(stages: Sequence[Stage]) -> tuple[str, ...]:
    """Return "convolution 1", "pooling 1", ... from the input upwards, without the pooling of stages that have none."""
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
    """Compute y_BxHxWxM of every module of `convnet(stages, ...)`, in the order of `module_names`.

    Images of any size are accepted: the weights of the stages do not depend on it.
    """
    outputs = zip(stages, stage_outputs(stages, nonlinearity, params, x_BxHxWxC, pooling), strict=True)
    return tuple(y for stage, both in outputs for y in (both if stage.pool > 1 else both[:1]))
