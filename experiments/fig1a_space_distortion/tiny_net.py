"""A net with one hidden layer, so small that a few records hold all its weights, and everything else follows."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.models.mlp import mlp
from dl_jax.models.model import Params
from dl_jax.models.nonlinearities import NONLINEARITIES, Nonlinearity

SPELLING = re.compile(r"([wb])(\d+)\[([\d,]+)\]")
PRINTED: dict[str, Callable[[float], float]] = {
    "tanh": math.tanh,
    "logistic": lambda z: 1 / (1 + math.exp(min(-z, 700.0))),
    "relu": lambda z: max(0.0, z),
    "identity": lambda z: z,
}
"""f(z) of one number, as figure 1c prints it but kept from overflow; and z itself, the control."""
FUNCTIONS = NONLINEARITIES | {"square": Nonlinearity(jnp.square, 1.0)}
FOLDING: Params = {
    "layer_01": {"w": np.eye(2), "b": np.zeros(2)},
    "layer_02": {"w": np.ones((2, 1)), "b": np.array([-0.25])},
}
"""A net set by hand: its two units square their inputs, so they fold the plane; its output is 0 at radius 1/2."""


def spelled(params: Params, prefix: str = "") -> dict[str, jax.Array]:
    """Every weight by name: w1[2,3] leads from input 2 to unit 3 of layer 1, b1[3] is that unit's bias."""
    return {
        f"{prefix}{kind}{number}[{','.join(str(index + 1) for index in at)}]": array[at]
        for number, layer in enumerate(sorted(params), 1)
        for kind, array in params[layer].items()
        for at in np.ndindex(array.shape)
    }


def read_back(values: Mapping[str, float], prefix: str = "") -> Params:
    """The params (float32) whose `spelled` weights are among the values; all else among them is passed over."""
    cells: dict[tuple[str, str], dict] = {}
    for name, value in values.items():
        if name.startswith(prefix) and (found := SPELLING.fullmatch(name.removeprefix(prefix))):
            kind, number, at = found.groups()
            cells.setdefault((f"layer_{number:0>2}", kind), {})[tuple(int(i) - 1 for i in at.split(","))] = value
    params: Params = {}
    for (layer, kind), entries in cells.items():
        array = np.zeros([size + 1 for size in max(entries)], np.float32)
        for at, value in entries.items():
            array[at] = value
        params.setdefault(layer, {})[kind] = array
    return params


def nets(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, float]]]:
    """(axes, {metric: value}) of every trial in the rows."""
    found: dict[tuple, dict[str, float]] = {}
    for row in rows:
        axes = tuple((name, value) for name, value in row.items() if name not in ("metric", "value"))
        found.setdefault(axes, {})[row["metric"]] = row["value"]
    return ((dict(axes), values) for axes, values in found.items())


def hidden_units(net: Params, nonlinearity: Nonlinearity, x: np.ndarray) -> np.ndarray:
    """What the hidden units answer to points x[..., D]: y[..., W], computed by `mlp`, in full float32."""
    layers = mlp(net["layer_01"]["b"].shape, 1, nonlinearity).layers
    with jax.default_matmul_precision("highest"):
        hidden_NxW = np.asarray(layers(net, jnp.asarray(x, jnp.float32).reshape(-1, x.shape[-1]))[0])
    return hidden_NxW.reshape(*x.shape[:-1], -1)


def slopes(net: Params, nonlinearity: Nonlinearity, x: np.ndarray) -> np.ndarray:
    """The Jacobian of the hidden units at points x[..., D]: dy/dx[..., W, D], in full float32."""
    layers = mlp(net["layer_01"]["b"].shape, 1, nonlinearity).layers
    with jax.default_matmul_precision("highest"):
        slope = jax.vmap(jax.jacfwd(lambda x_D: layers(net, x_D[None])[0][0]))
        slope_NxWxD = np.asarray(slope(jnp.asarray(x, jnp.float32).reshape(-1, x.shape[-1])))
    return slope_NxWxD.reshape(*x.shape[:-1], *slope_NxWxD.shape[1:])


def as_printed(net: Params, f: Callable[[float], float], x: np.ndarray) -> np.ndarray:
    """The same by the printed equations, one sum after the other: y_j = f(z_j), z_j = sum_i w_ij x_i, and a bias."""
    w, b = net["layer_01"]["w"].tolist(), net["layer_01"]["b"].tolist()
    y = [
        [f(sum(x_i * w[i][j] for i, x_i in enumerate(point)) + b[j]) for j in range(len(b))]
        for point in np.asarray(x, np.float32).reshape(-1, x.shape[-1]).tolist()
    ]
    return np.reshape(y, (*x.shape[:-1], -1))


def unlike(y: np.ndarray, other: np.ndarray) -> float:
    """The largest difference, on the scale of the largest value of `other` if that is above 1."""
    return float(np.max(np.abs(y - other)) / max(1.0, np.max(np.abs(other))))
