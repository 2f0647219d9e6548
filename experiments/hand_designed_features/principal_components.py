"""Principal components: the directions along which the examples vary most."""

import jax
import jax.numpy as jnp


def principal_components(x_NxD: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """Return (mean_D, direction_DxK): the mean of the examples, and unit directions, the largest variance first.

    From the eigenvectors of the covariance; K = min(count, D). Signs are arbitrary. The features of x are
    (x - mean) @ direction.
    """
    mean_D = jnp.mean(x_NxD, 0)
    centred_NxD = x_NxD - mean_D[None]
    _, direction_DxD = jnp.linalg.eigh(centred_NxD.T @ centred_NxD)
    return mean_D, direction_DxD[:, ::-1][:, :count]
