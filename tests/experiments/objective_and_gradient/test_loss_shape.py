"""Objectives are never negative and rise outwards; the patterns that show it are those they should be."""

import jax
import jax.numpy as jnp
import numpy as np

from experiments.objective_and_gradient.loss_shape import CLASSES, OBJECTIVES, SIGNED, between, of_objectives


def found(metric):
    values = of_objectives(jax.random.key(0))
    return {dict(axes)["loss"]: float(value) for (name, axes), value in values.items() if name == metric}


def test_objectives_pass_and_a_signed_sum_does_not():
    below, not_rising = found("below_zero"), found("not_rising")
    assert [below[name] for name in OBJECTIVES] == [0, 0, 0]
    assert [not_rising[name] for name in OBJECTIVES] == [0, 0, 0]
    assert below[SIGNED] > 1
    assert 0.4 < not_rising[SIGNED] < 0.6


def test_patterns_lie_between_the_wanted_one_and_the_other():
    y_BxC, t_BxC = jax.random.normal(jax.random.key(1), (2, 6, CLASSES))
    label_B = jnp.arange(6)
    outputs, scores, score = between(0.25, y_BxC, t_BxC, label_B)
    np.testing.assert_allclose(outputs, 0.75 * t_BxC + 0.25 * y_BxC, rtol=1e-6)
    p_BxC = 0.75 * np.eye(CLASSES)[:6] + 0.25 * np.asarray(jax.nn.softmax(y_BxC))
    np.testing.assert_allclose(jax.nn.softmax(scores), p_BxC, rtol=1e-5)
    p_Bx1 = 0.75 * (np.arange(6)[:, None] % 2) + 0.25 * np.asarray(jax.nn.sigmoid(y_BxC[:, :1]))
    np.testing.assert_allclose(jax.nn.sigmoid(score), p_Bx1, rtol=1e-5)
