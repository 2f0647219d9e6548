"""Estimands of feature_hierarchy. A layer goes by its name; a module leads from one layer to the next."""

from itertools import pairwise

import numpy as np

from dl_jax.evidence.estimands import difference, metric
from experiments.feature_hierarchy.layer_probes import LAYERS
from experiments.feature_hierarchy.planted_examples import REDRAWN

MODULES = tuple(pairwise(LAYERS))
"""(input, output) of every module below the scores."""
HIGHER = MODULES[1:]
"""The modules above the first stage."""
TWOFOLD = float(np.log10(2))


def at(name, layer, state="trained"):
    """A metric of a layer."""
    return metric(name, layer=layer, state=state)


def rise(name, low, high, state="trained"):
    """A metric of the layer `high` minus that of the layer `low`."""
    return difference(at(name, high, state), at(name, low, state))


def least(*estimands):
    """The smallest of several estimands, seed by seed."""
    return lambda records: np.min([estimand(records) for estimand in estimands], axis=0)


def largest(*estimands):
    """The largest of several estimands, seed by seed."""
    return lambda records: np.max([estimand(records) for estimand in estimands], axis=0)


def unlearned(name, layer):
    """A metric of a layer before training minus that after."""
    return difference(at(name, layer, "untrained"), at(name, layer))


def levels(state="trained"):
    """The most layers in a row, some skipped, of which each has at least twice the ratio of the variance between
    objects to that within of the one before."""

    def estimand(records):
        ratio_LxS = np.stack([at("log_scatter_ratio", layer, state)(records) for layer in LAYERS])
        count_LxS = np.ones_like(ratio_LxS)
        for layer in range(len(LAYERS)):
            for below in range(layer):
                higher_S = ratio_LxS[layer] - ratio_LxS[below] >= TWOFOLD
                count_LxS[layer] = np.maximum(count_LxS[layer], higher_S * (1 + count_LxS[below]))
        return count_LxS.max(0)

    return estimand


def nuisance_r2(layer, state):
    """The mean over nuisances of what linear probes explain of each."""
    return metric("nuisance_r2", np.mean, layer=layer, state=state)


def abstraction_gain(low, high, state="trained"):
    """The rise of the object probe's accuracy plus the fall of the nuisance probes' mean R2."""
    return difference(
        rise("object_accuracy", low, high, state),
        difference(nuisance_r2(high, state), nuisance_r2(low, state)),
    )


def least_abstraction_gain(state="trained"):
    """`abstraction_gain` of the module where it is smallest."""
    return least(*(abstraction_gain(low, high, state) for low, high in MODULES))


def selective_and_invariant(low, high, state="trained"):
    """The rise of the object probe's accuracy or the fall of the nuisance probes' mean R2, whichever is smaller."""
    invariant = difference(nuisance_r2(low, state), nuisance_r2(high, state))
    return least(rise("object_accuracy", low, high, state), invariant)


def every_module_selective_and_invariant(state="trained"):
    """`selective_and_invariant` of the module where it is smallest."""
    return least(*(selective_and_invariant(low, high, state) for low, high in MODULES))


def root_mean_square(values):
    """The root mean square."""
    return np.sqrt(np.mean(np.square(values)))


def log_moved(changed, layer, state):
    """log10 of the share by which another object or nuisances (root mean square) move a layer.

    Another object's share is relative to the distance between two pictures of one object, which does not saturate;
    that of nuisances relative to the distance between any two pictures.
    """

    def estimand(records):
        share = metric("share_moved", root_mean_square, changed=changed, layer=layer, state=state)(records)
        if changed == "object":
            share = share * np.sqrt(1 + 10 ** at("log_scatter_ratio", layer, state)(records))
        return np.log10(share)

    return estimand


def learned_rise(changed, low, high):
    """The rise of `log_moved` from one layer to another, after training minus before."""

    def rise_of(state):
        return difference(log_moved(changed, high, state), log_moved(changed, low, state))

    return difference(rise_of("trained"), rise_of("untrained"))


def strengthened(changed):
    """`learned_rise` of the higher module where it is smallest."""
    return least(*(learned_rise(changed, low, high) for low, high in HIGHER))


def damped(changed, modules=HIGHER):
    """The learned fall of `log_moved`, in the module where it is smallest."""
    return least(*(_negative(learned_rise(changed, low, high)) for low, high in modules))


def every_nuisance_damped(low="stage 1", high="hidden"):
    """The learned fall of `log_moved` from one layer to another, for the nuisance where it is smallest."""
    return least(*(damped(nuisance, ((low, high),)) for nuisance in REDRAWN))


def orientation(images, state="trained"):
    """The orientation score of the first filters, of a net that is trained on these images."""
    return metric("orientation_score", images=images, state=state)


def image_accuracy_learned(*images, after="trained"):
    """Test accuracy of a net minus that of the untrained net, on the images where it is smallest.

    after: "untrained" compares the untrained nets for neighbouring kinds of images.
    """
    before = [metric("image_accuracy", images=kind, state="untrained") for kind in images]
    kinds = images if after == "trained" else (*images[1:], images[0])
    return least(*map(difference, [metric("image_accuracy", images=kind, state=after) for kind in kinds], before))


def more_than_untrained(name, second_stage):
    """A metric of feature maps that read stage 1 minus that of the untrained net's stage 2."""
    return difference(metric(name, second_stage=second_stage), metric(name, second_stage="untrained"))


def best_stand_in(name):
    """`more_than_untrained` of what reads the trained stage 1 in place of the trained stage 2, the larger."""
    return largest(*(more_than_untrained(name, stage) for stage in ("random on trained", "blur of trained")))


def more_than_trained(name, second_stage):
    """A metric of feature maps that read stage 1 minus that of the trained net's stage 2."""
    return difference(metric(name, second_stage=second_stage), metric(name, second_stage="trained"))


def part_errors_removed(low, high, state="trained"):
    """Share of the part probes' errors at a layer that the next one avoids."""
    removed, accuracy = rise("parts_accuracy", low, high, state), at("parts_accuracy", low, state)
    return lambda records: removed(records) / (1 - accuracy(records) + 1e-6)


def more_part_errors_removed(layer, state="trained"):
    """The share of part errors that a layer avoids, beyond the share that the layer below it avoids of its own
    predecessor's."""
    module = LAYERS.index(layer) - 1
    return difference(part_errors_removed(*MODULES[module], state), part_errors_removed(*MODULES[module - 1], state))


def needs_arrangement(state="trained"):
    """How often moving the parts apart lowers the object's margin, beyond how often it lowers the part probes' evidence
    at stage 3, if that is more than by chance; both as areas under the ROC curve."""
    objects, parts = metric("object_auc", state=state), metric("parts_auc", state=state)
    return lambda records: objects(records) - np.maximum(parts(records), 0.5)


def _negative(estimand):
    return lambda records: -estimand(records)
