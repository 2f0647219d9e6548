"""Nets for natural patches and for pictures without edges: what their first filters become (statement 96)."""

from functools import partial

import jax.numpy as jnp
import optax

from dl_jax.data import catalog
from dl_jax.data.by_seed import BySeed, as_by_seed
from dl_jax.data.natural_patches import natural_patches, permuted_pixels, random_phase
from dl_jax.errors import DataError
from dl_jax.evidence.named import array, named
from dl_jax.evidence.records import Records
from dl_jax.measures.orientation import tuning
from dl_jax.models.convnet import Stage, convnet, scale_first_layer
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import Context
from dl_jax.training.grid import grid, per_program, static
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep

STATES = ("untrained", "trained")
NATURAL = "natural"
CONTROLS = {
    "permuted pixels": permuted_pixels,
    "isotropic random phase": partial(random_phase, isotropic=True),
    "random phase": random_phase,
}
"""Pictures without edges: (key, splits) -> splits. The last ones keep the orientations of natural pictures."""
PICTURES = (NATURAL, *CONTROLS)
STAGE = Stage(16, 7, 3, padding="VALID")
HIDDEN = 32
SIDE = 13
"""Pixels along a patch: 7 x 7 positions of a filter."""
SPOTS = 64
FIRST_SCALE = 0.2
"""Scale of the first filters' initial weights, relative to the usual one: what they show was learned."""
LEARNING_RATE, WEIGHT_DECAY = 0.003, 1.0
"""The settings of AdamW. Unused weights decay by a factor e in 333 steps, so that what is left was learned."""
BATCH_SIZE = 64


def sources(photographs: str, manual_dir: str) -> tuple[dict[str, BySeed], int]:
    """Return the pictures of each kind, which each seed draws anew, and the number of classes."""
    if photographs:
        dataset = catalog.load(photographs, manual_dir or None)
        natural, classes = dataset.by_seed(images=True), len(dataset.class_names)
        if min(natural.shapes.train.x.shape[1:3]) < SIDE:
            raise DataError(f"{photographs} must hold pictures of {SIDE} x {SIDE} pixels or more")
    else:
        natural, classes = as_by_seed(partial(natural_patches, side=SIDE, spots=SPOTS)), SPOTS
    changed = {name: drawn_once(natural.map_with_key(change)) for name, change in CONTROLS.items()}
    return {NATURAL: natural} | changed, classes


def drawn_once(source: BySeed) -> BySeed:
    """The same data, built when they are drawn: changing them again in each call of a training takes longer than it."""
    return BySeed(
        source.shared,
        lambda shared, key: source.build(shared, source.draw(shared, key)),
        lambda shared, examples: examples,
    )


def train_filters(
    photographs: str, manual_dir: str, steps: int, seeds: tuple[int, ...], pictures: tuple[str, ...], context: Context
) -> Records:
    """Train a net on each kind of pictures at every seed, and measure its first filters before and after.

    photographs: a data set of images; empty for patches of the two photographs of scikit-learn.
    """
    of_kind, classes = sources(photographs, manual_dir)
    model = scale_first_layer(convnet((STAGE,), (HIDDEN,), classes, NONLINEARITIES["relu"]), FIRST_SCALE)
    return sweep(
        lambda trial: Learner(model, cross_entropy, optax.adamw(LEARNING_RATE, weight_decay=WEIGHT_DECAY)),
        per_program(lambda trial: of_kind[trial.pictures]),
        grid(pictures=static(pictures), seed=seeds),
        steps=steps,
        evaluate=evaluate_filters,
        context=context,
        batch_size=BATCH_SIZE,
        photographs=photographs or "patches of two photographs",
    )


def evaluate_filters(run: Run):
    """Metrics of the first filters and of the net, before and after training.

    orientation_ratio: of each `filter`, `Tuning.least_ratio`: above 1, it is an oriented edge detector.
    filters_accuracy:  of the net on test pictures, minus that of the best constant guess.
    """
    metrics: dict[str, list] = {"orientation_ratio": [], "filters_accuracy": [], "first_filters": []}
    test = run.splits.test
    for state, params in zip(STATES, (run.init_params, run.params), strict=True):
        scores_NxC, w_KxKxCxM = run.learner.model.apply(params, test.x), params["conv_01"]["w"]
        above_chance = accuracy(scores_NxC, test.y) - chance(test.y, scores_NxC.shape[1])
        metrics["orientation_ratio"].append(named(tuning(w_KxKxCxM).least_ratio, "filter", state=state))
        metrics["filters_accuracy"].append(named(above_chance, state=state))
        metrics["first_filters"].append(array(w_KxKxCxM, "row", "column", "channel", "filter", state=state))
    return metrics


def chance(label_N, classes):
    """Accuracy of the best constant guess."""
    return jnp.max(jnp.mean(label_N[:, None] == jnp.arange(classes)[None], 0))
