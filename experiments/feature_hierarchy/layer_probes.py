"""What linear probes, reconstructions and distances show of every layer of a net for planted pictures.

L layers, from the pixels to the hidden layer; U nuisances; N pictures; P parts; C objects.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Splits
from dl_jax.measures.probes import PENALTIES, auc, binary_accuracy, gram_matrices, r2, ridge_from_grams
from dl_jax.models.model import Model, Params
from experiments.feature_hierarchy.planted_examples import PROBED, REDRAWN, PlantedExamples, probe_targets
from experiments.feature_hierarchy.planted_hierarchy import OBJECTS
from experiments.feature_hierarchy.reconstruction import identified, kernel_matrices, reconstruct
from experiments.feature_hierarchy.scatter import scatter_ratio, share_moved

STAGES = ("stage 1", "stage 2", "stage 3")
LAYERS = ("pixels", *STAGES, "hidden")
"""The scores are left out: they are too few to contain nuisances, trained or not."""
RECONSTRUCTED = ("stage 1", "hidden")
"""Layers from which pictures are reconstructed."""
CHANGED = (*REDRAWN, "object")
PROBE_PENALTIES = PENALTIES[1:5]
"""The ridge penalties of `measures.probes` without the extremes, which no layer needs."""
AXES = {
    "test_accuracy": {},
    "object_auc": {},
    "parts_auc": {},
    "unrecognised_accuracy": {},
    "picture_r2": {"layer": RECONSTRUCTED},
    "recognised": {"layer": RECONSTRUCTED},
    "nuisance_r2": {"layer": LAYERS, "nuisance": PROBED},
    "share_moved": {"layer": LAYERS, "changed": CHANGED},
} | {name: {"layer": LAYERS} for name in ("object_accuracy", "parts_accuracy", "log_scatter_ratio")}
"""{metric of `measure_layers`: the labels along its axes}."""


def measure_layers(model: Model, nets: Sequence[Params], examples: PlantedExamples) -> dict[str, jax.Array]:
    """Compute the metrics of AXES, with a leading axis for the nets (weights of the model).

    object_accuracy:       accuracy of a linear probe for the object.
    parts_accuracy:        share of correct answers of linear probes for which parts there are, in any position.
    nuisance_r2:           variance of each nuisance that a linear probe explains.
    picture_r2:            variance of the pictures that their reconstruction from the layer explains.
    recognised:            share of the reconstructions that are recognised among the pictures of the same object.
    unrecognised_accuracy: accuracy of the object probe in the hidden layer for pictures that are not recognised there;
                           NaN where all are.
    log_scatter_ratio:     log10 of the variance between objects over that within.
    share_moved:           distance by which a redrawn nuisance, or another object in the same scene, moves the layer's
                           output, over the distance between two pictures at random.
    parts_auc:             probability that the part probes' evidence at stage 3 is larger for a whole object than for
                           one with its parts apart.
    object_auc:            the same for the margin of the object's score.
    test_accuracy:         the accuracy of the net itself.
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
    (*whole, scores), (*apart, scores_apart), (*changed, _) = whole, apart, changed
    label_N = examples.whole.test.y
    margin_whole, margin_apart = (_margin(splits.test, label_N) for splits in (scores, scores_apart))
    pictures = Splits(*(pictures.x.reshape(len(pictures.x), -1) for pictures in examples.whole))
    of_whole, of_parts = _probes(examples)

    def measure_reconstruction(kernels):
        reconstruction_NxP = reconstruct(kernels, pictures)
        recognised_N = identified(reconstruction_NxP, pictures.test, label_N)
        return {"picture_r2": r2(reconstruction_NxP, pictures.test), "recognised": recognised_N}

    grams = [(gram_matrices(y), gram_matrices(_half_apart(y, z))) for y, z in zip(whole, apart, strict=True)]
    by_layer = jax.lax.map(lambda each: of_whole(each[0]) | of_parts(each[1]), _stack(grams))
    kernels = [kernel_matrices(whole[LAYERS.index(layer)]) for layer in RECONSTRUCTED]
    pictures_by_layer = jax.lax.map(measure_reconstruction, _stack(kernels))
    correct_LxN, unrecognised_N = by_layer.pop("object_correct"), ~pictures_by_layer["recognised"][-1]
    ratios = [scatter_ratio(y.test, label_N, len(OBJECTS)) for y in whole]
    shares = [[share_moved(y.test, others[name]) for name in CHANGED] for y, others in zip(whole, changed, strict=True)]
    return by_layer | {
        "picture_r2": pictures_by_layer["picture_r2"],
        "recognised": jnp.mean(pictures_by_layer["recognised"], 1),
        "object_accuracy": jnp.mean(correct_LxN, 1),
        "unrecognised_accuracy": jnp.sum(correct_LxN[-1] & unrecognised_N) / jnp.sum(unrecognised_N),
        "share_moved": jnp.stack([jnp.stack(row) for row in shares]),
        "log_scatter_ratio": jnp.log10(jnp.maximum(jnp.stack(ratios), 1e-4)),
        "parts_auc": by_layer["parts_auc"][LAYERS.index("stage 3")],
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
    }
    targets = Splits(*(jnp.concatenate(parts, 1) for parts in zip(*blocks.values(), strict=True)))
    bounds = np.cumsum([block.train.shape[1] for block in blocks.values()])[:-1]
    part_targets = _half_apart(
        *(Splits(*(pictures.parts for pictures in splits)) for splits in (examples.whole, examples.apart))
    )
    count = len(examples.whole.test.y)

    def probe_wholes(grams):
        predictions = dict(
            zip(blocks, jnp.split(ridge_from_grams(grams, targets, PROBE_PENALTIES), bounds, 1), strict=True)
        )
        return {
            "object_correct": jnp.argmax(predictions["object"], 1) == examples.whole.test.y,
            "nuisance_r2": jnp.stack([r2(predictions[name], blocks[name].test) for name in PROBED]),
        }

    def probe_parts(grams):
        prediction_NxP = ridge_from_grams(grams, part_targets, PROBE_PENALTIES)
        evidence_N = jnp.sum(prediction_NxP * (2 * part_targets.test - 1), 1)
        return {
            "parts_accuracy": binary_accuracy(prediction_NxP, part_targets.test),
            "parts_auc": auc(evidence_N[:count], evidence_N[count:]),
        }

    return probe_wholes, probe_parts


def _margin(scores_NxC, label_N):
    """margin_N: the score of the correct object minus the highest other score."""
    correct_NxC = jax.nn.one_hot(label_N, scores_NxC.shape[1], dtype=bool)
    correct_N = jnp.max(jnp.where(correct_NxC, scores_NxC, -jnp.inf), 1)
    return correct_N - jnp.max(jnp.where(correct_NxC, -jnp.inf, scores_NxC), 1)
