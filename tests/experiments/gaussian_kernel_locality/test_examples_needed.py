"""Doublings of the examples needed, by hand."""

import pytest

from experiments.gaussian_kernel_locality.examples_needed import doublings

COUNTS = (32, 128, 512)


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ((0.95, 0.99, 1.0), 5.0),  # at once
        ((0.5, 0.6, 0.7), 9.0),  # never
        ((0.8, 0.9, 1.0), 7.0),  # at a count
        ((0.7, 0.8, 1.0), 8.0),  # half way between two
    ],
)
def test_where_a_curve_becomes_good(right, expected):
    assert doublings(right, COUNTS, 0.9) == pytest.approx(expected)
