"""Estimands of feature_hierarchy. A layer goes by its name; a module leads from one layer to the next."""

from itertools import pairwise

import numpy as np

from dl_jax.evidence.estimands import difference, metric
from experiments.feature_hierarchy.layer_probes import LAYERS

MODULES = tuple(pairwise(LAYERS[:-1]))
"""(input, output) of every module below the scores; the scores are too few to contain nuisances, trained or not."""


def at(name, layer, state="trained"):
    """A metric of a layer."""
    return metric(name, layer=layer, state=state)


def rise(name, low, high, state="trained"):
    """A metric of the layer `high` minus that of the layer `low`."""
    return difference(at(name, high, state), at(name, low, state))


def least(*estimands):
    """The smallest of several estimands, seed by seed."""
    return lambda records: np.min([estimand(records) for estimand in estimands], axis=0)


def learned(name, layer):
    """A metric of a layer after training minus that before."""
    return difference(at(name, layer), at(name, layer, "untrained"))


def unlearned(name, layer):
    """A metric of a layer before training minus that after."""
    return difference(at(name, layer, "untrained"), at(name, layer))


def selective_and_invariant(low, high, state="trained"):
    """The rise of the object probe's accuracy or the fall of the nuisance probes' R2, whichever is smaller."""
    return least(rise("object_accuracy", low, high, state), rise("mean_nuisance_r2", high, low, state))


def every_module_selective_and_invariant(state="trained"):
    """`selective_and_invariant` of the module where it is smallest."""
    return least(*(selective_and_invariant(low, high, state) for low, high in MODULES))


def least_scatter_rise(state="trained"):
    """The rise of the scatter ratio in the module where it is smallest."""
    return least(*(rise("log_scatter_ratio", low, high, state) for low, high in MODULES))


def pixels_lost(low, high, state="trained"):
    """The share of the pixels' variance that a linear map recovers from the lower layer and not from the higher."""
    return rise("pixels_r2", high, low, state)


def pixels_lost_and_object_gained(state="trained"):
    """From stage 1 to the hidden layer: the pixels' R2 that is lost or the object accuracy gained, the smaller."""
    return least(pixels_lost("stage 1", "hidden", state), rise("object_accuracy", "stage 1", "hidden", state))


def pixels_lost_untrained(low, high):
    """What an untrained net loses of the pixels, minus half of what the trained net loses up to its hidden layer."""
    untrained, trained = pixels_lost(low, high, "untrained"), pixels_lost("stage 1", "hidden")
    return lambda records: untrained(records) - 0.5 * trained(records)


def neighbours_minus_far(state="trained", pictures="paired"):
    """Mean alignment of neighbouring layers minus that of layers far apart."""
    neighbours, far = (
        metric("mean_alignment", distance=distance, pictures=pictures, state=state)
        for distance in ("neighbours", "far apart")
    )
    return difference(neighbours, far)


def orientation(state="trained", images=None):
    """The orientation score of the first filters, from photographs if the records have any."""

    def estimand(records):
        default = "natural" if "natural" in records.axis("images") else "planted"
        return records.by_seed("orientation_score", images=images or default, state=state)

    return estimand


def more_conjunctions(layer, state="trained"):
    """Share of conjunctive maps beyond that in stage 2 of the untrained net."""
    return difference(at("conjunctive_share", layer, state), at("conjunctive_share", "stage 2", "untrained"))


def more_motif_variance(layer, state="trained"):
    """Share of a layer's variance that is between motifs beyond that in stage 2 of the trained net."""
    return difference(at("motif_variance_share", layer, state), at("motif_variance_share", "stage 2"))


def part_errors_removed(state="trained"):
    """Share of the part probes' errors at stage 2 that are correct at stage 3."""
    removed, accuracy = rise("parts_accuracy", "stage 2", "stage 3", state), at("parts_accuracy", "stage 2", state)
    return lambda records: removed(records) / (1 - accuracy(records) + 1e-6)


def needs_arrangement(state="trained"):
    """How often moving the parts apart lowers the object's margin, beyond how often it lowers the part probes' evidence
    at stage 3, if that is more than by chance; both as areas under the ROC curve."""
    objects, parts = metric("object_auc", state=state), at("parts_auc", "stage 3", state)
    return lambda records: objects(records) - np.maximum(parts(records), 0.5)
