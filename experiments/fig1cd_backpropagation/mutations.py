"""The equations of figure 1c and 1d with one mistake each: what a test of them must be able to see."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen

from dl_jax.measures.derivatives import ORACLES, net_derivatives, relative_error
from dl_jax.models.backpropagation import PRINTED, Backward, Equations, Forward, Unit, backward, forward
from dl_jax.models.initializers import lecun

AS_PRINTED = "none"
"""The mutation of an equation that has none."""
FIGURE_1C = ("total_input", "output")

EQUATIONS = {
    82: ("total_input", "z is the weighted sum of the outputs below"),
    83: ("output", "y is f(z)"),
    88: ("to_outputs_below", "dE/dy is the weighted sum of the dE/dz above"),
    89: ("into_total_input", "times f'(z) it is dE/dz"),
    90: ("cost_derivative", "at the output dE/dy is y - t"),
    91: ("weight_derivative", "dE/dw_jk is y_j dE/dz_k"),
}
"""The statements that are equations: number, name, and what it says in words."""


def neighbours(a: jax.Array) -> jax.Array:
    """Every entry in the place of the one before it: a wrong index."""
    return jnp.roll(a, 1, 0)


def transposed(w_jk: jax.Array) -> jax.Array:
    """The weights read as w_kj: row by row in place of column by column."""
    return w_jk.T.reshape(w_jk.shape)


def without_first(a: jax.Array) -> jax.Array:
    """The first term dropped from a sum over the first axis."""
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
"""By the name of the equation, then by what is wrong with it."""


def weights_or_random(random: int | jax.Array) -> Callable:
    """The equation `to_outputs_below`; where `random` is 1, with fixed random numbers in the place of the weights.

    That is wrong, and yet layers learn by it (Lillicrap, Cownden, Tweed & Akerman 2016).
    """

    def to_outputs_below(w_jk, dE_dz_k):
        random_jk = lecun(jax.random.key(w_jk.size), w_jk.shape, 1.0)
        return PRINTED.to_outputs_below(jnp.where(random, random_jk, w_jk), dE_dz_k)

    return to_outputs_below


def mutated(equation: str, mutation: str) -> Equations:
    """All as printed but one mistake."""
    return PRINTED._replace(**{equation: MUTATIONS[equation][mutation]})


def alone(equation: str, rule: Callable, weights, passed: Forward, back: Backward, t, unit: Unit) -> tuple:
    """What a rule in the place of one equation makes, in every layer, of what the printed passes have left behind."""
    arguments = {
        "total_input": zip(weights, passed.y[:-1], strict=True),
        "output": ((z, unit.f) for z in passed.z),
        "cost_derivative": [(passed.y[-1], t)],
        "into_total_input": ((dE_dy, z, unit.derivative) for dE_dy, z in zip(back.dE_dy[1:], passed.z, strict=True)),
        "to_outputs_below": zip(weights, back.dE_dz, strict=True),
        "weight_derivative": zip(passed.y[:-1], back.dE_dz, strict=True),
    }
    return tuple(rule(*each) for each in arguments[equation])


def as_asked(oracle: Callable, weights, x, t, f: Callable) -> dict[str, tuple[jax.Array, ...]]:
    """The same of an oracle for derivatives (figure 1d), and for figure 1c of flax.linen's layers without biases."""
    z, y = [], [x]
    for w in weights:
        z.append(linen.Dense(w.shape[1], use_bias=False).apply({"params": {"kernel": w}}, y[-1]))
        y.append(f(z[-1]))
    return _by_equation(Forward(tuple(z), tuple(y)), net_derivatives(oracle, weights, x, t, f))


def _by_equation(passed: Forward, back: Backward):
    return {
        "total_input": passed.z,
        "output": passed.y[1:],
        "cost_derivative": back.dE_dy[-1:],
        "into_total_input": back.dE_dz,
        "to_outputs_below": back.dE_dy[:-1],
        "weight_derivative": back.dE_dw,
    }


def equation_errors(weights, x_BxD, t_BxC, unit: Unit, library_f: Callable) -> dict[tuple, jax.Array]:
    """{(equation, mutations, oracles): relative errors} over a batch, of what is printed and of every mutation.

    library_f: the same nonlinearity as the library has it, for the oracles. A mutation is held
    against one oracle only: linen in figure 1c, jax.grad in figure 1d.
    """

    def printed(x, t):
        passed = forward(weights, x, unit.f)
        return passed, backward(weights, passed, t, unit.derivative)

    def alone_at(equation, rule):
        return jax.vmap(lambda passed, back, t: alone(equation, rule, weights, passed, back, t, unit))(*left_B, t_BxC)

    def stacked(trees):
        return jax.tree.map(lambda *each: jnp.stack(each), *trees)

    left_B = jax.vmap(printed)(x_BxD, t_BxC)
    found = _by_equation(*left_B)
    asked = {
        name: jax.vmap(lambda x, t, oracle=oracle: as_asked(oracle, weights, x, t, library_f))(x_BxD, t_BxC)
        for name, oracle in ORACLES.items()
    }
    errors = {}
    for equation, mutations in MUTATIONS.items():
        oracles = ("grad",) if equation in FIGURE_1C else tuple(ORACLES)
        true = stacked([asked[name][equation] for name in oracles])
        of_printed = jax.vmap(relative_error, (None, 0))(found[equation], true)
        wrong = stacked([alone_at(equation, rule) for rule in mutations.values()])
        of_wrong = jax.vmap(relative_error, (0, None))(wrong, asked["grad"][equation])
        oracles = ("linen",) if equation in FIGURE_1C else oracles
        errors[equation, (AS_PRINTED,), oracles] = of_printed
        errors[equation, tuple(mutations), oracles[:1]] = of_wrong
    return errors
