"""Spectrum of the Hessian of a loss, from Hessian-vector products: extreme eigenvalues and spectral density.

P parameters, K Lanczos steps, J start vectors.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

HessianProduct = Callable[[jax.Array], jax.Array]
"""v_P -> H v_P."""
BREAKDOWN = 1e-5
"""Lanczos has exhausted its Krylov space where the new direction has less than this part of the product's norm."""


def hessian_product(loss: Callable[[jax.Array], jax.Array], w_P: jax.Array) -> HessianProduct:
    """Return v_P -> H v_P at w_P: exact, at the cost of about two gradients (Pearlmutter 1994)."""
    return lambda v_P: jax.jvp(jax.grad(loss), (w_P,), (v_P,))[1]


def lanczos(product: HessianProduct, start_P: jax.Array, steps: int) -> tuple[jax.Array, jax.Array]:
    """Return the Ritz values value_K, ascending, and their weight_K of a symmetric matrix, K = min(steps, P).

    The extreme Ritz values converge first, from inside the spectrum. The weights sum to 1; averaged over random start
    vectors, they are the spectral density at the Ritz values (Golub & Meurant 1994).
    """
    size = len(start_P)
    steps = min(steps, size)

    def orthogonal(v_P, basis_KxP):
        for _ in range(2):  # once is not enough in floating point
            v_P = v_P - basis_KxP.T @ (basis_KxP @ v_P)
        return v_P

    def step(carry, k):
        basis_KxP, v_P = carry
        basis_KxP = basis_KxP.at[k].set(v_P)
        image_P = product(v_P)
        # At breakdown, as with repeated eigenvalues, any vector that is orthogonal to the basis continues.
        restart_P = orthogonal(jnp.sin((k + 1.0) * (jnp.arange(size) + 1.0)), basis_KxP)
        residual_P = orthogonal(image_P, basis_KxP)
        norm = jnp.linalg.norm(residual_P)
        continues = norm > BREAKDOWN * jnp.linalg.norm(image_P)
        next_P = jnp.where(
            continues, residual_P / jnp.where(continues, norm, 1.0), restart_P / jnp.linalg.norm(restart_P)
        )
        return (basis_KxP, next_P), (v_P @ image_P, jnp.where(continues, norm, 0.0))

    initial = (jnp.zeros((steps, size)), start_P / jnp.linalg.norm(start_P))
    _, (diagonal_K, off_diagonal_K) = jax.lax.scan(step, initial, jnp.arange(steps))
    matrix_KxK = jnp.diag(diagonal_K) + jnp.diag(off_diagonal_K[:-1], 1) + jnp.diag(off_diagonal_K[:-1], -1)
    value_K, vector_KxK = jnp.linalg.eigh(matrix_KxK)
    return value_K, vector_KxK[0] ** 2
