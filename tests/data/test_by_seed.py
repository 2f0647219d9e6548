"""Data that each seed draws: split anew, an official test drawn again, examples generated; never twice the same."""

import importlib
import inspect
import pkgutil
import re
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

import dl_jax.data
from dl_jax.data import catalog, drawn_canids, files, tfds
from dl_jax.data.by_seed import BySeed, as_by_seed, data_key, precomputed, sizes
from dl_jax.data.dataset import Dataset, generated
from dl_jax.data.digits import digits
from dl_jax.data.synthetic import planes
from dl_jax.data.synthetic.canids import canids

SEEDS = range(4)
COUNTS = (30, 9, 12)


@pytest.fixture(scope="module")
def numbered():
    """A dataset whose first input is the number of the example, the second constant, the third mostly so."""
    total = sum(COUNTS)
    x = np.stack([np.arange(total), np.full(total, -0.1), np.arange(total) == 3], 1).astype(float)
    parts = np.split(np.arange(total), np.cumsum(COUNTS)[:-1])
    return Dataset("mine", *((x[part], part % 3) for part in parts), ("a", "b", "c"), "made here")


def numbers(splits):
    """The numbers of the examples in each split of `numbered`, from their standardised first inputs."""
    order = np.argsort(np.argsort(np.concatenate([part.x[:, 0] for part in splits])))
    return np.split(order, np.cumsum([len(part.x) for part in splits])[:-1])


# Splits that are made anew


@pytest.mark.parametrize("seed", SEEDS)
def test_every_example_is_in_exactly_one_split_with_its_label(numbered, seed):
    splits = numbered.by_seed().of(seed)
    assert [len(part.y) for part in splits] == list(COUNTS)
    assert sorted(np.concatenate(numbers(splits))) == list(range(sum(COUNTS)))
    for part, number in zip(splits, numbers(splits), strict=True):
        np.testing.assert_array_equal(part.y, number % 3)


@pytest.mark.parametrize("images", [False, True])
def test_each_split_has_as_many_of_every_class_as_before(images):
    dataset = digits()
    for part, (_, y) in zip(
        dataset.by_seed(images).of(5), (dataset.train, dataset.validation, dataset.test), strict=True
    ):
        np.testing.assert_array_equal(np.bincount(part.y), np.bincount(y))


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_are_standardised_over_the_seeds_own_training_split(numbered, seed):
    splits = numbered.by_seed().of(seed)
    x = np.concatenate([part[0] for part in (numbered.train, numbered.validation, numbered.test)])
    train = numbers(splits)[0]
    scaler = StandardScaler().fit(x[train])
    for part, number in zip(splits, numbers(splits), strict=True):
        assert part.x.dtype == np.float32
        assert part.y.dtype == np.int32
        np.testing.assert_allclose(part.x[:, 0], scaler.transform(x[number])[:, 0], atol=1e-5)
        assert not part.x[:, 1].any(), "an input that never varies"
    if 3 not in train:
        assert not any(part.x[:, 2].any() for part in splits), "an input that does not vary in this training split"


def test_inputs_that_vary_in_their_last_digits_only_are_kept(numbered):
    stamped = replace(numbered, **{name: (x + 1.7e9, y) for name, (x, y) in _parts(numbered).items()})
    np.testing.assert_allclose(stamped.by_seed().of(1).test.x, numbered.by_seed().of(1).test.x, atol=1e-5)


def test_images_have_one_mean_and_variance_for_each_channel():
    splits = digits().by_seed(images=True).of(3)
    assert splits.train.x.shape == (1079, 8, 8, 1)
    assert splits.train.x.mean() == pytest.approx(0, abs=1e-5)
    assert splits.train.x.std() == pytest.approx(1, abs=1e-5)
    pixels = np.unique(np.concatenate([part.x.ravel() for part in splits]))
    assert len(pixels) == 17, "levels of grey"


def test_a_split_is_in_random_order(numbered):
    first = [numbers(numbered.by_seed().of(seed))[0][:8] for seed in range(40)]
    assert np.std([list(order) for order in first]) > 10
    assert all(np.any(np.diff(order) < 0) for order in first)
    assert np.corrcoef(np.ravel(first), np.tile(np.arange(8), 40))[0, 1] < 0.2


def test_all_examples_of_a_class_are_equally_often_in_each_split(numbered):
    count = np.zeros(sum(COUNTS))
    draws = jax.vmap(numbered.by_seed())(jax.random.split(jax.random.key(0), 2000))
    for at in range(2000):
        splits = jax.tree.map(lambda leaf, at=at: np.asarray(leaf[at]), draws)
        count[numbers(splits)[2]] += 1
    expected = 2000 * np.bincount(numbered.test[1])[np.arange(sum(COUNTS)) % 3] / (sum(COUNTS) / 3)
    assert np.max(np.abs(count - expected) / np.sqrt(expected * (1 - expected / 2000))) < 4


# An official test


@pytest.fixture
def official(numbered):
    return replace(numbered, official_test=True)


def test_training_examples_are_shared_and_test_examples_drawn_with_replacement(official):
    data, fixed = official.by_seed(), official.standardized()
    draws = [data.of(seed) for seed in range(200)]
    for splits in draws:
        np.testing.assert_array_equal(splits.train.x, fixed.train.x)
        np.testing.assert_array_equal(splits.validation.y, fixed.validation.y)
    pairs = {(*x, y) for x, y in zip(fixed.test.x[:, 0], fixed.test.y, strict=True) for x in [(x,)]}
    assert all((x, y) in pairs for s in draws for x, y in zip(s.test.x[:, 0], s.test.y, strict=True))
    distinct = np.mean([len(np.unique(splits.test.x[:, 0])) for splits in draws]) / COUNTS[2]
    assert distinct == pytest.approx(1 - (1 - 1 / COUNTS[2]) ** COUNTS[2], abs=0.02)
    means = np.array([splits.test.x[:, 0].mean() for splits in draws])
    assert means.mean() == pytest.approx(fixed.test.x[:, 0].mean(), abs=0.02)
    assert means.std() == pytest.approx(fixed.test.x[:, 0].std() / np.sqrt(COUNTS[2]), rel=0.15)


def test_a_seeds_own_part_of_an_official_dataset_is_indices_alone(official):
    data = official.by_seed()
    drawn = jax.eval_shape(data.draw, data.shared, jax.random.key(0))
    assert jax.tree.leaves(drawn) == [jax.ShapeDtypeStruct((COUNTS[2],), np.int32)]
    assert data.shared.train.x.shape == (COUNTS[0], 3)


# No two seeds share their draw


def rows_of_csv(folder):
    path = folder / "mine.csv"
    path.write_text("".join(f"{i},{i * i % 17},{'ab'[i % 2]}\n" for i in range(60)))
    return files.from_csv(path)


def npz(folder, **test):
    path = folder / f"mine{len(test)}.npz"
    x = np.random.default_rng(1).normal(size=(60, 4, 4))
    np.savez(path, x=x, y=np.arange(60) % 3, **test)
    return files.from_npz(path)


def npz_with_test(folder):
    return npz(folder, x_test=np.random.default_rng(2).normal(size=(30, 4, 4)), y_test=np.arange(30) % 3)


def from_arrays(folder):
    """As all datasets of TensorFlow Datasets, archives and photographs."""
    x = np.random.default_rng(3).integers(0, 256, (80, 4, 4, 3)).astype(np.uint8)
    arrays = {"x_train": x[:60], "y_train": np.arange(60) % 2, "x_test": x[60:], "y_test": np.arange(20) % 2}
    return tfds.as_dataset("official", arrays | {"class_names": np.array(["a", "b"])}, "made here")


DATASETS = {
    "digits": lambda folder: digits(),
    "canids": lambda folder: drawn_canids.drawn_canids(16),
    "csv": rows_of_csv,
    "npz": npz,
    "npz with a test": npz_with_test,
    "official": from_arrays,
}
GENERATORS = {
    "half_space": planes.half_space,
    "xor": planes.xor,
    "ring": planes.ring,
    "disk_and_annulus": planes.disk_and_annulus,
    "two_curves": planes.two_curves,
    "parity": planes.parity(16),
}


def assert_no_two_share(draws, splits=("train", "validation", "test")):
    for one, other in combinations(draws, 2):
        for name in splits:
            assert not np.array_equal(getattr(one, name).x, getattr(other, name).x), name


@pytest.mark.parametrize("images", [False, True])
@pytest.mark.parametrize("kind", DATASETS)
def test_no_two_seeds_share_their_draw_of_a_dataset(kind, images, tmp_path, monkeypatch, quick_to_compile):
    monkeypatch.setattr(drawn_canids, "SIZES", (16, 8, 8))
    dataset = DATASETS[kind](tmp_path)
    if images and dataset.train[0].ndim < 3:
        pytest.skip("rows of numbers")
    draws = [dataset.by_seed(images).of(seed) for seed in SEEDS]
    assert_no_two_share(draws, ("test",) if dataset.official_test else ("train", "validation", "test"))
    assert dataset.official_test == (kind in ("npz with a test", "official"))
    like = dataset.images() if images else dataset.standardized()
    assert jax.tree.map(np.shape, draws[0]) == jax.tree.map(np.shape, like)


@pytest.mark.parametrize("name", GENERATORS)
def test_no_two_seeds_share_their_draw_of_a_generator(name):
    data = as_by_seed(generated(GENERATORS[name], 20, 10))
    assert_no_two_share([data.of(seed) for seed in SEEDS])


def test_no_two_seeds_share_their_pictures(quick_to_compile):
    data = as_by_seed(partial(canids, count=4, side=16))
    for one, other in combinations([data.of(seed) for seed in SEEDS], 2):
        assert not np.array_equal(one.x, other.x)


DRAWN_WITH = {"canids", "drawn_splits", "natural_patches", *GENERATORS}
"""Functions of a key that are tested here, or in the tests of their module."""
PARTS_OF_THEM = {"random_scene", "random_scenes", "stratified", "bootstrap", "data_key", "changes_key"}
PARTS_OF_THEM |= {"permuted_pixels", "random_phase"}


def test_every_function_of_a_key_is_tested():
    names = {
        name
        for module in pkgutil.walk_packages(dl_jax.data.__path__, "dl_jax.data.")
        for name, function in vars(importlib.import_module(module.name)).items()
        if inspect.isfunction(function) and not name.startswith("_") and function.__module__ == module.name
        if next(iter(inspect.signature(function).parameters), "") == "key"
    }
    assert {"canids", "xor", "bootstrap"} <= names <= DRAWN_WITH | PARTS_OF_THEM


def test_nothing_in_the_library_of_data_is_drawn_with_a_fixed_seed():
    """But the one split of `hold_out`, and the one draw of the canids, for what is not judged over seeds."""
    fixed = {
        (path.name, line.strip())
        for path in Path(dl_jax.data.__path__[0]).rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"default_rng\(\d|\.key\(\d|seed(: int)? ?= ?\d", line)
    }
    assert {name for name, _ in fixed} <= {"dataset.py", "drawn_canids.py", "by_seed.py"}
    assert len(fixed) == 3, "by_seed.py: the key of the shapes"


def test_every_dataset_of_the_catalog_is_of_a_kind_that_is_tested():
    assert set(catalog.NAMES) == {"digits", "canids", *catalog.tfds.SOURCES, *catalog.archive.ARCHIVES} | set(
        catalog.photographs.PHOTOGRAPHS
    )


def test_generated_images_are_stored_as_bytes_and_standardised_over_their_training_split(monkeypatch, quick_to_compile):
    monkeypatch.setattr(drawn_canids, "SIZES", (16, 8, 8))
    data = drawn_canids.drawn_canids(16).by_seed(images=True)
    (drawn, _), splits = data.draw(data.shared, data_key(jax.random.key(2))), data.of(2)
    assert drawn.train.x.dtype == np.uint8
    np.testing.assert_allclose(splits.train.x.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(splits.train.x.std((0, 1, 2)), 1, atol=1e-5)
    assert [part.y.mean() for part in splits] == [0.5] * 3


# Changes, and draws that are made beforehand


def relabelled(key, splits):
    return splits._replace(train=splits.train._replace(y=jax.random.permutation(key, splits.train.y)))


def test_a_change_is_made_to_what_each_seed_draws(numbered):
    data = numbered.by_seed()
    doubled = data.map(lambda splits: splits._replace(test=splits.test._replace(x=2 * splits.test.x)))
    np.testing.assert_array_equal(doubled.of(1).test.x, 2 * data.of(1).test.x)
    np.testing.assert_array_equal(doubled.of(1).train.x, data.of(1).train.x)


def test_random_changes_have_keys_of_their_own(numbered):
    data = numbered.by_seed()
    once = data.map_with_key(relabelled)
    twice = once.map_with_key(lambda key, splits: relabelled(key, data.of(0)))
    np.testing.assert_array_equal(once.of(0).train.x, data.of(0).train.x)
    np.testing.assert_array_equal(np.sort(once.of(0).train.y), np.sort(data.of(0).train.y))
    labels = [once.of(0).train.y, twice.of(0).train.y, data.of(0).train.y, once.of(1).train.y]
    assert not any(np.array_equal(one, other) for one, other in combinations(labels, 2))


def test_no_key_of_a_change_is_one_that_data_are_drawn_with(numbered):
    keys = []
    data = numbered.by_seed()
    for _ in range(3):
        data = data.map_with_key(lambda key, splits: keys.append(key) or splits)
    key = jax.random.key(0)
    data(key)
    with_data = [key, *jax.random.split(key, 9), *jax.random.split(key, 2)]
    assert len({tuple(jax.random.key_data(each).tolist()) for each in keys}) == 3
    assert not {tuple(jax.random.key_data(each).tolist()) for each in keys} & {
        tuple(jax.random.key_data(each).tolist()) for each in with_data
    }


@pytest.mark.parametrize("kind", ["digits", "generated", "changed"])
def test_precomputed_data_are_those_that_each_seed_draws(kind, numbered):
    data = {
        "digits": digits().by_seed(),
        "generated": as_by_seed(generated(planes.ring, 20, 10)),
        "changed": numbered.by_seed().map_with_key(relabelled),
    }[kind]
    table = precomputed(data, (3, 0, 8))
    for seed in (0, 3, 8):
        jax.tree.map(np.testing.assert_array_equal, table.of(seed), data.of(seed))
    assert np.isnan(table.of(1).train.x).all(), "not drawn beforehand"
    assert jax.tree.map(lambda leaf: leaf.shape, table.shapes) == jax.tree.map(lambda leaf: leaf.shape, data.shapes)


def test_the_numbers_of_examples(numbered):
    for data in (numbered.by_seed(), numbered.standardized(), numbered.by_seed().of(0)):
        assert sizes(data) == COUNTS
    assert sizes(generated(planes.xor, 7, 5)) == (7, 5, 5)


def test_other_trees_than_splits_can_be_drawn():
    data = BySeed(np.arange(5.0), lambda _, key: jax.random.permutation(key, 5), lambda shared, index: shared[index])
    assert sorted(data.of(0)) == [0, 1, 2, 3, 4]
    assert data.map(jnp.sum).of(3) == 10


def test_a_draw_is_the_same_inside_a_program(numbered):
    data = numbered.by_seed()
    inside = jax.jit(partial(data.__call__))(data_key(jax.random.key(6)))
    jax.tree.map(partial(np.testing.assert_allclose, atol=1e-6), inside, data.of(6))


def _parts(dataset):
    return {name: getattr(dataset, name) for name in ("train", "validation", "test")}
