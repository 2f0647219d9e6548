"""Stacks of many layers: the scale of plain ones, and whether twelve layers learn with and without skip connections."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import local_context
from experiments.depth_5_to_20.plain_stack import plain_stack
from experiments.depth_5_to_20.stacks import LEARNING_RATES, REMEDIES, STANDARD, train_stacks


def test_a_plain_stack_shrinks_its_signal_by_the_standard_scale_at_every_layer():
    """A rectifier halves the mean square of z, which is STANDARD^2 times that of the layer below."""
    x_BxD = jax.random.normal(jax.random.key(1), (64, 50))
    model = plain_stack(5, 1000, 10, NONLINEARITIES["relu"], STANDARD, skip=REMEDIES["none"])
    layers = model.layers(model.init(jax.random.key(0), x_BxD), x_BxD)[:-1]
    square_L = np.array([jnp.mean(h_BxW**2) for h_BxW in layers])
    np.testing.assert_allclose(square_L[1:] / square_L[:-1], STANDARD**2 / 2, rtol=0.15)


def blobs(seed):
    """Ten clusters that a linear classifier separates."""
    generator = np.random.default_rng(seed)
    y_N = np.arange(200, dtype=np.int32) % 10
    return Examples((3 * np.eye(10)[y_N] + 0.3 * generator.normal(size=(200, 10))).astype(np.float32), y_N)


@pytest.fixture(scope="module")
def trained(quickly):
    splits = Splits(*map(blobs, range(3)))
    with quickly():
        return train_stacks(splits, (2, 12), ("logistic", "relu"), (0,), 150, local_context(1))


def best(records, **axes):
    """Test accuracy with the better learning rate."""
    return max(records.values("test_accuracy", **axes))


def test_records_have_a_row_for_every_depth_remedy_nonlinearity_and_rate(trained):
    rows = trained.where(metric="test_accuracy").rows
    points = {(row["depth"], row["remedy"], row["nonlinearity"], row["learning_rate"]) for row in rows}
    assert len(rows) == len(points) == 2 * len(REMEDIES) * 2 * len(LEARNING_RATES)


def test_twelve_plain_layers_learn_nothing_and_two_do(trained):
    for name in ("logistic", "relu"):
        assert best(trained, depth=12, remedy="none", nonlinearity=name) < 0.3
    assert best(trained, depth=2, remedy="none", nonlinearity="relu") > 0.9


@pytest.mark.parametrize("nonlinearity", ["relu", "logistic"])
def test_twelve_layers_learn_with_skip_connections(trained, nonlinearity):
    assert best(trained, depth=12, remedy="skip", nonlinearity=nonlinearity) > 0.8
