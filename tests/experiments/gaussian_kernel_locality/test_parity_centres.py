"""Centres of parity: every choice of them on small cubes, and what two centres can separate."""

from itertools import combinations

import numpy as np
import pytest

from experiments.gaussian_kernel_locality.parity_centres import (
    WIDTHS,
    cube,
    half_cube_fails,
    labels,
    one_class_fails,
    one_too_few_separate,
    parity_centres,
    separated_by,
)


def test_the_cube_has_all_strings_and_parity_half_of_them():
    assert len(np.unique(cube(4), axis=0)) == 16
    np.testing.assert_array_equal(labels(cube(2), "parity"), [0, 1, 1, 0])
    np.testing.assert_array_equal(labels(cube(2), "first_bit"), [0, 1, 0, 1])


@pytest.mark.parametrize("bits", [2, 3])
@pytest.mark.parametrize("width", [0.3, 1.0])
def test_no_choice_of_fewer_corners_separates_parity(bits, width):
    for few in range(2 ** (bits - 1)):
        for chosen in combinations(range(2**bits), few):
            assert not separated_by(cube(bits)[list(chosen)], bits, "parity", width)


@pytest.mark.parametrize("bits", [2, 4, 7])
def test_one_class_separates_parity_and_half_a_cube_does_not(bits):
    assert one_class_fails(bits, 0.5) == 0.0
    assert half_cube_fails(bits, 0.5) == 1.0


@pytest.mark.parametrize("bits", [3, 5])
def test_two_neighbours_separate_a_bit_and_one_too_few_of_parity_are_plenty_for_it(bits):
    neighbours = np.zeros((2, bits), int)
    neighbours[1, 0] = 1
    assert separated_by(neighbours, bits, "first_bit", 0.7)
    assert not separated_by(neighbours, bits, "parity", 0.7)
    generator = np.random.default_rng(0)
    assert one_too_few_separate(generator, bits, "first_bit", 0.7, 4) == 1.0
    assert one_too_few_separate(generator, bits, "parity", 0.7, 4) == 0.0


def test_they_are_facts_for_every_number_of_bits_and_every_width():
    records = parity_centres((2, 3))
    assert all("seed" not in row for row in records.rows)
    assert records.axis("width") == WIDTHS
    assert len(records.where(metric="one_too_few_separate", task="cube").rows) == 2 * 2 * len(WIDTHS)
    np.testing.assert_array_equal(records.by_seed("enough_fail", np.max, corners="one class"), [0])
    np.testing.assert_array_equal(records.by_seed("one_too_few_separate", np.max, rule="parity"), [0])
    assert parity_centres((2, 3)) == records
