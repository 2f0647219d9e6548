"""The order of a stream: each pass a permutation, even, and another one each pass."""

import itertools

import numpy as np
import pytest

from dl_jax.data.permutation import shuffled


@pytest.mark.parametrize("count", [1, 2, 3, 97, 1024])
def test_each_pass_shows_each_example_once(count):
    for number in range(3):
        seen = shuffled(5, np.arange(number * count, (number + 1) * count), count)
        assert np.array_equal(np.sort(seen), np.arange(count))


def test_the_order_is_a_function_of_place_and_seed():
    whole = shuffled(1, np.arange(300), 100)
    assert np.array_equal(shuffled(1, np.array([299, 0, 150]), 100), whole[[299, 0, 150]])
    assert not np.array_equal(whole[:100], whole[100:200])
    assert not np.array_equal(whole, shuffled(2, np.arange(300), 100))


def test_all_orders_of_four_are_equally_frequent():
    orders = [tuple(shuffled(seed, np.arange(4 * at, 4 * at + 4), 4)) for seed in range(60) for at in range(40)]
    counts = [orders.count(order) for order in itertools.permutations(range(4))]
    assert sum(counts) == 2400
    chi_square = sum((count - 100) ** 2 / 100 for count in counts)
    assert chi_square < 49.7  # 23 degrees of freedom, one in a thousand


def test_places_of_a_huge_set_are_worked_out_one_by_one():
    seen = shuffled(0, np.arange(100_000), 10**10)
    assert len(np.unique(seen)) == 100_000
    assert seen.max() > 2**32
    assert seen.mean() == pytest.approx(5e9, rel=0.02)
