"""The tasks for comparing optimizers: their exact solutions, condition numbers and word frequencies."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.sgd_versus_elaborate.tasks import documents, in_one_world, teacher, unlike_units


def test_unlike_units_have_the_stated_condition_and_an_exact_solution():
    draw = unlike_units(5, 10.0)(jax.random.key(0))
    x_NxD, y_Nx1 = draw(jax.random.key(1), 20_000)
    value_D = np.linalg.eigvalsh(np.cov(x_NxD.T))
    assert value_D[-1] / value_D[0] == pytest.approx(100.0, rel=0.15)
    assert value_D[-1] == pytest.approx(1.0, rel=0.05)
    assert float(jnp.var(y_Nx1)) == pytest.approx(1.0, rel=0.05)
    assert y_Nx1.shape == (20_000, 1)
    _, left, *_ = np.linalg.lstsq(np.asarray(x_NxD, float), np.asarray(y_Nx1, float))
    assert left[0] / 20_000 < 1e-9


def test_splits_of_one_task_share_its_solution_and_no_example():
    splits = in_one_world(unlike_units(4, 3.0), 200, 100)(jax.random.key(0))
    w_Dx1 = np.linalg.lstsq(splits.train.x, splits.train.y)[0]
    for part, count in zip(splits, (200, 100, 100), strict=True):
        assert part.x.shape == (count, 4)
        np.testing.assert_allclose(part.x @ w_Dx1, part.y, atol=1e-4)
    assert not np.isin(np.asarray(splits.test.x), np.asarray(splits.train.x)).any()
    other = in_one_world(unlike_units(4, 3.0), 200, 100)(jax.random.key(1))
    assert np.abs(other.train.x @ w_Dx1 - other.train.y).max() > 0.1


def test_a_teacher_has_no_noise_and_is_not_linear():
    draw = teacher(3, 10)(jax.random.key(0))
    x_NxD, y_Nx1 = draw(jax.random.key(1), 4000)
    again = draw(jax.random.key(1), 4000)
    np.testing.assert_array_equal(y_Nx1, again.y)
    inputs_NxE = np.column_stack([x_NxD, np.ones(4000)])
    left = np.linalg.lstsq(inputs_NxE, np.asarray(y_Nx1))[1][0] / 4000
    assert 0.005 < left < 0.9 * float(jnp.var(y_Nx1)) + 1e-9


def test_documents_are_of_length_1_and_their_words_as_frequent_as_stated():
    features, words = 50, 8
    x_NxKx2, topic_N = documents(features, words, lean=1.0)(jax.random.key(0))(jax.random.key(1), 20_000)
    assert x_NxKx2.shape == (20_000, words, 2)
    number_NxK, value_NxK = np.asarray(x_NxKx2[..., 0]), np.asarray(x_NxKx2[..., 1])
    np.testing.assert_allclose((value_NxK**2).sum(1), 1.0, rtol=1e-4)
    assert set(np.unique(number_NxK)) <= set(range(features))
    assert set(np.unique(topic_N)) == {0, 1}
    leaning_D = np.asarray(jax.random.normal(jax.random.key(0), (features,)))
    for topic, sign in ((0, -1), (1, 1)):
        chance_D = np.exp(sign * leaning_D) / (np.arange(features) + 10)
        found_D = np.bincount(number_NxK[np.asarray(topic_N) == topic].astype(int).ravel(), minlength=features)
        np.testing.assert_allclose(found_D / found_D.sum(), chance_D / chance_D.sum(), atol=0.004)
