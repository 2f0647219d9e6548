"""Objectives are never negative and rise away from the target; points on the lines between are where they should be."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.evidence.records import measured
from experiments.objective_and_gradient.loss_shape import CLASSES, OBJECTIVES, SIGNED, objective_shape, on_the_line


@pytest.fixture(scope="module")
def records():
    return measured(objective_shape(jax.random.key(0)))


@pytest.mark.parametrize("metric", ["below_zero", "not_rising"])
def test_objectives_have_both_properties(records, metric):
    assert records.values(metric, loss=OBJECTIVES).tolist() == [0, 0, 0]


def test_a_signed_sum_has_neither_and_rises_on_half_of_the_lines(records):
    assert records.values("below_zero", loss=SIGNED)[0] > 1
    assert 0.4 < records.values("not_rising", loss=SIGNED)[0] < 0.6


def test_outputs_and_probabilities_are_interpolated_between_target_and_output():
    y_BxC, t_BxC = jax.random.normal(jax.random.key(1), (2, 6, CLASSES))
    label_B = jnp.arange(6)
    outputs, scores, score = on_the_line(0.25, y_BxC, t_BxC, label_B)
    np.testing.assert_allclose(outputs, 0.75 * t_BxC + 0.25 * y_BxC, rtol=1e-6)
    p_BxC = 0.75 * np.eye(CLASSES)[:6] + 0.25 * np.asarray(jax.nn.softmax(y_BxC))
    np.testing.assert_allclose(jax.nn.softmax(scores), p_BxC, rtol=1e-5)
    p_Bx1 = 0.75 * (np.arange(6)[:, None] % 2) + 0.25 * np.asarray(jax.nn.sigmoid(y_BxC[:, :1]))
    np.testing.assert_allclose(jax.nn.sigmoid(score), p_Bx1, rtol=1e-5)
