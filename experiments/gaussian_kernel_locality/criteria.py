"""What the records of gaussian_kernel_locality must show."""

import numpy as np

from dl_jax.evidence.criteria import Criterion, below, exceeds, identity
from dl_jax.evidence.estimands import difference, metric
from experiments.gaussian_kernel_locality.examples_needed import doublings
from experiments.gaussian_kernel_locality.metrics import ALL, DISTANCES, FARTHEST
from experiments.gaussian_kernel_locality.tasks import EXAMPLES

NEAR, FAR = {"covered": False, "distance": DISTANCES[0]}, {"covered": False, "distance": DISTANCES[-2]}
"""The nearest and the farthest bin of distance to the training examples, which lie near the origin."""
MATTERS = 0.01
"""Accuracy; a smaller difference does not count on real images."""
CLEARLY = 0.05
"""Accuracy; a smaller difference does not count on generated data."""
MUCH = 0.2
"""Accuracy; a smaller difference does not count far from the examples."""
GOOD = 0.9
"""Accuracy of a method that has learned a motif."""
BEST_HALF_SPACE = {"xor": 3 / 4, "ring": 2 / 3}
"""Accuracy of the best half-space, exact: derived beside the tests of linear_half_spaces."""
VISIBLE_RULES = ("wedges", "stripes")
"""Planes whose rule far away is the one that can be seen near the examples."""


def accuracy(task, method, **axes):
    """Test accuracy of a method on a task."""
    return metric("test_accuracy", task=task, method=method, **axes)


def gain(task, method="deep", **axes):
    """Accuracy of another method minus that of the Gaussian kernel."""
    return difference(accuracy(task, method, **axes), accuracy(task, "gaussian", **axes))


def over_linear(method):
    """Accuracy on the data set minus that of the better of two linear classifiers, by cross-entropy and by squares."""

    def estimand(records):
        linear = [accuracy("data", name, images=ALL)(records) for name in ("linear", "linear kernel")]
        return accuracy("data", method, images=ALL)(records) - np.maximum(*linear)

    return estimand


def above_half_space(method):
    """Accuracy above that of the best half-space, the mean of XOR and ring."""
    return lambda records: sum(accuracy(task, method)(records) - best for task, best in BEST_HALF_SPACE.items()) / 2


def loss_far_away(covered):
    """Accuracy of the kernel near the examples minus that far from them, the mean of wedges and stripes."""
    near, far = NEAR | {"covered": covered}, FAR | {"covered": covered}
    return difference(accuracy(VISIBLE_RULES, "gaussian", **near), accuracy(VISIBLE_RULES, "gaussian", **far))


def motif_gain(method, permuted=False):
    """Accuracy over the kernel where a motif may stand in the most positions, the mean over numbers of examples."""

    def estimand(records):
        most = records.axis("positions")[-1]
        kernel = accuracy("motif", "gaussian", positions=most)
        return difference(accuracy("motif", method, positions=most, permuted=permuted), kernel)(records)

    return estimand


def growth(method):
    """Doublings of the examples that a GOOD accuracy takes, from the fewest positions of a motif to the most."""

    def needed(records, positions):
        at = {"positions": positions, "permuted": False}
        sizes = records.axis("size")
        right_NxS = [accuracy("motif", method, size=size, **at)(records) for size in sizes]
        return np.array([doublings(right_N, sizes, GOOD) for right_N in np.transpose(right_NxS)])

    return lambda records: (
        needed(records, records.axis("positions")[-1]) - needed(records, records.axis("positions")[0])
    )


def hidden_gain(which):
    """Accuracy of the deep net over the kernel where two directions are hidden in the most, or fewest, dimensions."""
    return lambda records: gain("hidden xor", dimensions=records.axis("dimensions")[which])(records)


def scope(records):
    """What the verdicts on the data set are about."""
    return f"{', '.join(records.axis('dataset'))}, {EXAMPLES} training examples"


CRITERIA = (
    Criterion(
        "101.kernel_beats_linear_on_images",
        "accuracy of a Gaussian kernel on real images minus that of the best linear classifier",
        exceeds(over_linear("gaussian"), MATTERS),
        control=over_linear("linear kernel"),
        scope=scope,
    ),
    Criterion(
        "101.kernel_beats_half_space",
        "accuracy of a Gaussian kernel on XOR and ring above that of the best half-space",
        exceeds(above_half_space("gaussian"), 0.1),
        control=above_half_space("linear kernel"),
    ),
    Criterion(
        "102.constant_far_away",
        "largest difference, far from the examples, between a Gaussian kernel's scores and the mean of its targets",
        identity(metric("test_unlike_constant", np.max, method="gaussian", covered=False), 1e-6),
        control=metric("test_unlike_constant", np.max, method="deep", covered=False),
    ),
    Criterion(
        "102.worse_far_away",
        "accuracy of a Gaussian kernel near the examples minus that far from them, wedges and stripes",
        exceeds(loss_far_away(covered=False), MUCH),
        control=loss_far_away(covered=True),
        scope="control: training examples lie far away as well",
    ),
    Criterion(
        "102.net_extrapolates_wedges",
        "accuracy of a deep net minus that of a Gaussian kernel far away, on wedges, whose class is one along each ray",
        exceeds(gain("wedges", **FAR), MUCH),
        control=gain("wedges", **NEAR),
    ),
    Criterion(
        "102.net_gains_little_on_stripes",
        "accuracy of a deep net minus that of a Gaussian kernel far away, on stripes, which no ray follows",
        below(gain("stripes", **FAR), MUCH),
        control=gain("wedges", **FAR),
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
        below(gain("data", images=FARTHEST), MATTERS),
        control=gain("wedges", **FAR),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "102.parity_needs_many_centres",
        "share of choices of 2^(d-1) - 1 Gaussian centres that separate parity of d bits",
        identity(metric("one_too_few_separate", np.max, rule="parity"), 1e-9),
        control=metric("one_too_few_separate", np.max, rule="first_bit"),
        scope=lambda r: f"corners of the cube, d up to {max(r.axis('bits'))}, by linear programming",
    ),
    Criterion(
        "102.parity_centres_of_one_class_suffice",
        "share of d for which the 2^(d-1) corners of one class, as Gaussian centres, fail to separate parity",
        identity(metric("enough_fail", np.max, corners="one class"), 1e-9),
        control=metric("enough_fail", np.max, corners="half cube"),
    ),
    Criterion(
        "102.kernel_needs_examples_of_each_position",
        "doublings of the examples that a Gaussian kernel needs, from the fewest positions of a motif to the most",
        exceeds(growth("gaussian"), 3.0),
        control=growth("convolutional"),
        scope=f"{GOOD:.0%} accuracy; where that is not reached, the largest number of examples counts",
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
        below(gain("data", images=ALL), MATTERS),
        control=hidden_gain(-1),
        scope=scope,
        role="limit",
    ),
)
