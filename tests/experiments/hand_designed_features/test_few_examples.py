"""Subsets of the training examples: how many, which, and what is fitted to them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from dl_jax.data.dataset import Examples, Splits
from dl_jax.measures.nearest_neighbour import nearest_neighbour_accuracy
from experiments.hand_designed_features.features import CHOICES, CONTROLS, FEATURES, kinds
from experiments.hand_designed_features.few_examples import as_features, projected, scaled, subset_of

pytestmark = pytest.mark.usefixtures("quick_to_compile")


def pictures(count=30, side=8):
    generator = np.random.default_rng(0)

    def examples(count):
        return Examples(generator.random((count, side, side)).astype(np.float32), np.arange(count, dtype=np.int32))

    return Splits(examples(count), examples(7), examples(5))


@pytest.fixture
def splits():
    return as_features(pictures(), lambda ink_HxW: ink_HxW.reshape(-1), by=1)


def test_features_are_those_of_each_picture_and_test_pictures_also_move(splits):
    np.testing.assert_array_equal(splits.train.x, pictures().train.x.reshape(30, 64))
    np.testing.assert_array_equal(splits.moved.x[0].reshape(8, 8)[1:], pictures().test.x[0][:-1])
    assert [len(split.x) for split in splits] == [30, 7, 5, 20]
    assert list(splits.moved.y) == [*range(5)] * 4


@pytest.mark.parametrize("examples", [1, 7, 30])
def test_a_subset_has_that_many_examples_each_repeated_equally_often(splits, examples):
    drawn = subset_of(splits, examples)(jax.random.key(3))
    numbers, times = np.unique(drawn.train.y, return_counts=True)
    assert len(numbers) == examples
    assert times.max() - times.min() <= 1
    assert len(drawn.train.y) == 30
    np.testing.assert_array_equal(drawn.train.x, np.asarray(splits.train.x)[drawn.train.y])
    np.testing.assert_array_equal(drawn.test.x, splits.test.x)


def test_another_seed_draws_others(splits):
    one, other = (set(np.asarray(subset_of(splits, 10)(jax.random.key(seed)).train.y).tolist()) for seed in (0, 1))
    assert one != other


def test_what_is_fitted_is_fitted_to_the_drawn_examples_alone(splits):
    key = jax.random.key(0)
    drawn, fitted = subset_of(splits, 12)(key), subset_of(splits, 12, scaled)(key)
    few_NxD = np.asarray(drawn.train.x[:12])
    scale = np.sqrt(np.mean((few_NxD - few_NxD.mean(0)) ** 2))
    np.testing.assert_allclose(
        fitted.test.x, (np.asarray(splits.test.x) - few_NxD.mean(0)) / scale, rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(jnp.mean(fitted.train.x[:12] ** 2), 1.0, rtol=1e-5)
    assert subset_of(splits, 12, projected(4), scaled)(key).moved.x.shape == (20, 4)


def test_a_feature_that_never_varies_stays_finite():
    assert np.isfinite(scaled(jnp.ones((5, 3)))(jnp.ones((2, 3)))).all()


def test_the_nearest_neighbour_is_that_of_scikit_learn():
    generator = np.random.default_rng(1)
    train, test = (Examples(generator.normal(size=(n, 3)), generator.integers(0, 2, n)) for n in (40, 150))
    theirs = KNeighborsClassifier(1).fit(*train).score(*test)
    assert nearest_neighbour_accuracy(*(Examples(*map(jnp.asarray, e)) for e in (train, test))) == pytest.approx(theirs)


@pytest.mark.parametrize("side", [8, 28])
def test_every_kind_of_features_feeds_a_head_of_as_many_units(side):
    every_kind = kinds(side, hidden=6)
    assert set(every_kind) == {*FEATURES, *CONTROLS}
    assert set(CHOICES) == set(FEATURES) - {"raw"}
    for kind in every_kind.values():
        picture = jax.ShapeDtypeStruct((3, side, side), jnp.float32)
        x = jax.eval_shape(jax.vmap(kind.picture), picture)
        model = kind.model(11)
        params = jax.eval_shape(model.init, jax.random.key(0), x)
        assert jax.eval_shape(model.apply, params, x).shape == (3, 11)
