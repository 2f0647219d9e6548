"""A convolutional net after it learned and, beside it, the same net before: its layers, its motifs, its filters."""

import jax
import jax.numpy as jnp

from dl_jax.measures.orientation import tuning
from dl_jax.models.model import Params
from dl_jax.training.losses import accuracy
from dl_jax.training.step import Learner
from experiments.feature_hierarchy.conjunction import blurred, edges_alone_and_together, kept_when_edges_move
from experiments.feature_hierarchy.layer_probes import Shown, levels

STAGES = 3
FEW = 0.15
"""Share of filters that must be oriented; fixed before the first run, from earlier work on photographs."""


def look(side: int, learner: Learner, first: Params, last: Params, seen: Shown) -> dict[str, jax.Array]:
    """Metrics of `levels`, of motifs and of filters for a net of STAGES stages; those of the first weights are called
    untrained_<name>, and those of a blur that stands in for the trained net's second stage blur_<name>.

    conjunctions: for each stage the share of maps that need two edges. kept: for each layer the share of variance
    that tells the motif when its edges jitter.
    """
    model, key, metrics = learner.model, jax.random.key(seen.lot), {}
    nets = {"": last, "untrained_": first}
    for (net, params), found in zip(nets.items(), levels(model, list(nets.values()), seen), strict=True):
        found = found | filters(params) | _motifs(model, params, side, key)
        metrics |= {f"{net}{name}": value for name, value in found.items()}

    def blur(x):
        lowest, second, *_ = model.layers(last, x)
        return [blurred(lowest, second.shape[-1], key)]

    (together,), (kept,) = edges_alone_and_together(blur, side), kept_when_edges_move(blur, side, key)
    return metrics | {"blur_conjunctions": together, "blur_kept": kept}


def _motifs(model, params, side, key):
    together = edges_alone_and_together(lambda x: model.layers(params, x)[:STAGES], side)
    kept = kept_when_edges_move(lambda x: (x, *model.layers(params, x)), side, key)
    return {"conjunctions": jnp.stack(together), "kept": jnp.stack(kept)}


def look_at_filters(learner: Learner, first: Params, last: Params, splits) -> dict[str, jax.Array]:
    """What the first layer was and has become, and how well the net sees."""
    right = accuracy(learner.model.apply(last, splits.test.x), splits.test.y)
    return {"accuracy": right} | filters(last) | {f"untrained_{name}": value for name, value in filters(first).items()}


def filters(params: Params) -> dict[str, jax.Array]:
    """Of the first layer's filters the share that is oriented, and the medians of what decides it.

    oriented: what the best FEW of all filters reach at least in `Tuning.least_ratio`; beyond 1, so many are oriented.
    """
    found = tuning(params["conv_01"]["w"])
    medians = {f"filters_{name}": jnp.median(value) for name, value in found._asdict().items()}
    share = {"oriented_share": jnp.mean(found.oriented), "oriented": jnp.quantile(found.least_ratio, 1 - FEW)}
    return medians | share
