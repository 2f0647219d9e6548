"""Linear probes against scikit-learn's ridge regression and scores."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score, roc_auc_score

from dl_jax.data.dataset import Splits
from dl_jax.measures.probes import PENALTIES, auc, binary_accuracy, r2, ridge

pytestmark = pytest.mark.usefixtures("quick_to_compile")

RANDOM = np.random.default_rng(0)


def normal_splits(*shape):
    return Splits(*(RANDOM.normal(size=(count, *shape)).astype(np.float32) for count in (40, 30, 20)))


@pytest.mark.parametrize("width", [7, 90])
@pytest.mark.parametrize("penalty", PENALTIES[1:])
def test_probe_agrees_with_scikit_learn(width, penalty):
    x, t = normal_splits(width), normal_splits(3)
    prediction = ridge(x, t, [penalty])
    centered = x.train - x.train.mean(0)
    reference = Ridge(alpha=penalty * np.mean(np.sum(centered**2, 1))).fit(x.train, t.train)
    np.testing.assert_allclose(prediction, reference.predict(x.test), atol=2e-3)


def test_penalty_is_chosen_for_each_target_by_itself():
    """The first target is linear in the features, the second is noise: the least and the largest penalty are best."""
    x = normal_splits(30)
    w = RANDOM.normal(size=(30, 1)).astype(np.float32)
    t = Splits(*(np.concatenate([each @ w, RANDOM.normal(size=(len(each), 1))], 1).astype(np.float32) for each in x))
    prediction = ridge(x, t, [1e-4, 1e3])
    np.testing.assert_allclose(prediction[:, 0], ridge(x, t, [1e-4])[:, 0], atol=1e-5)
    np.testing.assert_allclose(prediction[:, 1], ridge(x, t, [1e3])[:, 1], atol=1e-5)


def test_test_targets_are_not_used():
    x, t = normal_splits(5), normal_splits(2)
    np.testing.assert_array_equal(ridge(x, t), ridge(x, t._replace(test=np.full_like(t.test, np.nan))))


def test_maps_are_flattened():
    x, t = normal_splits(2, 3, 4), normal_splits(1)
    flat = Splits(*(each.reshape(len(each), -1) for each in x))
    np.testing.assert_array_equal(ridge(x, t), ridge(flat, t))


def test_r2_agrees_with_scikit_learn():
    target, prediction = RANDOM.normal(size=(50, 3)), RANDOM.normal(size=(50, 3))
    expected = r2_score(target, prediction, multioutput=target.var(0))
    np.testing.assert_allclose(r2(prediction, target), expected, rtol=1e-4)
    np.testing.assert_allclose(r2(target, target), 1.0)


def test_auc_agrees_with_scikit_learn():
    positive, negative = RANDOM.normal(size=30), RANDOM.normal(size=20) + 0.5
    expected = roc_auc_score(np.r_[np.ones(30), np.zeros(20)], np.r_[positive, negative])
    np.testing.assert_allclose(auc(positive, negative), expected, rtol=1e-5)
    np.testing.assert_allclose(auc(np.zeros(3), np.zeros(4)), 0.5)


def test_binary_accuracy_counts_the_side_of_one_half():
    np.testing.assert_allclose(binary_accuracy(np.array([[0.4, 0.9]]), np.array([[1.0, 1.0]])), 0.5)
