"""Metrics without training for what figure 1 states: its equations, layers, costs, modules and formulas.

The axis `case` separates what is stated from its control.
"""

import jax
import jax.numpy as jnp

from dl_jax.evidence.named import Named, named
from dl_jax.evidence.records import Records, measured
from dl_jax.measures.by_seed import PRECISIONS, normals
from dl_jax.measures.derivatives import relative_error
from dl_jax.models.backpropagation import UNITS
from dl_jax.models.model import Key
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import cross_entropy, half_squared_error
from experiments.fig1cd_backpropagation import layers
from experiments.fig1cd_backpropagation.equation_errors import equation_errors
from experiments.fig1cd_backpropagation.formulas import formula_error, largest_finite_input, tanh_by_logistic_error
from experiments.fig1cd_backpropagation.modules import (
    derivatives_by_module,
    derivatives_of_composition,
    normalise,
    normalise_wrong_derivative,
    stack_of_modules,
    threshold,
)

SIGMOIDS = ("tanh", "logistic")
LIBRARY = {"relu": jax.nn.relu, "tanh": jnp.tanh, "logistic": jax.nn.sigmoid}
"""The nonlinearities of jax.nn and flax.linen; the rectifier's derivative at 0 is 0 there."""


def stated_and_control(stated: jax.Array, control: jax.Array) -> Named:
    """Return two numbers along the axis `case`."""
    return named(jnp.stack((stated, control)), case=("stated", "control"))


def of_equations(key: Key, nonlinearity: str) -> dict:
    """Relative errors of the printed equations and of their mutations (statements 82, 83, 88 to 91).

    The first unit of every layer has positive weights. Otherwise all rectifiers of a layer may be inactive; all
    derivatives are then 0, also those of a mutation.
    """
    *w, x_BxD, t_BxC = normals(key, (10, 7), (7, 6), (6, 4), (16, 10), (16, 4))
    scale = min(2.0, NONLINEARITIES[nonlinearity].gain)
    weights = [scale / len(each) ** 0.5 * each for each in w]
    weights = [each.at[:, 0].set(jnp.abs(each[:, 0])) for each in weights]
    return {"relative_error": equation_errors(weights, x_BxD, t_BxC, UNITS[nonlinearity], LIBRARY[nonlinearity])}


def of_layers(key: Key) -> dict:
    """Whether a layer depends on the layer below it alone; the control has connections that skip it (statement 8)."""
    *w, x_BxD, v_BxD = normals(key, (10, 7), (7, 6), (6, 4), (10, 6), (10, 4), (16, 10), (16, 10))
    *weights, skip_DxV, skip_DxC = (each / len(each) ** 0.5 for each in w)
    change_BxD = layers.orthogonal_part(v_BxD, weights[0])
    nets = [layers.net(weights, jnp.tanh, skips) for skips in ((), (skip_DxV, skip_DxC))]
    return {
        "recomputation_error": stated_and_control(
            *(layers.recomputation_error(outputs(x_BxD), weights, jnp.tanh) for outputs in nets)
        ),
        "leak_past_first_layer": stated_and_control(
            *(layers.leak_past_first_layer(outputs, x_BxD, change_BxD) for outputs in nets)
        ),
    }


def of_costs(key: Key) -> dict:
    """Whether a cost is half the squared distance from the target; the control is the sum of y - t (statement 54)."""
    y_BxC, t_BxC = normals(key, (16, 4), (16, 4))
    distance_B = jnp.linalg.norm(y_BxC - t_BxC, axis=1) ** 2 / 2

    def distance_error(cost_B):
        return jnp.max(jnp.abs(cost_B - distance_B) / distance_B)

    return {
        "distance_error": stated_and_control(
            distance_error(half_squared_error(y_BxC, t_BxC)), distance_error(jnp.sum(y_BxC - t_BxC, 1))
        )
    }


def of_modules(key: Key) -> dict:
    """Derivatives passed down a stack of modules: their error, and their size at the bottom (statement 85)."""
    *w, x_BxD, dE_dy_BxC = normals(key, (12, 12), (3,), (6, 4), (16, 12), (16, 4))
    weights = [each / len(each) ** 0.5 for each in w]

    def over_batch(derivatives, second=normalise):
        modules = stack_of_modules(*weights, second)
        return jax.vmap(lambda x, dE_dy: derivatives(modules, x, dE_dy))(x_BxD, dE_dy_BxC)

    def log10_gradient_ratio(derivatives):
        return log10_norm(derivatives[0]) - log10_norm(dE_dy_BxC)

    expected, by_module = over_batch(derivatives_of_composition), over_batch(derivatives_by_module)
    wrong, stopped = (over_batch(derivatives_by_module, second) for second in (normalise_wrong_derivative, threshold))
    return {
        "grad_error": stated_and_control(relative_error(by_module, expected), relative_error(wrong, expected)),
        "log10_gradient_ratio": stated_and_control(log10_gradient_ratio(by_module), log10_gradient_ratio(stopped)),
    }


def log10_norm(a: jax.Array) -> jax.Array:
    """Return log10 of the norm; -37 for 0."""
    return jnp.log10(jnp.maximum(jnp.linalg.norm(jnp.ravel(a)), 1e-37))


def of_formulas() -> dict:
    """The printed sigmoids against the library's and each other at |z| < 20 (statement 87)."""
    z_N = jnp.linspace(-20.0, 20.0, 4097)
    library_errors = [named(formula_error(n, LIBRARY[n], z_N), case="stated", nonlinearity=n) for n in SIGMOIDS]
    return {
        "library_error": [*library_errors, named(formula_error("tanh", LIBRARY["logistic"], z_N), case="control")],
        "identity_error": stated_and_control(tanh_by_logistic_error(z_N, 2.0), tanh_by_logistic_error(z_N, 1.0)),
    }


def beside_equations(key: Key) -> dict:
    """All metrics that do not depend on the nonlinearity of the equations."""
    parts = (of_layers, of_costs, of_modules)
    keys = jax.random.split(key, len(parts))
    return {name: value for part, k in zip(parts, keys, strict=True) for name, value in part(k).items()}


def facts() -> Records:
    """Return what depends on no seed: costs at their target (54), the printed sigmoids and where they overflow (87)."""
    target_CxC = jnp.eye(4)
    costs = {
        "half squared": jnp.max(half_squared_error(target_CxC, target_CxC)),
        "cross-entropy": jnp.min(cross_entropy(target_CxC, jnp.arange(4))),
    }
    in_float32 = {
        "cost_at_target": [named(value, cost=cost) for cost, value in costs.items()],
        "largest_finite_input": [named(largest_finite_input(name), nonlinearity=name) for name in SIGMOIDS],
    }
    parts = [measured(in_float32, precision="float32")]
    for precision in PRECISIONS:
        with jax.enable_x64(precision == "float64"):
            parts.append(measured(of_formulas(), precision=precision))
    return Records.gather(parts)
