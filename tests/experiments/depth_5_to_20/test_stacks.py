"""Stacks with each remedy: what it does to the layers before training, and whether twelve layers then learn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import local_context
from experiments.depth_5_to_20.stacks import LEARNING_RATES, REMEDIES, STANDARD, stack, train_stacks

KEY, DEPTH, WIDTH = jax.random.key(0), 5, 1000
X = jax.random.normal(jax.random.key(1), (64, 50))


def mean_squares(remedy, nonlinearity="relu"):
    """Mean square of every layer of an untrained wide stack, relative to the layer before."""
    model = stack(DEPTH, WIDTH, 10, NONLINEARITIES[nonlinearity], REMEDIES[remedy])
    layers = model.layers(model.init(KEY, X), X)[:-1]
    square_L = np.array([jnp.mean(h_BxW**2) for h_BxW in layers])
    return square_L, square_L[1:] / square_L[:-1]


def test_a_plain_stack_shrinks_its_signal_by_the_standard_scale_at_every_layer():
    """A rectifier halves the mean square of z, which is STANDARD^2 times that of the layer below."""
    _, ratio_L = mean_squares("none")
    np.testing.assert_allclose(ratio_L, STANDARD**2 / 2, rtol=0.15)


def test_variance_preserving_weights_keep_the_size_of_the_signal_of_rectifiers():
    _, ratio_L = mean_squares("variance_preserving")
    np.testing.assert_allclose(ratio_L, 1.0, rtol=0.15)


def test_layer_normalization_gives_every_layer_total_inputs_of_variance_1():
    square_L, _ = mean_squares("layer_norm")
    np.testing.assert_allclose(square_L, 0.5, rtol=0.15)
    square_L, _ = mean_squares("layer_norm", "identity")
    np.testing.assert_allclose(square_L, 1.0, rtol=1e-3)


def test_skip_connections_add_the_layer_below():
    model = stack(DEPTH, WIDTH, 10, NONLINEARITIES["tanh"], REMEDIES["skip"])
    params = model.init(KEY, X)
    params["layers"] = jax.tree.map(jnp.zeros_like, params["layers"])
    first_BxW = X @ params["first"]["w"]
    for h_BxW in model.layers(params, X)[:-1]:
        np.testing.assert_allclose(h_BxW, first_BxW, rtol=1e-6)


@pytest.mark.parametrize("remedy", ["none", "layer_norm", "skip"])
def test_only_the_remedy_of_the_weights_changes_their_scale(remedy):
    w_LxWxW = stack(2, WIDTH, 10, NONLINEARITIES["tanh"], REMEDIES[remedy]).init(KEY, X)["layers"]["w"]
    assert np.std(w_LxWxW) * WIDTH**0.5 == pytest.approx(STANDARD, rel=0.01)


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


@pytest.mark.parametrize(
    ("remedy", "nonlinearity"),
    [("variance_preserving", "relu"), ("layer_norm", "relu"), ("skip", "relu"), ("skip", "logistic")],
)
def test_twelve_layers_learn_with_the_remedy(trained, remedy, nonlinearity):
    assert best(trained, depth=12, remedy=remedy, nonlinearity=nonlinearity) > 0.8


def test_layer_normalization_does_not_help_deep_logistic_units(trained):
    assert best(trained, depth=12, remedy="layer_norm", nonlinearity="logistic") < 0.5
