"""Estimands of learning curves on planted records."""

import numpy as np
import pytest

from dl_jax.evidence.estimands import difference, final, first_step, metric
from dl_jax.evidence.records import Missing, Records

CURVES = {0: (0.2, 0.8, 0.7), 1: (0.1, 0.3, 0.9), 2: (0.1, 0.2, 0.3)}
RECORDS = Records(
    tuple(
        {"seed": seed, "task": "a", "step": 10 * number, "metric": "score", "value": value}
        for seed, values in CURVES.items()
        for number, value in enumerate(values, 1)
    )
)


def test_the_final_value_is_that_of_the_last_step():
    np.testing.assert_array_equal(final("score", task="a")(RECORDS), [0.7, 0.9, 0.3])
    np.testing.assert_allclose(difference(final("score"), metric("score", step=10))(RECORDS), [0.5, 0.8, 0.2])


def test_the_first_step_that_is_high_enough_or_never():
    np.testing.assert_array_equal(first_step("score", 0.7, task="a")(RECORDS), [20, 30, np.inf])
    with pytest.raises(Missing):
        first_step("score", 0.7, task="b")(RECORDS)
