"""Errors against scikit-learn and closed forms, and their derivatives against y - t."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special
from sklearn.metrics import accuracy_score, log_loss

from dl_jax.training.losses import accuracy, binary_cross_entropy, cross_entropy, half_squared_error, perceptron

pytestmark = pytest.mark.usefixtures("strict_types")

GENERATOR = np.random.default_rng(0)
SCORES_BxC = (3 * GENERATOR.normal(size=(40, 5))).astype(np.float32)
LABEL_B = GENERATOR.integers(0, 5, 40).astype(np.int32)
SIGN_B = (LABEL_B > 2).astype(np.int32)


def test_cross_entropy_is_the_log_loss_of_scikit_learn():
    softmax_BxC = special.softmax(SCORES_BxC.astype(float), 1)
    found_B = cross_entropy(SCORES_BxC, LABEL_B)
    assert found_B.shape == (40,)
    assert float(jnp.mean(found_B)) == pytest.approx(log_loss(LABEL_B, softmax_BxC, labels=range(5)), rel=1e-5)
    np.testing.assert_allclose(found_B, -np.log(softmax_BxC[range(40), LABEL_B]), rtol=1e-4, atol=1e-6)


def test_binary_cross_entropy_is_the_log_loss_of_scikit_learn():
    score_Bx1 = SCORES_BxC[:, :1]
    chance_B = special.expit(score_Bx1[:, 0].astype(float))
    found_B = binary_cross_entropy(score_Bx1, SIGN_B)
    assert found_B.shape == (40,)
    assert float(jnp.mean(found_B)) == pytest.approx(log_loss(SIGN_B, chance_B), rel=1e-5)


def test_one_score_or_two_is_the_same_question():
    score_B = SCORES_BxC[:, 0]
    two_Bx2 = np.stack([np.zeros_like(score_B), score_B], 1)
    one_B = binary_cross_entropy(score_B[:, None], SIGN_B)
    np.testing.assert_allclose(cross_entropy(two_Bx2, SIGN_B), one_B, rtol=1e-5, atol=1e-6)
    assert float(accuracy(score_B[:, None], SIGN_B)) == float(accuracy(two_Bx2, SIGN_B))


def test_half_squared_error_is_that_of_figure_1d():
    target_BxC = GENERATOR.normal(size=SCORES_BxC.shape).astype(np.float32)
    expected_B = [
        0.5 * sum((y - t) ** 2 for y, t in zip(*row, strict=True)) for row in zip(SCORES_BxC, target_BxC, strict=True)
    ]
    np.testing.assert_allclose(half_squared_error(SCORES_BxC, target_BxC), expected_B, rtol=1e-5)


def test_every_error_has_the_derivative_y_minus_t():
    """Softmax with cross-entropy, the logistic function with its own, and the square (figure 1d)."""
    desired_BxC = np.eye(5, dtype=np.float32)[LABEL_B]
    cases = [
        (cross_entropy, SCORES_BxC, LABEL_B, special.softmax(SCORES_BxC, 1) - desired_BxC),
        (binary_cross_entropy, SCORES_BxC[:, :1], SIGN_B, special.expit(SCORES_BxC[:, :1]) - SIGN_B[:, None]),
        (half_squared_error, SCORES_BxC, desired_BxC, SCORES_BxC - desired_BxC),
    ]
    for loss, scores, target, expected in cases:
        gradient = jax.grad(lambda s, loss=loss, target=target: jnp.sum(loss(s, target)))(scores)
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-6)


def test_large_scores_do_not_overflow():
    far_BxC = jnp.array([[1e4, -1e4], [-1e4, 1e4]])
    np.testing.assert_array_equal(cross_entropy(far_BxC, jnp.array([0, 0])), [0.0, 2e4])
    np.testing.assert_array_equal(binary_cross_entropy(far_BxC[:, :1], jnp.array([1, 1])), [0.0, 1e4])


def test_accuracy_is_that_of_scikit_learn():
    assert float(accuracy(SCORES_BxC, LABEL_B)) == pytest.approx(accuracy_score(LABEL_B, SCORES_BxC.argmax(1)))
    one = SCORES_BxC[:, :1]
    assert float(accuracy(one, SIGN_B)) == pytest.approx(accuracy_score(SIGN_B, one[:, 0] > 0))


def test_a_net_that_diverged_is_right_about_nothing():
    scores_BxC = jnp.full(SCORES_BxC.shape, jnp.nan)  # its argmax is 0
    assert float(accuracy(scores_BxC, jnp.zeros_like(LABEL_B))) == 0.0
    assert float(accuracy(scores_BxC[:, :1], jnp.zeros_like(LABEL_B))) == 0.0


def test_the_perceptron_counts_wrong_answers_only():
    scores_BxC = jnp.array([[1.0, 3.0, 2.0], [1.0, 3.0, 2.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(perceptron(scores_BxC, jnp.array([0, 1, 2])), [2.0, 0.0, 0.0])
