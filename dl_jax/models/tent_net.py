"""The tent map folded d times as d layers of two rectifiers: 2^d pieces from 2 d units (Telgarsky 2016)."""

import jax.numpy as jnp

from dl_jax.models.model import Params


def tent_params(folds: int) -> Params:
    """Weights with which mlp((2,) * folds, 1, ...) and the rectifier is the folded tent map on [0, 1], exactly.

    A layer holds max(0, y) and max(0, y - 1/2), of which the tent is 2 of the first less 4 of the second.
    """
    tent_2x1, threshold_2 = jnp.array([[2.0], [-4.0]]), jnp.array([0.0, -0.5])
    layers = [{"w": jnp.ones((1, 2)), "b": threshold_2}]
    layers += [{"w": jnp.tile(tent_2x1, (1, 2)), "b": threshold_2}] * (folds - 1)
    layers += [{"w": tent_2x1, "b": jnp.zeros(1)}]
    return {f"layer_{number:02}": layer for number, layer in enumerate(layers, 1)}
