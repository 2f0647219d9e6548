"""The order of a stream: a uniformly random permutation, another one in each epoch."""

import itertools

import numpy as np
import pytest

from dl_jax.data.permutation import shuffled


@pytest.mark.parametrize("count", [1, 2, 3, 97, 1024])
def test_each_epoch_has_each_example_once(count):
    for number in range(3):
        number_N = shuffled(5, np.arange(number * count, (number + 1) * count), count)
        assert np.array_equal(np.sort(number_N), np.arange(count))


def test_the_order_is_a_function_of_position_and_seed():
    number_N = shuffled(1, np.arange(300), 100)
    assert np.array_equal(shuffled(1, np.array([299, 0, 150]), 100), number_N[[299, 0, 150]])
    assert not np.array_equal(number_N[:100], number_N[100:200])
    assert not np.array_equal(number_N, shuffled(2, np.arange(300), 100))


def test_all_orders_of_four_are_equally_frequent():
    orders = [tuple(shuffled(seed, np.arange(4 * k, 4 * k + 4), 4)) for seed in range(60) for k in range(40)]
    counts = [orders.count(order) for order in itertools.permutations(range(4))]
    assert sum(counts) == 2400
    chi_square = sum((count - 100) ** 2 / 100 for count in counts)
    assert chi_square < 49.7  # p = 0.001 at 23 degrees of freedom


def test_a_huge_dataset_needs_no_memory():
    number_N = shuffled(0, np.arange(100_000), 10**10)
    assert len(np.unique(number_N)) == 100_000
    assert number_N.max() > 2**32
    assert number_N.mean() == pytest.approx(5e9, rel=0.02)
