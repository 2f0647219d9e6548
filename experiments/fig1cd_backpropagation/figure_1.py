"""What figure 1 prints and its caption says, as numbers at one seed: equations, layers, costs, modules, formulas.

The axis `case` parts what is stated from its control.
"""

import jax
import jax.numpy as jnp

from dl_jax.measures.old_by_seed import at, normals
from dl_jax.measures.derivatives import relative_error
from dl_jax.models.backpropagation import UNITS
from dl_jax.models.model import Key
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import cross_entropy, half_squared_error
from experiments.fig1cd_backpropagation import formulas, layers
from experiments.fig1cd_backpropagation.modules import (
    asked_of_jax,
    careless_normalise,
    handed_down,
    threshold,
    unlike_modules,
)
from experiments.fig1cd_backpropagation.mutations import equation_errors

LIBRARY = {"relu": jax.nn.relu, "tanh": jnp.tanh, "logistic": jax.nn.sigmoid}
"""The nonlinearities as jax.nn and flax.linen have them; the rectifier's derivative at 0 is 0 there."""


def of_equations(key: Key, name: str) -> dict:
    """The relative errors of the printed equations and of their mutations, with a nonlinearity (82, 83, 88 to 91).

    The first unit of every layer has positive weights, so that no net of rectifiers falls silent,
    where all derivatives are 0, and those of the mutations too.
    """
    *w, x_BxD, t_BxC = normals(key, (10, 7), (7, 6), (6, 4), (16, 10), (16, 4))
    scale = min(2.0, NONLINEARITIES[name].gain)
    weights = [scale / len(each) ** 0.5 * each for each in w]
    weights = [each.at[:, 0].set(jnp.abs(each[:, 0])) for each in weights]
    errors = equation_errors(weights, x_BxD, t_BxC, UNITS[name], LIBRARY[name])
    return {at("relative_error", equation=e, mutation=m, oracle=o): error for (e, m, o), error in errors.items()}


def of_layers(key: Key) -> dict:
    """What each layer of a net can see of what lies below it, and with a skip from the input (statement 8)."""
    *w, x_BxD, v_BxD = normals(key, (10, 7), (7, 6), (6, 4), (10, 6), (10, 4), (16, 10), (16, 10))
    *weights, skip_DxV, skip_DxC = (each / len(each) ** 0.5 for each in w)
    weights, unseen, found = tuple(weights), layers.unseen_by(weights[0], v_BxD), {}
    for name, skips in (("stated", ()), ("control", (skip_DxV, skip_DxC))):
        outputs = layers.net(weights, jnp.tanh, skips)
        found[at("unlike_recomputed", case=name)] = layers.unlike_recomputed(outputs(x_BxD), weights, jnp.tanh)
        found[at("sees_past", case=name)] = layers.sees_past(outputs, x_BxD, unseen)
    return found


def of_costs(key: Key) -> dict:
    """Whether a cost is half the squared distance from the desired scores, and what it is where they agree (54)."""
    y_BxC, t_BxC = normals(key, (16, 4), (16, 4))
    wanted_CxC, half_square_B = jnp.eye(4), jnp.linalg.norm(y_BxC - t_BxC, axis=1) ** 2 / 2
    costs = {"stated": half_squared_error(y_BxC, t_BxC), "control": jnp.sum(y_BxC - t_BxC, 1)}
    return {
        at("unlike_distance", case=name): jnp.max(jnp.abs(cost_B - half_square_B) / half_square_B)
        for name, cost_B in costs.items()
    } | {
        at("cost_at_target", cost="half squared"): jnp.max(half_squared_error(wanted_CxC, wanted_CxC)),
        at("cost_at_target", cost="cross-entropy"): jnp.min(cross_entropy(wanted_CxC, jnp.arange(4))),
    }


def log10_size(a: jax.Array) -> jax.Array:
    """Orders of magnitude of the norm; -37 for 0."""
    return jnp.log10(jnp.maximum(jnp.linalg.norm(jnp.ravel(a)), 1e-37))


def of_modules(key: Key) -> dict:
    """Derivatives handed down a stack of unlike modules, and what arrives at its foot of what left its top (85)."""
    *w, x_BxD, dE_dy_BxC = normals(key, (12, 12), (3,), (6, 4), (16, 12), (16, 4))
    weights = [each / len(each) ** 0.5 for each in w]

    def over_batch(way, *middle):
        modules = unlike_modules(*weights, *middle)
        return jax.vmap(lambda x, dE_dy: way(modules, x, dE_dy))(x_BxD, dE_dy_BxC)

    asked, handed = over_batch(asked_of_jax), over_batch(handed_down)
    careless, stopped = over_batch(handed_down, careless_normalise), over_batch(handed_down, threshold)
    return {
        at("unlike_grad", case="stated"): relative_error(handed, asked),
        at("unlike_grad", case="control"): relative_error(careless, asked),
        at("log10_passed_down", case="stated"): log10_size(handed[0]) - log10_size(dE_dy_BxC),
        at("log10_passed_down", case="control"): log10_size(stopped[0]) - log10_size(dE_dy_BxC),
    }


def of_formulas(key: Key) -> dict:
    """The printed sigmoids against the library's and each other, at |z| up to 20, and the last |z| they serve (87)."""
    z_N, names = 20.0 * jnp.tanh(normals(key, (4096,))[0]), ("tanh", "logistic")
    same = {at("unlike_library", case="stated", nonlinearity=n): formulas.unlike(n, LIBRARY[n], z_N) for n in names}
    ends = {at("last_number", nonlinearity=n): formulas.last_number(n) for n in names}
    return (
        same
        | ends
        | {
            at("unlike_library", case="control"): formulas.unlike("tanh", LIBRARY["logistic"], z_N),
            at("unlike_each_other", case="stated"): formulas.unlike_each_other(z_N, 2.0),
            at("unlike_each_other", case="control"): formulas.unlike_each_other(z_N, 1.0),
        }
    )


def beside_equations(key: Key) -> dict:
    """All that takes no nonlinearity of its own."""
    parts = (of_layers, of_costs, of_modules, of_formulas)
    keys = jax.random.split(key, len(parts))
    return {name: value for part, k in zip(parts, keys, strict=True) for name, value in part(k).items()}
