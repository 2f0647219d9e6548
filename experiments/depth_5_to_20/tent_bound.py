"""What depth can do at equal weights, proved: the folded tent map, and what one hidden layer must get wrong there."""

from collections.abc import Iterable

import jax
import jax.numpy as jnp

from dl_jax.evidence.records import Row
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.models.tent_net import tent_params

OFF = 1e-3
"""Standard deviation of what is added to every weight, over its size, to see how much the construction bears."""


def must_miss(folds: int) -> float:
    """The share of the 2^folds + 1 alternating points of [0, 1] that a net of one hidden layer gets wrong at least.

    It has as many weights as the tent net of `folds` layers of two rectifiers, 6 folds + 1, so u = 2 folds hidden
    rectifiers and at most q = u + 1 pieces. A continuous function of q pieces crosses 1/2 at most q times, has at most
    q + 1 runs on one side, and is right on at most (n + q + 1) / 2 of n alternating points (Telgarsky 2016).
    """
    points, pieces = 2**folds + 1, 2 * folds + 1
    return max(0.0, (points - pieces - 1) / (2 * points))


def missed(folds: int, off: float = 0.0, seed: int = 0) -> float:
    """The share that the tent net gets wrong, with every weight off by a normal number times `off` times itself."""
    params = tent_params(folds)
    leaves, tree = jax.tree.flatten(params)
    keys = jax.random.split(jax.random.key(seed), len(leaves))
    moved = [w * (1 + off * jax.random.normal(key, w.shape)) for w, key in zip(leaves, keys, strict=True)]
    net = mlp((2,) * folds, 1, NONLINEARITIES["relu"])
    points = 2**folds + 1
    found_N = jax.jit(net.apply)(jax.tree.unflatten(tree, moved), jnp.linspace(0.0, 1.0, points)[:, None])[:, 0]
    return float(jnp.mean((found_N > 0.5) != (jnp.arange(points) % 2 == 1)))


def bound_rows(depths: Iterable[int], seeds: Iterable[int]) -> list[Row]:
    """Rows of `must_miss`, `missed` and `missed_off`; only the last differs from seed to seed."""
    rows = []
    for depth in depths:
        exact = {"must_miss": must_miss(depth), "missed": missed(depth)}
        rows += [
            {"trial": 0, "task": "tent", "depth": depth, "seed": seed, "metric": metric, "value": value}
            for seed in seeds
            for metric, value in (exact | {"missed_off": missed(depth, OFF, seed)}).items()
        ]
    return rows
