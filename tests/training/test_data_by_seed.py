"""Sweeps over data that each seed draws: what a trial is trained and tested on, and what is copied for it."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.by_seed import precomputed
from dl_jax.data.dataset import Dataset, Examples, Splits, generated
from dl_jax.data.synthetic.planes import ring
from dl_jax.evidence.named import array
from dl_jax.models.linear import linear
from dl_jax.training.context import local_context
from dl_jax.training.grid import grid
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep

pytestmark = pytest.mark.usefixtures("quick_to_compile")

SEEDS = (0, 1, 5)


def dataset(official, count=100):
    x = np.random.default_rng(0).normal(size=(2 * count, 7))
    parts = [(x[part], np.arange(len(x))[part] % 2) for part in np.split(np.arange(2 * count), [count, count + 40])]
    return Dataset("mine", *parts, ("a", "b"), "made here", official)


def learner(trial):
    return Learner(linear(2), cross_entropy, sgd(trial.learning_rate))


def evaluate(run):
    parts = {"train": run.splits.train, "test": run.splits.test}
    return {name: array(part.x, "example", "input") for name, part in parts.items()}


def run(data, context, **settings):
    settings = {"steps": 3, "evaluate": evaluate, "batch_size": 8} | settings
    return sweep(learner, data, grid(learning_rate=(0.1, 0.2), seed=SEEDS), context=context, **settings)


@pytest.mark.parametrize("kind", ["split", "official", "generated", "precomputed"])
def test_a_trial_has_the_data_that_its_seed_draws(kind, context):
    data = {
        "split": dataset(False).by_seed(),
        "official": dataset(True).by_seed(),
        "generated": generated(ring, 30, 10),
        "precomputed": precomputed(generated(ring, 30, 10), SEEDS),
    }[kind]
    records = run(data, context)
    of = data.of if kind != "generated" else precomputed(data, SEEDS).of
    for seed in SEEDS:
        for name in ("train", "test"):
            for rate in (0.1, 0.2):
                values = records.array(name, seed=seed, learning_rate=rate).values
                np.testing.assert_allclose(values, getattr(of(seed), name).x, atol=1e-6)


class Drawings(NamedTuple):
    train: Examples
    validation: Examples
    test: Examples
    extra: np.ndarray


@pytest.mark.parametrize("kind", [Splits, Drawings])
def test_test_examples_are_counted_in_splits_and_in_data_with_more_fields(kind, context):
    def like(splits):
        return splits if kind is Splits else Drawings(*splits, splits.test.x)

    records = run(dataset(False).by_seed().map(like), context)
    assert set(records.values("test_examples")) == {60.0}


def first_ten(key, train):
    index_N = jax.random.permutation(key, len(train.x))[:10]
    return Examples(train.x[index_N], train.y[index_N])


@pytest.mark.parametrize("official", [True, False])
def test_a_subset_is_one_of_the_seeds_own_training_examples(official, context):
    data = dataset(official).by_seed()
    records = run(data, context, subset=first_ten)
    subsets = [records.array("train", seed=seed, learning_rate=0.1).values for seed in SEEDS]
    for seed, subset in zip(SEEDS, subsets, strict=True):
        assert subset.shape == (10, 7)
        distance_NxM = np.abs(subset[:, None] - data.of(seed).train.x[None]).max(-1)
        assert distance_NxM.min(1).max() < 1e-5
    assert not np.array_equal(subsets[0], subsets[1])


def test_examples_are_arguments_of_the_programs_and_not_constants_in_them():
    planned = []
    context = local_context(1).with_events(dry_run=lambda *arguments: planned.append(arguments))
    texts = []
    for count in (100, 5000):
        for official in (True, False):
            run(dataset(official, count).by_seed(), context)
            _, program, arguments, _ = planned.pop()
            texts.append(program.lower(*arguments).as_text())
            assert sum(leaf.size for leaf in jax.tree.leaves(arguments)) > count * 7
    assert max(map(len, texts)) < 1.5 * min(map(len, texts))


@pytest.mark.parametrize("official", [True, False])
def test_memory_of_a_training_does_not_grow_with_its_trials(official):
    """Training examples that all seeds share are not copied for each trial."""
    planned = []
    context = local_context(1).with_events(dry_run=lambda *arguments: planned.append(arguments))
    run(dataset(official, 5000).by_seed(), context)
    _, program, arguments, _ = planned.pop()
    memory = program.lower(*arguments).compile().memory_analysis()
    train_bytes = 5000 * 7 * 4
    if official:
        assert memory.temp_size_in_bytes < train_bytes
    drawn = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(arguments[2]))
    assert drawn < 2 * len(SEEDS) * 3 * 5000 * 4, "indices alone"


def test_random_changes_of_the_data_differ_from_seed_to_seed(context):
    def noisy(key, splits):
        return splits._replace(test=splits.test._replace(x=jax.random.normal(key, splits.test.x.shape)))

    records = run(dataset(False).by_seed().map_with_key(noisy), context)
    x = [records.array("test", seed=seed, learning_rate=0.1).values for seed in SEEDS]
    assert len({float(jnp.sum(each)) for each in x}) == 3
