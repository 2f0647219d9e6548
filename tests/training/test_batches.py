"""The examples of each step: all of them once an epoch, in an order that no test distinguishes from a uniform one."""

from itertools import permutations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from dl_jax.training.batches import batch_indices, shuffle_bits

KEY = jax.random.key(7)
shuffled = jax.jit(lambda key, steps_of, first: batch_indices(shuffle_bits(key), first, *steps_of), static_argnums=1)


def indices(first, steps, examples, batch_size, key=KEY):
    return np.asarray(shuffled(key, (steps, examples, batch_size), jnp.int32(first)))


@settings(max_examples=4)
@given(st.integers(1, 40), st.integers(1, 60), st.integers(1, 3))
def test_every_epoch_is_a_shuffle_cut_into_batches(examples, batch_size, epochs):
    size = min(examples, batch_size)
    per_epoch = examples // size
    found = indices(0, epochs * per_epoch, examples, batch_size)
    assert found.shape == (epochs * per_epoch, size)
    for epoch in found.reshape(epochs, -1):
        assert len(set(epoch.tolist())) == per_epoch * size, "an example is shown twice in an epoch"
        assert set(epoch.tolist()) <= set(range(examples))


def test_each_epoch_is_shuffled_anew_and_by_the_key():
    first, second = indices(0, 10, 40, 8).reshape(2, -1)
    assert sorted(first) == sorted(second) == list(range(40))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, np.arange(40))
    assert not np.array_equal(first, indices(0, 5, 40, 8, jax.random.key(8)).ravel())


def test_what_does_not_fill_a_batch_gets_its_turn_in_another_epoch():
    assert set(indices(0, 40, 10, 4).ravel().tolist()) == set(range(10))


@settings(max_examples=4)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(3, 20), st.integers(1, 7))
def test_the_batches_do_not_depend_on_how_training_is_cut(lengths, examples, batch_size):
    whole = indices(0, sum(lengths), examples, batch_size)
    starts = np.cumsum([0, *lengths[:-1]])
    parts = [indices(start, length, examples, batch_size) for start, length in zip(starts, lengths, strict=True)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_more_than_there_is_in_a_batch_is_all_there_is():
    assert all(sorted(batch) == list(range(5)) for batch in indices(3, 4, 5, 128).tolist())


@pytest.mark.parametrize("examples", [1, 2, 3, 1000, 4096, 60_000])
def test_no_example_is_lost_or_shown_twice_however_many_there_are(examples):
    np.testing.assert_array_equal(np.sort(indices(5, 1, examples, examples)[0]), np.arange(examples))


def test_every_order_of_a_few_examples_is_as_likely_as_any_other():
    """120 orders of five examples, over 60,000 epochs of one training, and over as many trainings."""
    codes = {place: code for code, place in enumerate(permutations(range(5)))}
    one = indices(0, 60_000, 5, 5)
    keys_R = jax.random.split(jax.random.key(1), 60_000)
    many = jax.jit(jax.vmap(lambda key: batch_indices(shuffle_bits(key), jnp.int32(0), 1, 5, 5)[0]))(keys_R)
    for found in (one, np.asarray(many)):
        counts = np.bincount([codes[tuple(each)] for each in found.tolist()], minlength=120)
        assert chisquare(counts).pvalue > 1e-4


def test_neighbours_in_one_epoch_are_strangers_in_the_next():
    """How many pairs that share a batch share one again, of 1,000 examples in batches of 50: 49 of 999 if by chance."""
    batch = np.empty((200, 1000), int)
    for epoch, index in enumerate(indices(0, 4000, 1000, 50).reshape(200, 1000)):
        batch[epoch, index] = np.arange(1000) // 50
    together = batch[:, :-1] == batch[:, 1:]
    assert np.mean(together) == pytest.approx(49 / 999, abs=0.002)
    again = np.mean(together[1:] & together[:-1])
    assert again == pytest.approx((49 / 999) ** 2, abs=0.0005)
