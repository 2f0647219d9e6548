"""Probes: scikit-learn's ridge, its choice of strength, and closed forms of what is read off them."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score, roc_auc_score

from dl_jax.measures.probes import STRENGTHS, Three, auc, binary_accuracy, r2, ridge

pytestmark = pytest.mark.usefixtures("quick_to_compile")

RANDOM = np.random.default_rng(0)


def three(*shape):
    return Three(*(RANDOM.normal(size=(count, *shape)).astype(np.float32) for count in (40, 30, 20)))


@pytest.mark.parametrize("width", [7, 90])
@pytest.mark.parametrize("strength", STRENGTHS[1:])
def test_a_probe_is_scikit_learns_ridge(width, strength):
    x, t = three(width), three(3)
    found = ridge(x, t, [strength])
    centred = x.fit - x.fit.mean(0)
    peer = Ridge(alpha=strength * np.mean(np.sum(centred**2, 1))).fit(x.fit, t.fit)
    np.testing.assert_allclose(found, peer.predict(x.judge), atol=2e-3)


def test_the_strength_is_chosen_for_each_target_by_itself():
    x = three(30)
    w = RANDOM.normal(size=(30, 1)).astype(np.float32)
    t = Three(*(np.concatenate([each @ w, RANDOM.normal(size=(len(each), 1))], 1).astype(np.float32) for each in x))
    found = ridge(x, t, [1e-4, 1e3])
    np.testing.assert_allclose(found[:, 0], ridge(x, t, [1e-4])[:, 0], atol=1e-5)
    np.testing.assert_allclose(found[:, 1], ridge(x, t, [1e3])[:, 1], atol=1e-5)


def test_maps_are_read_as_rows():
    x, t = three(2, 3, 4), three(1)
    flat = Three(*(each.reshape(len(each), -1) for each in x))
    np.testing.assert_array_equal(ridge(x, t), ridge(flat, t))


def test_what_is_read_is_told_as_others_tell_it():
    t, read = RANDOM.normal(size=(50, 3)), RANDOM.normal(size=(50, 3))
    variance = t.var(0)
    np.testing.assert_allclose(r2(read, t), r2_score(t, read, multioutput=variance), rtol=1e-4)
    np.testing.assert_allclose(r2(t, t), 1.0)
    first, second = RANDOM.normal(size=30), RANDOM.normal(size=20) + 0.5
    expected = roc_auc_score(np.r_[np.ones(30), np.zeros(20)], np.r_[first, second])
    np.testing.assert_allclose(auc(first, second), expected, rtol=1e-5)
    np.testing.assert_allclose(auc(np.zeros(3), np.zeros(4)), 0.5)
    np.testing.assert_allclose(binary_accuracy(np.array([[0.4, 0.9]]), np.array([[1.0, 1.0]])), 0.5)
