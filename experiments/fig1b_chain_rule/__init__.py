"""Small effects compose by multiplication, for numbers and for vectors (statements 80 and 81; figure 1b).

What it says   A small change dx of x causes a change dy = (dy/dx) dx of y, and dy a change dz = (dz/dy) dy of z, so
               that dz = (dz/dy)(dy/dx) dx. For vectors, the same holds with the Jacobian matrices.
Refuted if     the remainder dz - (dz/dy)(dy/dx) dx does not shrink as dx^2, or if the product of the Jacobians of two
               modules is not the derivative of their composition by JAX in either mode or by central differences.
Counter        the rectifier has no derivative at its kink. A point that dx carries across the kink leaves a remainder
               of order dx, and the root mean square over many points shrinks as dx^1.5 only.
Run            bash launch/local.sh fig1b_chain_rule --seeds=20
Takes          10 s on 2 CPU cores, as long on an accelerator
Left open      the paper names no functions; here each of the two modules is an affine map followed by a nonlinearity
               of figure 1c. Jacobians are compared by norm: error over ||J||, and over ||J|| ||dx|| for J dx.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, below, equals
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records
from dl_jax.evidence.rounding import within_rounding
from dl_jax.measures.by_seed import PRECISIONS, by_seed, normals, part
from dl_jax.measures.derivatives import chain_rule_errors, chain_rule_remainder
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
"""Ways to compose two derivatives: the chain rule, then wrong ones as controls."""
FOR_VECTORS = {
    PRODUCT: lambda J_zy, J_yx: J_zy @ J_yx,
    "index shifted": lambda J_zy, J_yx: J_zy @ jnp.roll(J_yx, 1, 0),
    "transposed": lambda J_zy, J_yx: J_zy.T.reshape(J_zy.shape) @ J_yx,
}
"""Ways to compose two Jacobians: the chain rule, then wrong ones as controls."""
WRONG = tuple(chain for chain in FOR_VECTORS if chain != PRODUCT)
SMOOTH = ("tanh", "logistic")
EXACT = ("jacfwd", "jacrev", "jvp", "vjp")
STEPS = tuple(10.0 ** (-power / 4) for power in range(25))
FITTED = STEPS[4:11]
"""The dx over which the slope is fitted. Below, few points cross a kink, and rounding errors are near; above, dx is not
small."""
POINTS = 2**14
SLOPE = 0.1
"""Tolerance on a slope of 2: a tenth of the way to the slope 1 of a wrong chain."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    inputs: int = flag(10, "numbers in the vector x", at_least=2)
    hidden: int = flag(16, "numbers in the vector y", at_least=2)
    outputs: int = flag(8, "numbers in the vector z", at_least=2)


PRESETS = {"smoke": {"seeds": 2}, "accelerator": {"seeds": 100}}
SECONDS = {"smoke": 8, "laptop": 10, "accelerator": 10}


def measure(config: Config, context: Context) -> Records:
    """The remainder at every dx and one worked example, in float64; the errors of the Jacobians' product."""
    parts = []
    for name, unit in UNITS.items():
        parts.append(part(partial(for_numbers, f=unit.f), "float64", nonlinearity=name))
        for precision in PRECISIONS:
            parts.append(part(partial(for_vectors, f=unit.f, config=config), precision, nonlinearity=name))
    return by_seed(parts, config.all_seeds, context)


def for_numbers(key, f):
    """The remainder of each chain over many points, for every dx; and the numbers of figure 1b at the first point."""
    x_N, a_c, b_d = normals(key, (POINTS,), (2,), (2,))
    (a, c), (b, d) = 1.0 + jnp.tanh(jnp.abs(a_c)), -jnp.tanh(jnp.abs(b_d)) / 2
    below, above = (lambda x: f(a * x + b)), (lambda y: f(c * y + d))

    def remainder(chain):
        return jax.vmap(lambda dx: chain_rule_remainder(below, above, x_N, dx, chain))(jnp.asarray(STEPS))

    x, dx = jnp.abs(x_N[0]), 0.1
    y, dy_dx = jax.jvp(below, (x,), (jnp.ones_like(x),))
    z, dz_dy = jax.jvp(above, (y,), (jnp.ones_like(y),))
    changes = (dx * jnp.ones_like(x), below(x + dx) - y, above(below(x + dx)) - z)
    return {
        "remainder": [named(remainder(chain), dx=STEPS, chain=name) for name, chain in FOR_NUMBERS.items()],
        "value": named(jnp.stack((x, y, z)), variable=("x", "y", "z")),
        "change": named(jnp.stack(changes), variable=("x", "y", "z")),
        "derivative": named(jnp.stack((dy_dx, dz_dy)), variable=("y", "z")),
    }


def for_vectors(key, f, config):
    """The relative error of the product of the Jacobians, and of each control, by oracle."""
    D, W, C = config.inputs, config.hidden, config.outputs
    x, dx, dz, w_DxW, v_WxC = normals(key, (D,), (D,), (C,), (D, W), (W, C))
    w_DxW, v_WxC = w_DxW / D**0.5, v_WxC / W**0.5
    errors = chain_rule_errors(lambda x: f(x @ w_DxW), lambda y: f(y @ v_WxC), x, dx, dz, FOR_VECTORS)
    return {"relative_error": [named(error, chain=chain, oracle=oracle) for (chain, oracle), error in errors.items()]}


def slope(nonlinearity, chain=PRODUCT):
    """The slope of log(remainder) over log(dx), seed by seed."""

    def estimand(records):
        remainder_XxS = [records.by_seed("remainder", nonlinearity=nonlinearity, chain=chain, dx=dx) for dx in FITTED]
        return np.polyfit(np.log(FITTED), np.log(remainder_XxS), 1)[0]

    return estimand


def largest_wrong_slope(nonlinearity):
    """The largest slope among the chains that are not the product."""
    wrong = [slope(nonlinearity, chain) for chain in FOR_NUMBERS if chain != PRODUCT]
    return lambda records: np.max([estimand(records) for estimand in wrong], axis=0)


SCOPE = f"{POINTS} points, dx from 0.003 to 0.1, float64"
CRITERIA = (
    *(
        Criterion(
            f"80.{name}_remainder_is_second_order",
            f"{name}: order in dx of the remainder dz - (dz/dy)(dy/dx) dx, as a slope in log-log",
            equals(slope(name), 2.0, within=SLOPE),
            control=largest_wrong_slope(name),
            scope=SCOPE,
        )
        for name in SMOOTH
    ),
    Criterion(
        "80.relu_kink_lowers_the_order",
        "relu, which has no derivative at its kink: order in dx of the remainder, as a slope in log-log, is below 1.8",
        below(slope("relu"), 1.8),
        control=slope("tanh"),
        scope=SCOPE,
        role="limit",
    ),
    within_rounding(
        "81.product_is_the_jacobian",
        "the product of the Jacobians against the Jacobian J of the composition, J dx and dz J",
        "relative_error",
        stated={"chain": PRODUCT, "oracle": EXACT},
        control={"chain": WRONG, "oracle": EXACT, "nonlinearity": SMOOTH},
        scope="relu, tanh and logistic, float32 and float64",
    ),
    within_rounding(
        "81.product_agrees_with_differences",
        "the product of the Jacobians against central differences",
        "relative_error",
        stated={"chain": PRODUCT, "oracle": "finite_differences", "nonlinearity": SMOOTH},
        control={"chain": WRONG, "oracle": "finite_differences", "nonlinearity": SMOOTH},
        scope="tanh and logistic, float32 and float64; with relu a difference may reach across a kink",
        by_differences=True,
    ),
)
OUTSIDE = tuple(dx for dx in STEPS if dx not in FITTED)
NOT_JUDGED = (
    not_judged(
        "drawn: below, rounding and few points at a kink; above, dx is not small", metric="remainder", dx=OUTSIDE
    ),
    not_judged(
        "a wrong chain where there is no right order",
        metric="remainder",
        nonlinearity="relu",
        chain=(*FOR_NUMBERS,)[1:],
    ),
    not_judged("the numbers of panel b", metric=("value", "change", "derivative")),
    not_judged(
        "a difference may reach across a kink",
        metric="relative_error",
        nonlinearity="relu",
        oracle="finite_differences",
    ),
    not_judged(
        "wrong products may agree where no unit is active", metric="relative_error", nonlinearity="relu", chain=WRONG
    ),
)


def draw(records):
    """Panel b with the numbers of the first seed; the remainder over dx; the errors of the Jacobians' product."""
    return {"chain_rule": draw_chain(records, wrong="dy/dx dropped")}
