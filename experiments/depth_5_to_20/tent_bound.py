"""A proof that depth pays at equal weights: the folded tent map, by a deep net and by any net of one hidden layer."""

from collections.abc import Iterable, Sequence
from functools import cache

import jax
import jax.numpy as jnp

from dl_jax.evidence.records import Records, measured
from dl_jax.measures.by_seed import for_each_seed
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.models.tent_net import tent_params
from dl_jax.training.context import Context

TASK = "tent_map"
NOISE = 1e-3
"""Standard deviation of the relative change of every weight, to measure how fragile the construction is."""


def shallow_error_bound(folds: int) -> float:
    """Return a lower bound on the error rate of a net of one hidden layer at 2^folds + 1 alternating points of [0, 1].

    The net has as many weights as the tent net of `folds` layers of two rectifiers, 6 folds + 1, so u = 2 folds hidden
    rectifiers and at most q = u + 1 linear pieces. A continuous function of q pieces crosses 1/2 at most q times, has
    at most q + 1 runs on one side, and is right at (n + q + 1) / 2 of n alternating points at most (Telgarsky 2016).
    """
    points, pieces = 2**folds + 1, 2 * folds + 1
    return max(0.0, (points - pieces - 1) / (2 * points))


def tent_net_error_rate(folds: int, noise: float = 0.0, seed: int = 0) -> float:
    """Return the error rate of the tent net at these points, with every weight w changed by `noise` w N(0, 1)."""
    leaves, tree = jax.tree.flatten(tent_params(folds))
    keys = jax.random.split(jax.random.key(seed), len(leaves))
    noisy = [w * (1 + noise * jax.random.normal(key, w.shape)) for w, key in zip(leaves, keys, strict=True)]
    points = 2**folds + 1
    y_N = _tent_net(folds)(jax.tree.unflatten(tree, noisy), jnp.linspace(0.0, 1.0, points)[:, None])[:, 0]
    return float(jnp.mean((y_N > 0.5) != (jnp.arange(points) % 2 == 1)))


@cache
def _tent_net(folds):
    return jax.jit(mlp((2,) * folds, 1, NONLINEARITIES["relu"]).apply)


def tent_errors(depths: Sequence[int], seeds: Iterable[int], context: Context) -> Records:
    """Records of `shallow_error_bound` and `error_rate` by depth, facts; and of the error rate with noise, by seed."""

    def with_noise(seed):
        return Records.gather(
            measured(
                {"error_rate": tent_net_error_rate(depth, NOISE, seed)}, task=TASK, depth=depth, noise=NOISE, seed=seed
            )
            for depth in depths
        )

    facts = [measured({"shallow_error_bound": shallow_error_bound(depth)}, task=TASK, depth=depth) for depth in depths]
    facts += [
        measured({"error_rate": tent_net_error_rate(depth)}, task=TASK, depth=depth, noise=0.0) for depth in depths
    ]
    noisy = for_each_seed(with_noise, list(seeds), context, label="tent map", depths=list(depths), noise=NOISE)
    return Records.gather([*facts, noisy])
