"""What the criteria of gaussian_kernel_locality are about: one value for each seed."""

import numpy as np

from dl_jax.evidence.estimands import difference, metric
from experiments.gaussian_kernel_locality.examples_needed import doublings
from experiments.gaussian_kernel_locality.metrics import ALL, DISTANCES, FARTHEST, SHIFTED

NEAR, FAR = {"covered": False, "distance": DISTANCES[0]}, {"covered": False, "distance": DISTANCES[-2]}
"""The nearest and the farthest bin of distance to the training examples, which lie near the origin."""
IMAGES, FARTHEST_IMAGES, SHIFTED_IMAGES = ({"covered": False, "images": images} for images in (ALL, FARTHEST, SHIFTED))
GOOD = 0.9
"""Accuracy of a method that has learned a motif."""
BEST_HALF_SPACE = {"half_space": 1.0, "xor": 3 / 4, "ring": 2 / 3}
"""Accuracy of the best half-space, exact: derived beside the tests of linear_half_spaces."""
LINEAR = ("linear", "linear kernel")
"""Linear classifiers, by cross-entropy and by squares."""
VISIBLE_RULES = ("wedges", "stripes")
"""Planes whose rule far away is the one that can be seen near the examples."""


def accuracy(task, method, **axes):
    """Test accuracy of a method on a task."""
    return metric("test_accuracy", task=task, method=method, **axes)


def gain(task, method="deep", **axes):
    """Accuracy of another method minus that of the Gaussian kernel."""
    return difference(accuracy(task, method, **axes), accuracy(task, "gaussian", **axes))


def over_linear(records):
    """Accuracy of the Gaussian kernel on real images minus that of the better of two linear classifiers."""
    best = np.max([accuracy("data", name, **IMAGES)(records) for name in LINEAR], 0)
    return accuracy("data", "gaussian", **IMAGES)(records) - best


def over_half_space(task):
    """Accuracy of the Gaussian kernel minus that of the best half-space."""
    return lambda records: accuracy(task, "gaussian")(records) - BEST_HALF_SPACE[task]


def least(*estimands):
    """The least of several, seed by seed."""
    return lambda records: np.min([estimand(records) for estimand in estimands], 0)


def loss(task, near, far):
    """Accuracy of the kernel near its examples minus that far from them."""
    return difference(accuracy(task, "gaussian", **near), accuracy(task, "gaussian", **far))


def loss_far_away(covered, tasks=VISIBLE_RULES, **axes):
    """The loss on that of the planes where it is less."""
    near, far = (at | {"covered": covered} | axes for at in (NEAR, FAR))
    return least(*(loss(task, near, far) for task in tasks))


def loss_on_shifted_images(covered):
    """The loss on shifted images."""
    near, far = IMAGES | {"covered": covered}, SHIFTED_IMAGES | {"covered": covered}
    return loss("data", near, far)


def motif_gain(method, permuted=False):
    """Accuracy over the kernel where a motif may stand in the most positions, the mean over numbers of examples."""

    def estimand(records):
        most = records.axis("positions")[-1]
        gaussian, other = (
            metric("test_accuracy", np.mean, task="motif", method=name, positions=most, permuted=each)(records)
            for name, each in (("gaussian", False), (method, permuted))
        )
        return other - gaussian

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
