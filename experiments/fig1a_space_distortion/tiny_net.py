"""A net with one hidden layer: its weights in the records, and two ways to compute its hidden units."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.evidence.named import Named, array
from dl_jax.evidence.records import Records
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Params
from dl_jax.models.nonlinearities import NONLINEARITIES, Nonlinearity

PRINTED: dict[str, Callable[[float], float]] = {
    "tanh": math.tanh,
    "logistic": lambda z: 1 / (1 + math.exp(min(-z, 700.0))),
    "relu": lambda z: max(0.0, z),
    "identity": lambda z: z,
}
"""f(z) of one number as figure 1c prints it, without overflow; and the identity as a control."""
FUNCTIONS = NONLINEARITIES | {"square": Nonlinearity(jnp.square, 1.0)}
FOLDING: Params = {
    "layer_01": {"w": np.eye(2, dtype=np.float32), "b": np.zeros(2, np.float32)},
    "layer_02": {"w": np.ones((2, 1), np.float32), "b": np.array([-0.25], np.float32)},
}
"""A hand-made net of units that square their inputs, so that they fold the plane; its output is 0 at radius 1/2."""


def weights_of(params: Params, state: str) -> dict[str, list[Named]]:
    """Return the weights "w" and the biases "b" of every layer as arrays of the records; `nets` reads them back."""
    layers = [(int(name.removeprefix("layer_")), params[name]) for name in sorted(params)]
    return {
        "w": [array(layer["w"], "input", "unit", layer=number, state=state) for number, layer in layers],
        "b": [array(layer["b"], "unit", layer=number, state=state) for number, layer in layers],
    }


def nets(records: Records) -> Iterator[tuple[dict[str, Any], dict[str, Params]]]:
    """Iterate over (axes, {state: params}) of the nets whose weights are in the records."""
    found: dict[tuple, dict[str, Params]] = {}
    for each in records.where(metric=("w", "b")).arrays:
        axes = tuple((name, label) for name, label in each.at.items() if name not in ("layer", "state"))
        params = found.setdefault(axes, {}).setdefault(each.at["state"], {})
        params.setdefault(f"layer_{each.at['layer']:02}", {})[each.metric] = each.values
    return ((dict(axes), params) for axes, params in found.items())


def hidden_units(net: Params, nonlinearity: Nonlinearity, x: np.ndarray) -> np.ndarray:
    """Return the outputs y[..., W] of the hidden units at points x[..., D], computed by `mlp` in full float32."""
    layers = mlp(net["layer_01"]["b"].shape, 1, nonlinearity).layers
    with jax.default_matmul_precision("highest"):
        hidden_NxW = np.asarray(layers(net, jnp.asarray(x, jnp.float32).reshape(-1, x.shape[-1]))[0])
    return hidden_NxW.reshape(*x.shape[:-1], -1)


def slopes(net: Params, nonlinearity: Nonlinearity, x: np.ndarray) -> np.ndarray:
    """Return the Jacobian dy_j/dx_i = f'(z_j) w_ij [..., W, D] of the hidden units at points x[..., D], in float64.

    The chain rule is written out because f' must keep its sign where a unit is saturated: forward differentiation
    scales 1 + tanh(z) by the weight before it is rounded, and there it is a difference of nearly equal numbers.
    """
    w_DxW, b_W = (np.asarray(net["layer_01"][name], float) for name in ("w", "b"))
    with jax.enable_x64(True):
        slope = jax.vmap(jax.grad(nonlinearity.f))
        slope_NxW = np.asarray(slope((x.reshape(-1, x.shape[-1]) @ w_DxW + b_W).ravel())).reshape(-1, len(b_W))
    return (slope_NxW[:, :, None] * w_DxW.T).reshape(*x.shape[:-1], *w_DxW.T.shape)


def as_printed(net: Params, f: Callable[[float], float], x: np.ndarray) -> np.ndarray:
    """Return y[..., W] by the printed equations, number by number: y_j = f(z_j), z_j = sum_i w_ij x_i, and a bias."""
    w, b = net["layer_01"]["w"].tolist(), net["layer_01"]["b"].tolist()
    y = [
        [f(sum(x_i * w[i][j] for i, x_i in enumerate(point)) + b[j]) for j in range(len(b))]
        for point in np.asarray(x, np.float32).reshape(-1, x.shape[-1]).tolist()
    ]
    return np.reshape(y, (*x.shape[:-1], -1))


def largest_difference(y: np.ndarray, reference: np.ndarray) -> float:
    """Return the largest |y - reference|, divided by the largest |reference| if that is above 1."""
    return float(np.max(np.abs(y - reference)) / max(1.0, np.max(np.abs(reference))))
