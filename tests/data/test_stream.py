"""A stream of batches: stateless, complete, shared out among processes, read ahead, and honest about damage."""

from functools import partial

import numpy as np
import pytest

from dl_jax.data import shards
from dl_jax.data.permutation import shuffled
from dl_jax.data.stream import abstract_stream, random_labels, stream
from dl_jax.errors import DataError
from experiments.hundreds_of_millions import numbered

COUNT = 1000


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    examples = partial(numbered.examples, 7)
    return shards.write(folder, examples, numbered.RECORD, COUNT, {"seed": 7}, per_shard=300)


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_batches_hold_the_examples_in_the_order_of_the_seed(written):
    found = stream(written, 3)
    batch = found.batches(2, 3, 8)
    number_TxB = shuffled(3, np.arange(16, 40), COUNT).reshape(3, 8)
    expected = numbered.examples(7, number_TxB.ravel())
    assert np.array_equal(batch.x, expected["x"].reshape(3, 8, 16, 16, 1))
    assert np.array_equal(batch.y, expected["y"].reshape(3, 8))
    assert (batch.x.dtype, batch.y.dtype) == (np.uint8, np.int32)
    assert (found.example.x.shape, found.example.x.dtype, found.example.y.shape) == ((16, 16, 1), np.uint8, ())
    assert found.count == COUNT


def test_a_batch_is_a_function_of_its_number_alone(written):
    in_order = stream(written, 3)
    whole = in_order.batches(0, 12, 8)
    resumed = stream(written, 3)
    assert same(resumed.batches(5, 7, 8), (whole.x[5:], whole.y[5:]))
    cut = [in_order.batches(first, 4, 8) for first in (0, 4, 8, 4)]  # read ahead, and then once more from the middle
    assert same([np.concatenate(parts) for parts in zip(*cut[:3], strict=True)], whole)
    assert same(cut[3], (whole.x[4:8], whole.y[4:8]))
    assert not same(stream(written, 4).batches(0, 12, 8), whole)


def test_what_was_read_ahead_is_not_read_again(written, monkeypatch):
    reads = []
    monkeypatch.setattr("dl_jax.data.stream.shuffled", lambda *a: reads.append(int(a[1][0])) or shuffled(*a))
    found = stream(written, 3)
    for first in (0, 2, 4, 6):
        found.batches(first, 2, 10)
    found.batches(0, 1, 10)
    assert [reads.count(context) for context in (20, 40, 60)] == [1, 1, 1]


def test_a_pass_shows_every_example_once_and_the_next_in_another_order(written):
    passes = stream(written, 0).batches(0, 20, 100)
    first, second = (part.reshape(COUNT, -1) for part in np.split(passes.x, 2))
    every = numbered.examples(7, np.arange(COUNT))["x"].reshape(COUNT, -1)
    for seen in (first, second):
        assert np.array_equal(np.unique(seen, axis=0), np.unique(every, axis=0))
    assert not np.array_equal(first, second)


def test_processes_read_their_own_parts_of_the_same_batch(written):
    whole = stream(written, 3).batches(4, 3, 12)
    parts = [stream(written, 3, process=p, processes=3).batches(4, 3, 12) for p in range(3)]
    assert parts[0].x.shape == (3, 4, 16, 16, 1)
    assert same([np.concatenate(each, axis=1) for each in zip(*parts, strict=True)], whole)
    with pytest.raises(DataError, match="batches of 10 examples cannot be shared out evenly among 3 processes"):
        stream(written, 3, processes=3).batches(0, 1, 10)


@pytest.fixture
def damaged(tmp_path):
    """A set, and a function that puts other bytes into its second file, of the same length."""
    found = shards.write(tmp_path, partial(numbered.examples, 7), numbered.RECORD, COUNT, {}, per_shard=300)
    path = tmp_path / found.shards[1].file

    def put(change):
        path.write_bytes(change(path.read_bytes()))

    return found, put, path


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole[:50_000] + bytes([whole[50_000] ^ 1]) + whole[50_001:],
        lambda whole: whole[:9000] + b"\0" * 5000 + whole[14_000:],
        lambda whole: b"\0" * len(whole),
        lambda whole: whole[: len(whole) // 2],
        lambda whole: b"",
    ],
    ids=["one bit", "a hole", "zeros", "half", "empty"],
)
def test_a_damaged_file_is_named(damaged, change):
    found, put, _ = damaged
    put(change)
    with pytest.raises(DataError, match=r"examples-00001-of-00004.array_record is damaged"):
        stream(found, 0).batches(0, 10, 100)


def test_a_file_that_vanishes_is_named(damaged):
    found, _, path = damaged
    path.unlink()
    with pytest.raises(DataError, match=r"examples-00001-of-00004.array_record is missing"):
        stream(found, 0).batches(0, 10, 100)


def test_labels_by_lot_are_even_fixed_and_tell_nothing(written):
    shown = random_labels(stream(written, 3), numbered.CLASSES, 0)
    whole, true = shown.batches(0, 10, 100), stream(written, 3).batches(0, 10, 100)
    assert np.array_equal(whole.x, true.x)
    assert abs(np.mean(whole.y == true.y) - 0.1) < 0.04  # 4 deviations
    assert abs(np.bincount(whole.y.ravel()) - 100).max() < 40
    assert np.array_equal(shown.batches(4, 2, 100).y, whole.y[4:6])
    assert whole.y.dtype == np.int32


def test_an_unwritten_stream_has_the_shapes_and_no_batches(written):
    planned = abstract_stream(numbered.RECORD, 10**8)
    assert planned.example == stream(written, 0).example
    assert planned.count == 10**8
    with pytest.raises(DataError, match="only planned; write them first"):
        planned.batches(0, 1, 1)
