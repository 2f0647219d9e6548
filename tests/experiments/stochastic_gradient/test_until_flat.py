"""The rule that stops a training, how much it leaves, and the windows of a training whose losses are known."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.data.by_seed import as_by_seed
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.models.linear import linear
from dl_jax.training.context import local_context
from dl_jax.training.losses import half_squared_error
from dl_jax.training.step import Learner
from experiments.stochastic_gradient.until_flat import (
    FLAT,
    falls_in_second_half,
    left_after_first_rise,
    left_to_fall,
    losses_by_window,
    stopping_window,
)


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


def planted(loss_W, first_rise=0):
    metrics = {"initial_loss": 2.0, "window_loss": named(loss_W, window=range(len(loss_W)))}
    return Records.gather(measured(metrics | {"window_of_first_rise": first_rise}, seed=seed) for seed in (0, 1))


@pytest.mark.parametrize(
    ("loss_W", "left"),
    [
        ([1.0, 0.995, 0.5, 0.1], 0.895 / 1.9),
        ([1.0, 0.5, 0.495, 0.1], 1.0),
        ([1.0, 0.5, 0.2, 0.1], 1.0),
    ],
)
def test_what_is_left_is_relative_to_the_whole_fall_and_a_late_stop_leaves_all(loss_W, left):
    assert left_to_fall(planted(loss_W)) == pytest.approx([left, left])


def test_without_an_average_training_stops_at_the_first_rise():
    assert left_after_first_rise(planted([1.0, 0.5, 0.2, 0.1], 1)) == pytest.approx([0.4 / 1.9] * 2)


def test_the_fall_in_the_second_half_is_in_proportion():
    assert falls_in_second_half(planted([1.0, 0.5, 0.2, 0.1])) == pytest.approx([0.8, 0.8])


def test_windows_hold_the_mean_losses_of_their_steps():
    """With one example x = 1, y = 0 the output w + b falls by the factor 1 - 2 * rate at each step."""
    train = Examples(jnp.ones((1, 1)), jnp.zeros((1, 1)))
    learner = Learner(linear(1), half_squared_error, optax.sgd(0.1))
    records = losses_by_window(
        3, learner, as_by_seed(Splits(train, train, train)), batch_size=1, window=2, windows=3, context=local_context(1)
    )
    initial = records.values("initial_loss", seed=3)[0]
    loss_T = initial * (1 - 2 * 0.1) ** (2 * np.arange(6))
    np.testing.assert_allclose(records.values("window_loss"), loss_T.reshape(3, 2).mean(1), rtol=1e-4)
    assert records.axis("window") == (0, 1, 2)
    assert records.values("window_of_first_rise") == [0]
