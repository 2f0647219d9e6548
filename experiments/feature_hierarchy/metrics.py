"""Metrics of a convolutional net before and after training: its layers, its response to motifs, its first filters."""

from typing import Any

import jax
import jax.numpy as jnp

from dl_jax.evidence.named import Named, named
from dl_jax.measures.orientation import tuning
from dl_jax.models.model import Model, Params
from dl_jax.training.losses import accuracy
from dl_jax.training.programs import Run
from experiments.feature_hierarchy import layer_probes
from experiments.feature_hierarchy.conjunction import blur, conjunctive_shares, motif_variance_shares
from experiments.feature_hierarchy.layer_probes import LAYERS, STAGES, measure_layers

STATES = ("untrained", "trained")
BLUR = "blur of stage 1"
"""The layer that stands in for stage 2 of the trained net: a fixed linear one on stage 1."""
FEW = 0.15
"""Share of the first filters that must be oriented; fixed before the first run, from earlier work on photographs."""
AXES = layer_probes.AXES | {"conjunctive_share": {"layer": STAGES}, "motif_variance_share": {"layer": LAYERS}}
"""{metric: the labels along its axes, besides the state}; the others are scalars."""


def evaluate_planted(side: int, run: Run) -> dict[str, Any]:
    """Return the metrics of a net for planted pictures (run.splits: `PlantedExamples`), by state.

    They are those of `measure_layers`, `measure_motifs` (also for a blur of the trained net's stage 1) and
    `measure_filters`.
    """
    model, nets, key = run.learner.model, (run.init_params, run.params), jax.random.key(run.splits.seed)

    def blurred(x):
        first, second, *_ = model.layers(run.params, x)
        return [blur(first, second.shape[-1], key)]

    of_blur = {"state": "trained", "layer": (BLUR,)}
    layers = _named_by_state(measure_layers(model, nets, run.splits))
    motifs = _named_by_state(_of_each(nets, lambda params: measure_motifs(model, params, side, key)))
    filters = _named_by_state(_of_each(nets, measure_filters))
    return {
        **layers,
        **filters,
        "conjunctive_share": [motifs["conjunctive_share"], named(conjunctive_shares(blurred, side), **of_blur)],
        "motif_variance_share": [
            motifs["motif_variance_share"],
            named(motif_variance_shares(blurred, side, key), **of_blur),
        ],
    }


def evaluate_filters(run: Run) -> dict[str, Any]:
    """Return the test accuracy of a net for photographs, and the metrics of its first filters by state."""
    test_accuracy = accuracy(run.learner.model.apply(run.params, run.splits.test.x), run.splits.test.y)
    filters = _of_each((run.init_params, run.params), measure_filters)
    return {"test_accuracy": named(test_accuracy, state="trained")} | _named_by_state(filters)


def measure_motifs(model: Model, params: Params, side: int, key: jax.Array) -> dict[str, jax.Array]:
    """Measure the responses of the layers to motifs.

    conjunctive_share:    share of the maps of each stage that need two edges at once.
    motif_variance_share: share of the variance of each layer that is between motifs, when their edges jitter.
    """
    return {
        "conjunctive_share": conjunctive_shares(lambda x: model.layers(params, x)[: len(STAGES)], side),
        "motif_variance_share": motif_variance_shares(lambda x: (x, *model.layers(params, x)), side, key),
    }


def measure_filters(params: Params) -> dict[str, jax.Array]:
    """Measure the orientation of the first filters of a convnet.

    oriented_share:    share of the filters that are oriented and band-pass.
    orientation_score: what a share of FEW of the filters reach at least in `Tuning.least_ratio`; above 1, that share
                       is oriented.
    median_<name>:     median over the filters of each field of `Tuning`.
    """
    measured = tuning(params["conv_01"]["w"])
    return {
        "oriented_share": jnp.mean(measured.oriented),
        "orientation_score": jnp.quantile(measured.least_ratio, 1 - FEW),
        **{f"median_{name}": jnp.median(value_M) for name, value_M in measured._asdict().items()},
    }


def _of_each(nets, measure):
    """The metrics of every net, stacked along a leading axis."""
    return jax.tree.map(lambda *values: jnp.stack(values), *map(measure, nets))


def _named_by_state(metrics) -> dict[str, Named]:
    return {name: named(value, state=STATES, **AXES.get(name, {})) for name, value in metrics.items()}
