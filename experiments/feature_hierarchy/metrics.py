"""Metrics of convolutional nets before and after training: their layers, their second stage, their first filters."""

from typing import Any

import jax
import jax.numpy as jnp

from dl_jax.evidence.named import named
from dl_jax.measures.orientation import tuning
from dl_jax.models.model import Params
from dl_jax.training.losses import accuracy
from dl_jax.training.programs import Run
from experiments.feature_hierarchy.conjunction import blur, measure_motifs
from experiments.feature_hierarchy.layer_probes import AXES, measure_layers

STATES = ("untrained", "trained")
SECOND_STAGES = (*STATES, "random on trained", "blur of trained")
"""What reads stage 1: the stage 2 of the untrained and of the trained net; and two in place of the trained net's own:
its stage 2 before training, and a fixed linear blur."""
MOTIF_METRICS = ("conjunction", "arrangement", "motif_variance_share")


def evaluate_planted(side: int, run: Run) -> dict[str, Any]:
    """Return the metrics of a net for planted pictures (run.splits: `PlantedExamples`).

    Those of `measure_layers` by state, and those of `measure_motifs` of each of SECOND_STAGES.
    """
    model, nets, key = run.learner.model, (run.init_params, run.params), jax.random.key(run.splits.seed)
    mixed = run.params | {"conv_02": run.init_params["conv_02"]}

    def blurred(x):
        first, second, *_ = model.layers(run.params, x)
        return blur(first, second.shape[-1], key)

    stages = [lambda x, params=params: model.layers(params, x)[1] for params in (*nets, mixed)]
    motifs = _stack([measure_motifs(maps, side, key) for maps in (*stages, blurred)])
    layers = measure_layers(model, nets, run.splits)
    return {name: named(value, state=STATES, **AXES[name]) for name, value in layers.items()} | {
        name: named(value, second_stage=SECOND_STAGES) for name, value in motifs.items()
    }


def evaluate_filters(run: Run) -> dict[str, Any]:
    """Return the test accuracy of a net for images, and the metrics of its first filters, by state."""
    nets, test = (run.init_params, run.params), run.splits.test
    measured = _stack(
        [
            measure_filters(params) | {"image_accuracy": accuracy(run.learner.model.apply(params, test.x), test.y)}
            for params in nets
        ]
    )
    return {name: named(value, state=STATES) for name, value in measured.items()}


def measure_filters(params: Params) -> dict[str, jax.Array]:
    """Return the `orientation_score` of the first filters of a convnet: the median of `Tuning.least_ratio`.

    Above 1, more than half of the filters are oriented and band-pass.
    """
    return {"orientation_score": jnp.median(tuning(params["conv_01"]["w"]).least_ratio)}


def _stack(metrics):
    """The metrics of several, along a new leading axis."""
    return jax.tree.map(lambda *values: jnp.stack(values), *metrics)
