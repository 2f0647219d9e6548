"""Streams of batches: functions of the step, complete epochs, shares of processes, prefetching, damaged files."""

from functools import partial

import numpy as np
import pytest

from dl_jax.data import shard_writer
from dl_jax.data.permutation import shuffled
from dl_jax.data.stream import random_labels, stream
from dl_jax.errors import DataError
from tests.data import hashed_examples

COUNT = 1000
EXAMPLES = partial(hashed_examples.examples, 7)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    return shard_writer.write(folder, EXAMPLES, hashed_examples.RECORD, COUNT, {"seed": 7}, per_shard=300)


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_batches_have_the_examples_in_the_order_of_the_seed(written):
    loader = stream(written, 3)
    batch = loader.batches(2, 3, 8)
    number_TxB = shuffled(3, np.arange(16, 40), COUNT).reshape(3, 8)
    expected = EXAMPLES(number_TxB.ravel())
    assert np.array_equal(batch.x, expected["x"].reshape(3, 8, 16, 16, 1))
    assert np.array_equal(batch.y, expected["y"].reshape(3, 8))
    assert (batch.x.dtype, batch.y.dtype) == (np.uint8, np.int32)
    assert (loader.example.x.shape, loader.example.x.dtype, loader.example.y.shape) == ((16, 16, 1), np.uint8, ())
    assert loader.count == COUNT


def test_a_batch_is_a_function_of_its_step_alone(written):
    in_order = stream(written, 3)
    all_batches = in_order.batches(0, 12, 8)
    resumed = stream(written, 3)
    assert same(resumed.batches(5, 7, 8), (all_batches.x[5:], all_batches.y[5:]))
    chunks = [in_order.batches(first, 4, 8) for first in (0, 4, 8, 4)]  # three prefetched, then an earlier one
    assert same([np.concatenate(parts) for parts in zip(*chunks[:3], strict=True)], all_batches)
    assert same(chunks[3], (all_batches.x[4:8], all_batches.y[4:8]))
    assert not same(stream(written, 4).batches(0, 12, 8), all_batches)


def test_prefetched_batches_are_read_once(written, monkeypatch):
    reads = []
    monkeypatch.setattr("dl_jax.data.stream.shuffled", lambda *a: reads.append(int(a[1][0])) or shuffled(*a))
    loader = stream(written, 3)
    for first in (0, 2, 4, 6):
        loader.batches(first, 2, 10)
    loader.batches(0, 1, 10)
    assert [reads.count(position) for position in (20, 40, 60)] == [1, 1, 1]


def test_an_epoch_has_every_example_once_and_the_next_another_order(written):
    epochs = stream(written, 0).batches(0, 20, 100)
    first, second = (epoch.reshape(COUNT, -1) for epoch in np.split(epochs.x, 2))
    every = EXAMPLES(np.arange(COUNT))["x"].reshape(COUNT, -1)
    for epoch in (first, second):
        assert np.array_equal(np.unique(epoch, axis=0), np.unique(every, axis=0))
        assert len(np.unique(epoch, axis=0)) == COUNT
    assert not np.array_equal(first, second)


def test_processes_read_their_own_shares_of_the_same_batch(written):
    all_batches = stream(written, 3).batches(4, 3, 12)
    parts = [stream(written, 3, process=p, processes=3).batches(4, 3, 12) for p in range(3)]
    assert parts[0].x.shape == (3, 4, 16, 16, 1)
    assert same([np.concatenate(each, axis=1) for each in zip(*parts, strict=True)], all_batches)
    with pytest.raises(DataError, match="a batch of 10 examples cannot be divided evenly among 3 processes"):
        stream(written, 3, processes=3).batches(0, 1, 10)


@pytest.fixture
def damaged(tmp_path):
    """Return a dataset, a function that changes the bytes of its second file, and the path of that file."""
    dataset = shard_writer.write(tmp_path, EXAMPLES, hashed_examples.RECORD, COUNT, {}, per_shard=300)
    path = tmp_path / dataset.shards[1].file

    def change_file(change):
        path.write_bytes(change(path.read_bytes()))

    return dataset, change_file, path


@pytest.mark.parametrize(
    "change",
    [
        lambda intact: intact[:50_000] + bytes([intact[50_000] ^ 1]) + intact[50_001:],
        lambda intact: intact[:9000] + b"\0" * 5000 + intact[14_000:],
        lambda intact: b"\0" * len(intact),
        lambda intact: intact[: len(intact) // 2],
        lambda intact: b"",
    ],
    ids=["one bit", "a hole", "zeros", "half", "empty"],
)
def test_a_damaged_file_is_named(damaged, change):
    dataset, change_file, _ = damaged
    change_file(change)
    with pytest.raises(DataError, match=r"examples-00001-of-00004.array_record is damaged"):
        stream(dataset, 0).batches(0, 10, 100)


def test_a_missing_file_is_named(damaged):
    dataset, _, path = damaged
    path.unlink()
    with pytest.raises(DataError, match=r"examples-00001-of-00004.array_record is missing"):
        stream(dataset, 0).batches(0, 10, 100)


def test_random_labels_are_uniform_reproducible_and_independent_of_the_true_ones(written):
    randomized = random_labels(stream(written, 3), hashed_examples.CLASSES, 0)
    batches, true = randomized.batches(0, 10, 100), stream(written, 3).batches(0, 10, 100)
    assert np.array_equal(batches.x, true.x)
    assert abs(np.mean(batches.y == true.y) - 0.1) < 0.04  # four standard errors
    assert abs(np.bincount(batches.y.ravel()) - 100).max() < 40
    assert np.array_equal(randomized.batches(4, 2, 100).y, batches.y[4:6])
    assert batches.y.dtype == np.int32


def test_examples_on_demand_are_written_when_a_stream_is_prepared_and_once(tmp_path, written):
    reports, arguments = [], (EXAMPLES, hashed_examples.RECORD, COUNT, {"seed": 7})
    with shard_writer.OnDemand(str(tmp_path / "set"), *arguments) as dataset:
        loader, other = stream(dataset, 3), stream(dataset, 4)
        assert (loader.example, loader.count) == (stream(written, 3).example, COUNT)
        assert not (tmp_path / "set").exists(), "the shapes of a stream need no examples"
        loader.prepare(lambda *report: reports.append(report))
        other.prepare(lambda *report: reports.append(report))
        assert reports == [("examples written", COUNT, COUNT)]
        assert same(loader.batches(0, 2, 8), stream(written, 3).batches(0, 2, 8))


def test_the_first_batch_prepares_a_stream(written):
    with shard_writer.OnDemand("", EXAMPLES, hashed_examples.RECORD, COUNT, {"seed": 7}) as dataset:
        assert same(stream(dataset, 3).batches(5, 2, 8), stream(written, 3).batches(5, 2, 8))


def test_random_labels_prepare_the_stream_below(written):
    below, prepared = stream(written, 3), []
    randomized = random_labels(below._replace(prepare=prepared.append), hashed_examples.CLASSES, 0)
    randomized.prepare("callback")
    assert prepared == ["callback"]
