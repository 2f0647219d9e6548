"""What the records of gaussian_kernel_locality must show."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, below, exact, exceeds, identity
from dl_jax.evidence.estimands import metric
from experiments.gaussian_kernel_locality.estimands import (
    FAR,
    FARTHEST_IMAGES,
    GOOD,
    IMAGES,
    NEAR,
    SHIFTED_IMAGES,
    accuracy,
    gain,
    growth,
    hidden_gain,
    least,
    loss_far_away,
    loss_on_shifted_images,
    motif_gain,
    over_half_space,
    over_linear,
)
from experiments.gaussian_kernel_locality.metrics import DISTANCES
from experiments.gaussian_kernel_locality.tasks import EXAMPLES, WIDEST

MATTERS = 0.01
"""Accuracy; a smaller difference does not count on real images. Of 359 digits it is three and a half."""
FEW_MATTER = 0.035
"""The same on the farthest quarter of the images: three of 89 digits."""
CLEARLY = 0.05
"""Accuracy; a smaller difference does not count on generated data."""
MUCH = 0.2
"""Accuracy; a smaller difference does not count far from the examples."""


def scope(records):
    """What the verdicts on the data set are about."""
    return f"{', '.join(records.axis('dataset'))}, {EXAMPLES} training examples"


def how_far(images):
    """The same, and how far these test images are from the training images."""

    def said(records):
        distances = (records.values("test_distance", method="gaussian", **at) for at in (images, IMAGES))
        these, mean = map(np.median, distances)
        unit = "median distances from the nearest training image"
        return f"{scope(records)}; {images['images']} test images are {these:.2f} {unit}, all test images {mean:.2f}"

    return said


CRITERIA = (
    Criterion(
        "101.kernel_beats_linear_on_images",
        "accuracy of a Gaussian kernel on real images minus that of the best linear classifier",
        exceeds(over_linear, MATTERS),
        control=over_half_space("half_space"),
        scope=lambda r: f"{scope(r)}; control: two classes that a line separates",
    ),
    Criterion(
        "101.kernel_beats_half_space",
        "accuracy of a Gaussian kernel minus that of the best half-space, XOR or ring, where it is less",
        exceeds(least(over_half_space("xor"), over_half_space("ring")), 0.1),
        control=over_half_space("half_space"),
        scope="generated points of the plane; control: two classes that a line separates",
    ),
    Criterion(
        "102.worse_far_away",
        "accuracy of a Gaussian kernel near the examples minus that far from them, wedges or stripes, where it is less",
        exceeds(loss_far_away(covered=False), MUCH),
        control=loss_far_away(covered=True),
        scope="generated points of the plane; control: training examples lie far away as well",
    ),
    Criterion(
        "102.worse_on_shifted_images",
        "accuracy of a Gaussian kernel on real test images minus that on the same images shifted by a quarter",
        exceeds(loss_on_shifted_images(covered=False), MUCH),
        control=loss_on_shifted_images(covered=True),
        scope=lambda r: f"{how_far(SHIFTED_IMAGES)(r)}; control: every second training image is shifted as well",
    ),
    Criterion(
        "102.constant_far_away",
        "largest difference, far from all examples, between a Gaussian kernel's scores and the mean of its targets",
        identity(metric("test_unlike_constant", np.max, method="gaussian"), 1e-6),
        control=metric("test_unlike_constant", np.max, method="deep"),
        scope="a theorem; control: a deep net",
        role="support",
    ),
    Criterion(
        "102.net_extrapolates_wedges",
        "accuracy of a deep net minus that of a Gaussian kernel far away, on wedges, whose class is one along each ray",
        exceeds(gain("wedges", **FAR), MUCH),
        control=gain("wedges", **NEAR),
        scope="far away a relu net's scores grow along a ray in proportion: one class along each ray is built in",
        role="support",
    ),
    Criterion(
        "102.wide_kernel_extrapolates_wedges",
        "accuracy of a kernel wider than validation data select near the examples minus that far from them, on wedges",
        below(loss_far_away(covered=False, tasks=["wedges"], hyperparameter=WIDEST, selected=(True, False)), MUCH),
        control=loss_far_away(covered=False, tasks=["wedges"]),
        scope=f"{WIDEST:g} median distances wide, where far is up to as far again; control: the width that is selected",
        role="limit",
    ),
    Criterion(
        "102.net_gains_little_on_stripes",
        "accuracy of a deep net minus that of a Gaussian kernel far away, on stripes, which no ray follows",
        below(gain("stripes", **FAR), MUCH),
        control=gain("wedges", **FAR),
        scope="features that are learned do not generalise there either",
        role="limit",
    ),
    Criterion(
        "102.net_fails_on_checkerboard",
        "accuracy of a deep net far away on a checkerboard, which nothing near the origin determines there",
        below(accuracy("checkerboard", "deep", **FAR), 0.6),
        control=accuracy("wedges", "deep", **FAR),
        role="limit",
    ),
    Criterion(
        "102.net_gains_nothing_on_farthest_images",
        "accuracy of a deep net minus that of a Gaussian kernel on the farthest quarter of real test images",
        below(gain("data", **FARTHEST_IMAGES), FEW_MATTER),
        control=gain("wedges", **FAR),
        scope=how_far(FARTHEST_IMAGES),
        role="limit",
    ),
    Criterion(
        "102.net_gains_little_on_shifted_images",
        "accuracy of a deep net without convolution minus that of a Gaussian kernel on shifted real test images",
        below(gain("data", **SHIFTED_IMAGES), MUCH),
        control=gain("wedges", **FAR),
        scope=how_far(SHIFTED_IMAGES),
        role="limit",
    ),
    Criterion(
        "102.parity_needs_many_centres",
        "largest share of choices of 2^(d-1) - 1 Gaussian centres that separate parity of d bits",
        exact(metric("one_too_few_separate", np.max, rule="parity"), below=1e-9),
        control=metric("one_too_few_separate", np.max, rule="first_bit"),
        scope=lambda r: f"examples of a theorem: corners of the cube, d up to {max(r.axis('bits'))}; control: one bit",
        role="support",
    ),
    Criterion(
        "102.parity_centres_of_one_class_suffice",
        "whether the 2^(d-1) corners of one class, as Gaussian centres, ever fail to separate parity of d bits",
        exact(metric("enough_fail", np.max, corners="one class"), below=1e-9),
        control=metric("enough_fail", np.max, corners="half cube"),
        scope="control: as many corners of one half of the cube",
        role="support",
    ),
    Criterion(
        "102.kernel_needs_examples_of_each_position",
        "doublings of the examples that a Gaussian kernel needs, from the fewest positions of a motif to the most",
        exceeds(growth("gaussian"), 3.0),
        control=growth("convolutional"),
        scope=f"{GOOD:.0%} accuracy; where that is not reached, the largest number of examples counts",
        role="support",
    ),
    Criterion(
        "42.net_finds_hidden_directions",
        "accuracy of a deep net minus that of a Gaussian kernel, XOR of two directions hidden in many dimensions",
        exceeds(hidden_gain(-1), CLEARLY),
        control=hidden_gain(0),
        scope=lambda r: f"{max(r.axis('dimensions'))} dimensions; control: {min(r.axis('dimensions'))}",
    ),
    Criterion(
        "42.convnet_finds_motif",
        "accuracy of a convolutional net minus that of a Gaussian kernel, a motif in one of many positions",
        exceeds(motif_gain("convolutional"), CLEARLY),
        control=motif_gain("convolutional", permuted=True),
        scope="mean over the numbers of examples; control: permuted pixels",
    ),
    Criterion(
        "42.depth_alone_finds_no_motif",
        "accuracy of a deep net without convolution minus that of a Gaussian kernel, a motif in one of many positions",
        below(motif_gain("deep"), CLEARLY),
        control=motif_gain("convolutional"),
        role="limit",
    ),
    Criterion(
        "42.depth_alone_gains_nothing_on_images",
        "accuracy of a deep net without convolution minus that of a Gaussian kernel on real images",
        below(gain("data", **IMAGES), MATTERS),
        control=hidden_gain(-1),
        scope=scope,
        role="limit",
    ),
)
NOT_JUDGED = (
    not_judged("not selected by validation data", selected=False),
    not_judged("chooses hyperparameters", metric="validation_accuracy"),
    not_judged("drawn: between the nearest examples and the farthest", distance=DISTANCES[1:-2]),
    not_judged("how far is far, named in a scope", metric="test_distance"),
    not_judged("the row of 1000 radial units in LeCun et al. (1998), by flags", method="radial units"),
)
