"""The rule that stops a training, how much it leaves, and the windows of a training whose losses are known."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.data.dataset import Examples
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.models.linear import linear
from dl_jax.training.context import local_context
from dl_jax.training.losses import half_squared_error
from dl_jax.training.step import Learner
from experiments.stochastic_gradient.until_flat import FLAT, left_to_fall, losses_by_window, stopping_window


@pytest.mark.parametrize(
    ("loss_W", "stop"),
    [
        ([1.0, 0.5, 0.5 - FLAT, 0.1], 2),
        ([1.0, 1.1], 1),
        ([1.0, 0.5, 0.2], None),
        ([1.0, np.nan], 1),
    ],
)
def test_the_rule_stops_at_the_first_window_that_falls_too_little_or_is_not_finite(loss_W, stop):
    assert stopping_window(2.0, np.array(loss_W)) == stop


@pytest.mark.parametrize(("stop", "left"), [(0, 0.9 / 1.9), (1, 0.4 / 1.9), (2, 1.0), (None, 1.0)])
def test_what_is_left_is_relative_to_the_whole_fall_and_a_late_stop_leaves_all(stop, left):
    loss_W = [1.0, 0.5, 0.2, 0.1]
    metrics = {"initial_loss": 2.0, "window_loss": named(loss_W, window=range(4))}
    records = Records.gather(measured(metrics, seed=seed) for seed in (0, 1))
    assert left_to_fall(lambda initial_loss, loss_W: stop)(records) == pytest.approx([left, left])


def test_windows_hold_the_mean_losses_of_their_steps():
    """With one example x = 1, y = 0 the output w + b falls by the factor 1 - 2 * rate at each step."""
    train = Examples(jnp.ones((1, 1)), jnp.zeros((1, 1)))
    learner = Learner(linear(1), half_squared_error, optax.sgd(0.1))
    records = losses_by_window(3, learner, train, batch_size=1, window=2, windows=3, context=local_context(1))
    initial = records.values("initial_loss", seed=3)[0]
    loss_T = initial * (1 - 2 * 0.1) ** (2 * np.arange(6))
    np.testing.assert_allclose(records.values("window_loss"), loss_T.reshape(3, 2).mean(1), rtol=1e-4)
    assert records.axis("window") == (0, 1, 2)
