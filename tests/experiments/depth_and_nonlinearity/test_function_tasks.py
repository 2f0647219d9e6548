"""The tent map written as a net: no piece is missing with the rectifier, all but one without."""

import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples
from experiments.depth_and_nonlinearity.function_tasks import constructed_tent, error_of_line, learn_tent


@pytest.mark.parametrize("depth", [1, 2, 5, 10])
def test_the_rectifier_misses_no_piece_and_the_identity_all_but_one(depth):
    missing = {row["nonlinearity"]: row["value"] for row in constructed_tent(depth)}
    assert missing == {"relu": 0.0, "identity": 1 - 2.0**-depth}


def test_it_is_a_fact_without_a_seed():
    for row in constructed_tent(3):
        assert set(row) == {"task", "depth", "nonlinearity", "metric", "value"}
        assert (row["task"], row["metric"], row["depth"]) == ("constructed", "missing_pieces", 3)


def test_the_best_line_is_that_of_least_squares():
    generator = np.random.default_rng(0)
    x_Nx1 = generator.uniform(-1, 2, size=(300, 1)).astype(np.float32)
    y_Nx1 = (np.sin(3 * x_Nx1) + 0.2).astype(np.float32)
    train, test = (
        Examples(jnp.asarray(x_Nx1[part]), jnp.asarray(y_Nx1[part])) for part in (slice(200), slice(200, None))
    )
    slope, offset = np.polyfit(x_Nx1[:200, 0], y_Nx1[:200, 0], 1)
    expected = np.mean((slope * x_Nx1[200:, 0] + offset - y_Nx1[200:, 0]) ** 2)
    assert float(error_of_line(train, test)) == pytest.approx(expected, rel=1e-4)


def test_identity_modules_learn_the_best_line_on_the_very_points(context, quickly):
    """What is left of the error after the line's is subtracted is not the scatter of 1,024 test points."""
    with quickly():
        records = learn_tent((1,), ("identity", "relu"), (0, 1), 300, context)
    of_line = records.values("error_above_best_line", nonlinearity="identity", selected=(True, False))
    assert len(of_line) == 2, "a stack of identities has one learning rate"
    assert np.abs(of_line).max() < 0.02
    assert np.abs(records.values("relative_squared_error", nonlinearity="identity") - 1).max() < 0.2
