"""Methods that recognise bars: what they get of the images, and how well they learn them."""

import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.training.context import local_context
from experiments.image_recognition.methods import (
    EARLIER,
    LINEAR,
    METHODS,
    ON_GRADIENTS,
    PERMUTED,
    fit_kernel,
    inputs_of,
    models_of,
    train_nets,
)


def bars(seed, count=80):
    """Bright bars that lie (class 0) or stand (class 1), somewhere."""
    generator = np.random.default_rng(seed)
    x = 0.1 * generator.normal(size=(count, 8, 8, 1)).astype(np.float32)
    y = np.arange(count, dtype=np.int32) % 2
    for image, label in zip(x, y, strict=True):
        at = generator.integers(1, 7)
        image[(slice(None), at) if label else at] += 1
    return Examples(x, y)


SPLITS = Splits(bars(0), bars(1), bars(2))


def test_every_method_is_a_net_or_a_kernel():
    assert set(METHODS) - set(models_of("small", 2)) == set(EARLIER) - {LINEAR}


@pytest.mark.parametrize("method", [LINEAR, "convolutional"])
def test_most_methods_get_the_images_themselves(method):
    assert inputs_of(method, SPLITS) is SPLITS


def test_pixels_are_permuted_and_no_value_changes():
    permuted = inputs_of(PERMUTED, SPLITS)
    np.testing.assert_array_equal(np.sort(permuted.train.x.reshape(80, -1)), np.sort(SPLITS.train.x.reshape(80, -1)))
    pixels_NxD = permuted.test.x.reshape(80, -1)
    alike = [np.array_equal(pixels_NxD[:, at], SPLITS.test.x[:, 0, 0, 0]) for at in range(64)]
    assert sum(alike) == 1  # the first pixel has moved, to one position in all of the images


def test_gradients_separate_lying_bars_from_standing_ones():
    records = fit_kernel(ON_GRADIENTS, SPLITS, 2, 40, (0, 1), local_context(1), dataset="bars")
    tested = records.by_seed("test_error", method=ON_GRADIENTS, dataset="bars")
    assert len(tested) == 2
    assert max(tested) < 0.1


def test_units_are_no_more_than_training_examples():
    records = fit_kernel(ON_GRADIENTS, SPLITS, 2, 10**6, (0,), local_context(1))
    assert records.axis("centres") == (80,)


def test_nets_have_errors_at_every_learning_rate_and_separate_the_bars():
    models = {LINEAR: models_of("small", 2)[LINEAR], PERMUTED: models_of("small", 2)[LINEAR]}
    records = train_nets(models, SPLITS, (1e-3, 1e-1), (0,), 100, local_context(1), dataset="bars")
    rows = records.where(metric="test_error", dataset="bars").rows
    assert {(row["method"], row["learning_rate"]) for row in rows} == {
        (method, learning_rate) for method in models for learning_rate in (1e-3, 1e-1)
    }
    error = {name: records.values("test_error", method=name, learning_rate=1e-1) for name in models}
    assert max(error[LINEAR], error[PERMUTED]) < 0.1  # to a linear classifier the order of the pixels is nothing
