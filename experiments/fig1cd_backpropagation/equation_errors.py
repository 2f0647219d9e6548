"""Relative errors of the printed equations, and of their mutations, against independent derivatives."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from flax import linen

from dl_jax.evidence.named import Named, named
from dl_jax.measures.derivatives import ORACLES, net_derivatives, relative_error
from dl_jax.models.backpropagation import Backward, Forward, Unit, backward, forward
from experiments.fig1cd_backpropagation.mutations import AS_PRINTED, MUTATIONS

FIGURE_1C = ("total_input", "output")
"""The equations of the forward pass, whose oracle is flax.linen; the others are compared with ORACLES."""

ByEquation = dict[str, tuple[jax.Array, ...]]
"""Name of an equation -> its results, an array for each layer."""


def equation_errors(
    weights: Sequence[jax.Array], x_BxD: jax.Array, t_BxC: jax.Array, unit: Unit, library_f: Callable
) -> list[Named]:
    """Return the relative errors of every equation over a batch, along the axes equation, mutation and oracle.

    A mutation is compared with one oracle only: flax.linen in figure 1c, jax.grad in figure 1d.

    unit:      the printed nonlinearity and its derivative.
    library_f: the same nonlinearity of a library, for the oracles.
    """

    def passes(x, t):
        activations = forward(weights, x, unit.f)
        return activations, backward(weights, activations, t, unit.derivative)

    def mutated(equation, rule):
        def of_example(activations, derivatives, t):
            return apply_rule(equation, rule, weights, activations, derivatives, t, unit)

        return jax.vmap(of_example)(*passes_B, t_BxC)

    passes_B = jax.vmap(passes)(x_BxD, t_BxC)
    printed = by_equation(*passes_B)
    expected = {
        name: jax.vmap(lambda x, t, oracle=oracle: oracle_results(oracle, weights, x, t, library_f))(x_BxD, t_BxC)
        for name, oracle in ORACLES.items()
    }
    errors = []
    for equation, mutations in MUTATIONS.items():
        oracles = ("grad",) if equation in FIGURE_1C else tuple(ORACLES)
        reference = _stacked([expected[name][equation] for name in oracles])
        error_O = jax.vmap(relative_error, (None, 0))(printed[equation], reference)
        wrong = _stacked([mutated(equation, rule) for rule in mutations.values()])
        error_M = jax.vmap(relative_error, (0, None))(wrong, expected["grad"][equation])
        oracles = ("linen",) if equation in FIGURE_1C else oracles
        errors.append(named(error_O, oracle=oracles, equation=equation, mutation=AS_PRINTED))
        errors.append(named(error_M, mutation=tuple(mutations), equation=equation, oracle=oracles[0]))
    return errors


def apply_rule(
    equation: str,
    rule: Callable,
    weights: Sequence[jax.Array],
    activations: Forward,
    derivatives: Backward,
    t: jax.Array,
    unit: Unit,
) -> tuple[jax.Array, ...]:
    """Return the results, layer by layer, of a rule in place of one equation, on the inputs of the printed passes."""
    y, z, dE_dy, dE_dz = activations.y, activations.z, derivatives.dE_dy, derivatives.dE_dz
    inputs = {
        "total_input": zip(weights, y[:-1], strict=True),
        "output": ((z_k, unit.f) for z_k in z),
        "cost_derivative": [(y[-1], t)],
        "into_total_input": ((dE_dy_k, z_k, unit.derivative) for dE_dy_k, z_k in zip(dE_dy[1:], z, strict=True)),
        "to_outputs_below": zip(weights, dE_dz, strict=True),
        "weight_derivative": zip(y[:-1], dE_dz, strict=True),
    }
    return tuple(rule(*each) for each in inputs[equation])


def oracle_results(
    oracle: Callable, weights: Sequence[jax.Array], x: jax.Array, t: jax.Array, f: Callable
) -> ByEquation:
    """Return the results for one example without the printed equations.

    Those of figure 1c are by flax.linen's layers without biases, those of figure 1d by an oracle for derivatives.
    """
    z, y = [], [x]
    for w in weights:
        z.append(linen.Dense(w.shape[1], use_bias=False).apply({"params": {"kernel": w}}, y[-1]))
        y.append(f(z[-1]))
    return by_equation(Forward(tuple(z), tuple(y)), net_derivatives(oracle, weights, x, t, f))


def by_equation(activations: Forward, derivatives: Backward) -> ByEquation:
    """Return the arrays of the forward and the backward pass by the equation that computes them."""
    return {
        "total_input": activations.z,
        "output": activations.y[1:],
        "cost_derivative": derivatives.dE_dy[-1:],
        "into_total_input": derivatives.dE_dz,
        "to_outputs_below": derivatives.dE_dy[:-1],
        "weight_derivative": derivatives.dE_dw,
    }


def _stacked(trees):
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)
