"""Small effects compose by multiplication, for numbers and for vectors (statements 80 and 81; figure 1b).

What it says   A small change dx of x becomes a change dy = (dy/dx) dx of y, and that a change dz = (dz/dy) dy of z;
               so dz = (dz/dy)(dy/dx) dx. With vectors, the same holds of the Jacobian matrices.
Refuted if     what the product leaves of dz does not shrink as dx^2, or if the product of the Jacobians of two modules
               is not the derivative of both together, found by JAX in either mode or by central differences.
Beside it      the rectifier has a kink, where there is no derivative: points that dx carries across it lose as much as
               dx itself, and the remainder over many points shrinks as dx^1.5 only.
Run            bash launch/local.sh fig1b_chain_rule --seeds=20
Takes          10 s on 2 CPU cores, as long on an accelerator
Left open      the paper names no functions; here both modules are affine maps with the nonlinearity of figure 1c
               behind them. Jacobians are compared by norm: error over ||J||, and over ||J|| ||dx|| for J dx.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.evidence.criteria import Criterion, below, identity
from dl_jax.evidence.records import Records
from dl_jax.evidence.rounding import exact
from dl_jax.measures.derivatives import chain_rule_errors, chain_rule_remainder
from dl_jax.measures.old_by_seed import PRECISIONS, at, at_once, normals, rows_by_seed
from dl_jax.models.backpropagation import UNITS
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.fig1b_chain_rule.figures import draw_chain

PRODUCT = "product"
FOR_NUMBERS = {
    PRODUCT: lambda dz_dy, dy_dx: dz_dy * dy_dx,
    "dz/dy dropped": lambda dz_dy, dy_dx: dy_dx,
    "dy/dx dropped": lambda dz_dy, dy_dx: dz_dy,
    "sum": lambda dz_dy, dy_dx: dz_dy + dy_dx,
}
FOR_VECTORS = {
    PRODUCT: lambda J_zy, J_yx: J_zy @ J_yx,
    "index shifted": lambda J_zy, J_yx: J_zy @ jnp.roll(J_yx, 1, 0),
    "transposed": lambda J_zy, J_yx: J_zy.T.reshape(J_zy.shape) @ J_yx,
}
"""The chain rule first, then what it is not: the controls."""
SMOOTH = ("tanh", "logistic")
EXACT = ("jacfwd", "jacrev", "jvp", "vjp")
STEPS = tuple(10.0 ** (-power / 4) for power in range(25))
FITTED = STEPS[4:11]
"""Where the slope is read: below, few points cross a kink, and rounding comes near; above, dx is not small."""
POINTS = 2**14
SLOPE = 0.1
"""A slope within so much of 2 is 2."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    inputs: int = flag(10, "numbers in the vector x", at_least=2)
    hidden: int = flag(16, "numbers in the vector y", at_least=2)
    outputs: int = flag(8, "numbers in the vector z", at_least=2)


PRESETS = {"smoke": {"seeds": 2}, "accelerator": {"seeds": 100}}
SECONDS = {"smoke": 8, "laptop": 10, "accelerator": 10}


def measure(config: Config, context: Context) -> Records:
    """The remainder at every dx; the errors of the Jacobians' product in two precisions; one example's numbers."""
    looks = [(of_numbers, "float64"), *((partial(of_vectors, config=config), precision) for precision in PRECISIONS)]
    parts = [
        partial(rows_by_seed, partial(look, f=unit.f), config.all_seeds, precision, nonlinearity=name)
        for name, unit in UNITS.items()
        for look, precision in looks
    ]
    return Records(tuple(context.events.cached({"seeds": list(config.all_seeds)}, lambda: at_once(parts))))


def of_numbers(key, f):
    """What each chain leaves of dz at many points, for every dx; and the numbers of figure 1b at the first point."""
    x_N, a_c, b_d = normals(key, (POINTS,), (2,), (2,))
    (a, c), (b, d) = 1.0 + jnp.tanh(jnp.abs(a_c)), -jnp.tanh(jnp.abs(b_d)) / 2
    below, above = (lambda x: f(a * x + b)), (lambda y: f(c * y + d))
    found = {
        at("remainder", chain=name, dx=STEPS): jax.vmap(
            lambda dx, c=chain: chain_rule_remainder(below, above, x_N, dx, c)
        )(jnp.asarray(STEPS))
        for name, chain in FOR_NUMBERS.items()
    }
    x, dx = jnp.abs(x_N[0]), 0.1
    y, dy_dx = jax.jvp(below, (x,), (jnp.ones_like(x),))
    z, dz_dy = jax.jvp(above, (y,), (jnp.ones_like(y),))
    example = {"x": x, "y": y, "z": z, "dy_dx": dy_dx, "dz_dy": dz_dy, "delta_x": dx * jnp.ones_like(x)}
    example |= {"delta_y": below(x + dx) - y, "delta_z": above(below(x + dx)) - z}
    return found | {at(name): value for name, value in example.items()}


def of_vectors(key, f, config):
    """How far the product of the Jacobians, and each control, is from the derivative of the whole."""
    D, W, C = config.inputs, config.hidden, config.outputs
    x, dx, dz, w_DxW, v_WxC = normals(key, (D,), (D,), (C,), (D, W), (W, C))
    w_DxW, v_WxC = w_DxW / D**0.5, v_WxC / W**0.5
    errors = chain_rule_errors(lambda x: f(x @ w_DxW), lambda y: f(y @ v_WxC), x, dx, dz, FOR_VECTORS)
    return {at("relative_error", chain=chain, oracle=oracle): error for (chain, oracle), error in errors.items()}


def slope(nonlinearity, chain=PRODUCT):
    """The slope of log(remainder) over log(dx), seed by seed."""

    def estimand(records):
        left = [records.by_seed("remainder", nonlinearity=nonlinearity, chain=chain, dx=dx) for dx in FITTED]
        return np.polyfit(np.log(FITTED), np.log(left), 1)[0]

    return estimand


def nearest_slope(nonlinearity):
    """Of the chains that are not the product, the slope that comes nearest to 2."""
    return lambda r: np.max([slope(nonlinearity, chain)(r) for chain in FOR_NUMBERS if chain != PRODUCT], axis=0)


WRONG = tuple(chain for chain in FOR_VECTORS if chain != PRODUCT)
CRITERIA = (
    *(
        Criterion(
            80,
            f"{name}: what the product of the derivatives leaves of dz shrinks as dx^2: slope minus 2",
            identity(lambda r, name=name: slope(name)(r) - 2, SLOPE),
            control=lambda r, name=name: nearest_slope(name)(r) - 2,
            scope=f"{POINTS} points, dx from 0.003 to 0.1, float64",
        )
        for name in SMOOTH
    ),
    Criterion(
        80,
        "relu: across the kink there is no derivative, and the remainder shrinks more slowly than dx^1.8: slope",
        below(slope("relu"), 1.8),
        control=slope("tanh"),
        scope=f"{POINTS} points, dx from 0.003 to 0.1, float64",
        counter_evidence=True,
    ),
    exact(
        81,
        "the product of the Jacobians is the Jacobian, J dx and dz J of the whole",
        "relative_error",
        stated={"chain": PRODUCT, "oracle": EXACT},
        control={"chain": WRONG, "oracle": EXACT, "nonlinearity": SMOOTH},
        scope="relu, tanh and logistic, float32 and float64",
    ),
    exact(
        81,
        "and what central differences find",
        "relative_error",
        stated={"chain": PRODUCT, "oracle": "finite_differences", "nonlinearity": SMOOTH},
        control={"chain": WRONG, "oracle": "finite_differences", "nonlinearity": SMOOTH},
        scope="tanh and logistic, float32 and float64; with relu a difference may reach across a kink",
        by_differences=True,
    ),
)


def draw(records):
    """Panel b with the numbers of the first seed; the remainder over dx; the errors of the Jacobians' product."""
    return {"chain_rule": draw_chain(records, wrong="dy/dx dropped")}
