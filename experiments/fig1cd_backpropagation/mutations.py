"""The equations of figure 1c and 1d, and each of them with a mistake that a test must detect."""

import jax
import jax.numpy as jnp

from dl_jax.models.backpropagation import PRINTED
from dl_jax.models.initializers import lecun

AS_PRINTED = "none"
"""The mutation of an equation without a mistake."""

EQUATIONS = {
    82: ("total_input", "z is the weighted sum of the outputs below"),
    83: ("output", "y is f(z)"),
    88: ("to_outputs_below", "dE/dy is the weighted sum of the dE/dz above"),
    89: ("into_total_input", "dE/dz is dE/dy times f'(z)"),
    90: ("cost_derivative", "dE/dy at the output is y - t"),
    91: ("weight_derivative", "dE/dw_jk is y_j dE/dz_k"),
}
"""The statements that are equations: number -> (name in `Equations`, the equation in words)."""


def neighbours(a: jax.Array) -> jax.Array:
    """Return the entries shifted by one: a wrong index."""
    return jnp.roll(a, 1, 0)


def transposed(w_jk: jax.Array) -> jax.Array:
    """Return the weights read as w_kj: row by row instead of column by column."""
    return w_jk.T.reshape(w_jk.shape)


def without_first(a: jax.Array) -> jax.Array:
    """Return the entries with the first one set to 0: a term dropped from a sum."""
    return jnp.concatenate([jnp.zeros_like(a[:1]), a[1:]])


MUTATIONS = {
    "total_input": {
        "weight transposed": lambda w, y: PRINTED.total_input(transposed(w), y),
        "a term dropped": lambda w, y: PRINTED.total_input(w, without_first(y)),
        "y of the neighbour": lambda w, y: PRINTED.total_input(w, neighbours(y)),
    },
    "output": {
        "f left out": lambda z, f: z,
        "sign of z": lambda z, f: f(-z),
        "z of the neighbour": lambda z, f: f(neighbours(z)),
    },
    "cost_derivative": {
        "sign": lambda y, t: t - y,
        "t left out": lambda y, t: y,
        "of (y - t)²": lambda y, t: 2 * (y - t),
        "of |y - t|": lambda y, t: jnp.sign(y - t),
    },
    "into_total_input": {
        "f' left out": lambda dE_dy, z, df: dE_dy,
        "f'(z) of the neighbour": lambda dE_dy, z, df: dE_dy * df(neighbours(z)),
        "f'(dE/dy)": lambda dE_dy, z, df: dE_dy * df(dE_dy),
        "sign": lambda dE_dy, z, df: -dE_dy * df(z),
    },
    "to_outputs_below": {
        "weight transposed": lambda w, dE_dz: PRINTED.to_outputs_below(transposed(w), dE_dz),
        "a term dropped": lambda w, dE_dz: PRINTED.to_outputs_below(w, without_first(dE_dz)),
        "dE/dz of the neighbour": lambda w, dE_dz: PRINTED.to_outputs_below(w, neighbours(dE_dz)),
    },
    "weight_derivative": {
        "dE/dz of the neighbour": lambda y, dE_dz: PRINTED.weight_derivative(y, neighbours(dE_dz)),
        "y of the neighbour": lambda y, dE_dz: PRINTED.weight_derivative(neighbours(y), dE_dz),
        "j and k exchanged": lambda y, dE_dz: PRINTED.weight_derivative(dE_dz, y).reshape(len(y), len(dE_dz)),
        "y left out": lambda y, dE_dz: PRINTED.weight_derivative(jnp.ones_like(y), dE_dz),
        "sign": lambda y, dE_dz: -PRINTED.weight_derivative(y, dE_dz),
    },
}
"""Wrong rules by the name of the equation, then by the mistake."""


def random_feedback(w_jk: jax.Array, dE_dz_k: jax.Array) -> jax.Array:
    """Compute `to_outputs_below` with fixed random numbers instead of the weights.

    The result is not the derivative, and yet layers learn by it (Lillicrap, Cownden, Tweed & Akerman 2016).
    """
    return PRINTED.to_outputs_below(lecun(jax.random.key(w_jk.size), w_jk.shape, 1.0), dE_dz_k)


FEEDBACK = {"weights": PRINTED.to_outputs_below, "random": random_feedback}
"""Rules for dE/dy of the layers below the output."""
