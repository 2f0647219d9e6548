"""How the error curves, from products of its Hessian with vectors alone: extreme eigenvalues, how many are large."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

Product = Callable[[jax.Array], jax.Array]
"""v_P -> H v."""
SPENT = 1e-5
"""When less than this part of a new direction is left, there was none."""


def hessian_product(error: Callable[[jax.Array], jax.Array], w_P: jax.Array) -> Product:
    """v_P -> H v at w, exact, at about the price of two gradients (Pearlmutter 1994)."""
    return lambda v_P: jax.jvp(jax.grad(error), (w_P,), (v_P,))[1]


def lanczos(product: Product, start_P: jax.Array, steps: int) -> tuple[jax.Array, jax.Array]:
    """value_K ascending and weight_K, K = min(steps, P): a small picture of the spectrum of a symmetric matrix.

    The extreme values come near the extreme eigenvalues first, from inside. The weights, 1 in all, say what share of
    the eigenvalues lies about each value, on average over the random directions that one may start in (Golub &
    Meurant 1994). Every new direction is made orthogonal to all before it, twice, as rounding would undo it
    otherwise; where none is left, as happens when eigenvalues are equal, any other takes its place.
    """
    size = len(start_P)
    steps = min(steps, size)

    def orthogonal(v_P, basis_KxP):
        for _ in range(2):
            v_P = v_P - basis_KxP.T @ (basis_KxP @ v_P)
        return v_P

    def step(carry, k):
        basis_KxP, v_P = carry
        basis_KxP = basis_KxP.at[k].set(v_P)
        image_P = product(v_P)
        fresh_P = orthogonal(jnp.sin((k + 1.0) * (jnp.arange(size) + 1.0)), basis_KxP)
        left_P = orthogonal(image_P, basis_KxP)
        size_left = jnp.linalg.norm(left_P)
        some = size_left > SPENT * jnp.linalg.norm(image_P)
        v_next_P = jnp.where(some, left_P / jnp.where(some, size_left, 1.0), fresh_P / jnp.linalg.norm(fresh_P))
        return (basis_KxP, v_next_P), (v_P @ image_P, jnp.where(some, size_left, 0.0))

    begun = (jnp.zeros((steps, size)), start_P / jnp.linalg.norm(start_P))
    _, (diagonal_K, beside_K) = jax.lax.scan(step, begun, jnp.arange(steps))
    matrix_KxK = jnp.diag(diagonal_K) + jnp.diag(beside_K[:-1], 1) + jnp.diag(beside_K[:-1], -1)
    value_K, vector_KxK = jnp.linalg.eigh(matrix_KxK)
    return value_K, vector_KxK[0] ** 2


def share_above(value_JxK: jax.Array, weight_JxK: jax.Array, part: float) -> jax.Array:
    """What share of all eigenvalues exceeds `part` of the largest, from J pictures of one spectrum."""
    return jnp.mean(jnp.sum(jnp.where(value_JxK > part * jnp.max(value_JxK), weight_JxK, 0.0), 1))
