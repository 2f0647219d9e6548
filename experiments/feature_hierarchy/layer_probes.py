"""What linear probes and distances show of every layer of a net for planted pictures.

L layers, from the pixels to the scores; U nuisances; N pictures; P parts; C objects.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Splits
from dl_jax.measures.probes import auc, binary_accuracy, gram_matrices, r2, ridge_from_grams
from dl_jax.measures.similarity import linear_cka
from dl_jax.models.model import Model, Params
from experiments.feature_hierarchy.planted_examples import PROBED, REDRAWN, PlantedExamples, probe_targets
from experiments.feature_hierarchy.planted_hierarchy import OBJECTS
from experiments.feature_hierarchy.scatter import rms_distance, scatter_ratio

STAGES = ("stage 1", "stage 2", "stage 3")
LAYERS = ("pixels", *STAGES, "hidden", "scores")
FAR_APART = 3
"""Distance in layers from which two layers count as far apart."""
PAIRED, DISTANCES = ("paired", "unpaired"), ("neighbours", "far apart")
AXES = {
    "test_accuracy": {},
    "object_auc": {},
    "mean_alignment": {"pictures": PAIRED, "distance": DISTANCES},
    "alignment": {"layer": LAYERS, "other_layer": LAYERS},
    "nuisance_r2": {"layer": LAYERS, "nuisance": PROBED},
    "log_nuisance_distance": {"layer": LAYERS, "nuisance": REDRAWN},
} | {
    name: {"layer": LAYERS}
    for name in (
        "object_accuracy",
        "pixels_r2",
        "mean_nuisance_r2",
        "parts_accuracy",
        "parts_auc",
        "log_rms_nuisance_distance",
        "log_scatter_ratio",
    )
}
"""{metric of `measure_layers`: the labels along its axes}."""


def measure_layers(model: Model, nets: Sequence[Params], examples: PlantedExamples) -> dict[str, jax.Array]:
    """Compute the metrics of AXES, with a leading axis for the nets (weights of the model).

    object_accuracy:           accuracy of a linear probe for the object.
    parts_accuracy:            share of correct answers of linear probes for which parts there are, in any position.
    pixels_r2, nuisance_r2:    variance that a linear probe explains of the picture, and of each nuisance.
    mean_nuisance_r2:          the mean of the latter.
    log_scatter_ratio:         log10 of the variance between objects over that within.
    log_nuisance_distance:     log10 of the distance by which a redrawn nuisance moves the layer's output, over that by
                               which another object in the same scene does.
    log_rms_nuisance_distance: the same for the root mean square over the nuisances.
    parts_auc:                 probability that the part probes' evidence is larger for a whole object than for one with
                               its parts apart.
    object_auc:                the same for the margin of the object's score.
    alignment, mean_alignment: CKA with every other layer, and its mean over neighbours and over layers far apart, also
                               of pictures in unpaired order (a control).
    """
    sets = (*(pictures.x for pictures in (*examples.whole, *examples.apart)), *examples.changed.values())
    x, bounds = jnp.concatenate(sets), np.cumsum([len(x) for x in sets])[:-1]
    layers = [(x, *model.layers(params, x)) for params in nets]
    # A loop compiles one program for all nets. The convolutions stay outside: inside a loop they are slower.
    return jax.lax.map(lambda layers: _measure_net(layers, bounds, examples), _stack(layers))


def _measure_net(layers, bounds, examples):
    whole, apart, changed = [], [], []  # for each layer
    for y in layers:
        sets = jnp.split(y, bounds)
        whole.append(Splits(*sets[:3]))
        apart.append(Splits(*sets[3:6]))
        changed.append(dict(zip(examples.changed, sets[6:], strict=True)))
    label_N = examples.whole.test.y
    ratios = [jnp.log10(jnp.maximum(scatter_ratio(y.test, label_N, len(OBJECTS)), 1e-4)) for y in whole]
    margin_whole, margin_apart = (_margin(splits[-1].test, label_N) for splits in (whole, apart))
    probe_wholes, probe_parts = _probes(examples)
    grams = _stack([gram_matrices(y) for y in whole])
    part_grams = _stack([gram_matrices(_half_apart(*both)) for both in zip(whole, apart, strict=True)])
    return {
        **jax.lax.map(lambda both: probe_wholes(both[0]) | probe_parts(both[1]), (grams, part_grams)),
        **_stack([_distances(y.test, others) for y, others in zip(whole, changed, strict=True)]),
        **_alignments([y.test for y in whole]),
        "log_scatter_ratio": jnp.stack(ratios),
        "object_auc": auc(margin_whole, margin_apart),
        "test_accuracy": jnp.mean(margin_whole > 0),
    }


def _stack(trees):
    """Stack the leaves of equal trees along a new leading axis."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def _half_apart(whole, apart):
    """The examples of the part probes: half of them whole objects and half with their parts apart, so that a probe
    cannot infer parts from objects. Each scene is used once to fit, and twice to choose and to test."""
    half = len(whole.train) // 2
    fit = jnp.concatenate([whole.train[:half], apart.train[half:]])
    return Splits(fit, *(jnp.concatenate(pair) for pair in zip(whole[1:], apart[1:], strict=True)))


def _probes(examples):
    """Two functions of a layer's Gram matrices: metrics of probes on whole objects, and of the part probes."""
    nuisances = [probe_targets(pictures.scene) for pictures in examples.whole]
    blocks = {
        "object": Splits(*(jax.nn.one_hot(pictures.y, len(OBJECTS)) for pictures in examples.whole)),
        **{name: Splits(*(targets[name] for targets in nuisances)) for name in PROBED},
        "pixels": Splits(*(pictures.x.reshape(len(pictures.x), -1) for pictures in examples.whole)),
    }
    targets = Splits(*(jnp.concatenate(parts, 1) for parts in zip(*blocks.values(), strict=True)))
    bounds = np.cumsum([block.train.shape[1] for block in blocks.values()])[:-1]
    part_targets = _half_apart(
        *(Splits(*(pictures.parts for pictures in splits)) for splits in (examples.whole, examples.apart))
    )
    count = len(examples.whole.test.y)

    def probe_wholes(grams):
        predictions = dict(zip(blocks, jnp.split(ridge_from_grams(grams, targets), bounds, 1), strict=True))
        nuisance_r2_U = jnp.stack([r2(predictions[name], blocks[name].test) for name in PROBED])
        return {
            "object_accuracy": jnp.mean(jnp.argmax(predictions["object"], 1) == examples.whole.test.y),
            "nuisance_r2": nuisance_r2_U,
            "mean_nuisance_r2": jnp.mean(nuisance_r2_U),
            "pixels_r2": r2(predictions["pixels"], blocks["pixels"].test),
        }

    def probe_parts(grams):
        prediction_NxP = ridge_from_grams(grams, part_targets)
        evidence_N = jnp.sum(prediction_NxP * (2 * part_targets.test - 1), 1)
        return {
            "parts_accuracy": binary_accuracy(prediction_NxP, part_targets.test),
            "parts_auc": auc(evidence_N[:count], evidence_N[count:]),
        }

    return probe_wholes, probe_parts


def _distances(y, changed):
    """log10 of the distances by which redrawn nuisances move y, over that by which another object does."""
    moved = {name: rms_distance(y[: len(other)], other) for name, other in changed.items()}
    unit, distance_U = moved["object"] + 1e-30, jnp.stack([moved[name] for name in REDRAWN])
    return {
        "log_nuisance_distance": jnp.log10(distance_U / unit + 1e-30),
        "log_rms_nuisance_distance": jnp.log10(jnp.sqrt(jnp.mean(distance_U**2)) / unit + 1e-30),
    }


def _margin(scores_NxC, label_N):
    """margin_N: the score of the correct object minus the highest other score."""
    correct_NxC = jax.nn.one_hot(label_N, scores_NxC.shape[1], dtype=bool)
    correct_N = jnp.max(jnp.where(correct_NxC, scores_NxC, -jnp.inf), 1)
    return correct_N - jnp.max(jnp.where(correct_NxC, -jnp.inf, scores_NxC), 1)


def _alignments(layers):
    alignment_LxL = linear_cka(layers)
    unpaired_LxL = linear_cka([jnp.roll(y, number, 0) for number, y in enumerate(layers)])
    distance_LxL = jnp.abs(jnp.arange(len(layers))[:, None] - jnp.arange(len(layers))[None])
    masks = (distance_LxL == 1, distance_LxL >= FAR_APART)
    means = [
        [jnp.sum(values_LxL * mask_LxL) / jnp.sum(mask_LxL) for mask_LxL in masks]
        for values_LxL in (alignment_LxL, unpaired_LxL)
    ]
    return {"alignment": alignment_LxL, "mean_alignment": jnp.stack([jnp.stack(row) for row in means])}
