"""The d-fold tent map as d layers of two rectifiers: 2^d linear pieces from 2 d units (Telgarsky 2016)."""

import jax.numpy as jnp

from dl_jax.models.model import Params


def tent_params(folds: int) -> Params:
    """Return params with which mlp((2,) * folds, 1, rectifier) is exactly the `folds`-fold tent map on [0, 1].

    The two units of a layer compute max(0, y) and max(0, y - 1/2); the tent map is 2 max(0, y) - 4 max(0, y - 1/2).
    """
    tent_2x1, threshold_2 = jnp.array([[2.0], [-4.0]]), jnp.array([0.0, -0.5])
    layers = [{"w": jnp.ones((1, 2)), "b": threshold_2}]
    layers += [{"w": jnp.tile(tent_2x1, (1, 2)), "b": threshold_2}] * (folds - 1)
    layers += [{"w": tent_2x1, "b": jnp.zeros(1)}]
    return {f"layer_{number:02}": layer for number, layer in enumerate(layers, 1)}
