"""Shifted images: where their pixels go, and which of the examples are shifted."""

import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples
from experiments.gaussian_kernel_locality.shifted_images import every_second_shifted, shifted

X_NxHxWxC = jnp.arange(2 * 8 * 3, dtype=jnp.float32).reshape(2, 8, 3, 1)


def test_pixels_go_down_by_a_quarter_and_the_gap_is_dark():
    found = shifted(X_NxHxWxC)
    np.testing.assert_array_equal(found[:, 2:], X_NxHxWxC[:, :6])
    np.testing.assert_array_equal(found[:, :2], np.zeros((2, 2, 3, 1)))


def test_every_second_example_is_shifted_and_keeps_its_label():
    found = every_second_shifted(Examples(X_NxHxWxC, jnp.array([3, 4])))
    np.testing.assert_array_equal(found.x[0], X_NxHxWxC[0])
    np.testing.assert_array_equal(found.x[1], shifted(X_NxHxWxC)[1])
    np.testing.assert_array_equal(found.y, [3, 4])
