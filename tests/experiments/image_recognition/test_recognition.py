"""Errors of machines on images: what is moved is the same for all, and what is learned beats chance."""

import numpy as np

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.linear import linear
from dl_jax.training.context import local_context
from experiments.image_recognition.recognition import gradients_of, kernel_errors, net_errors, pixels_moved


def bars(seed, count=80):
    """Bright bars that lie or stand, somewhere."""
    generator = np.random.default_rng(seed)
    x = 0.1 * generator.normal(size=(count, 8, 8, 1)).astype(np.float32)
    y = np.arange(count, dtype=np.int32) % 2
    for image, label in zip(x, y, strict=True):
        at = generator.integers(1, 7)
        image[(slice(None), at) if label else at] += 1
    return Examples(x, y)


SPLITS = Splits(bars(0), bars(1), bars(2))


def test_pixels_change_places_and_no_value_does():
    moved = pixels_moved(SPLITS)
    np.testing.assert_array_equal(np.sort(moved.train.x.reshape(80, -1)), np.sort(SPLITS.train.x.reshape(80, -1)))
    alike = [np.array_equal(moved.test.x.reshape(80, -1)[:, at], SPLITS.test.x[:, 0, 0, 0]) for at in range(64)]
    assert sum(alike) == 1  # the first pixel is elsewhere, at one place in all of the images


def test_gradients_tell_lying_bars_from_standing_ones():
    rows = kernel_errors("gradients", gradients_of(SPLITS), 2, 40, (0, 1), local_context(1))
    assert [row["metric"] for row in rows] == ["test_error"] * 2
    assert max(row["value"] for row in rows) < 0.1


def test_a_nets_rows_are_errors_at_every_rate():
    rows = net_errors("linear", linear(2), SPLITS, (1e-3, 1e-2), (0,), 5, 16, local_context(1), dataset="bars")
    named = {(row["setting"], row["metric"]) for row in rows}
    assert {(rate, metric) for rate in (1e-3, 1e-2) for metric in ("validation_accuracy", "test_error")} <= named
    assert all(row["machine"] == "linear" and row["dataset"] == "bars" for row in rows)
