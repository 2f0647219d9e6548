"""Metrics around the weights of linear models, whose loss is a quadratic with known slopes and curvatures."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.data.by_seed import as_by_seed
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import measured
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import half_squared_error
from dl_jax.training.step import Learner
from experiments.objective_and_gradient.small_steps import (
    AMONG,
    CHANGES,
    DERIVATIVES,
    JUMP_CHANGES,
    LENGTHS,
    PARAMETER_KINDS,
    PARAMETERS,
    SPACING,
    TINY,
    UNTRAINED_LAYERS,
    WAYS,
    of_derivatives,
    of_parameters,
    of_steps,
    of_weights,
    small_steps,
)

GENERATOR = np.random.default_rng(0)
X_NxD, Y_Nx1 = GENERATOR.normal(size=(20, 3)), GENERATOR.normal(size=(20, 1))
WITH_1_NxP = np.concatenate([np.ones((20, 1)), X_NxD], 1)
"""The bias comes first in the vector of parameters."""
LEARNER = Learner(linear(1), half_squared_error, optax.sgd(0.1))
PARAMS = {"layer_01": {"w": np.array([[0.5], [-1.0], [2.0]]), "b": np.array([0.3])}}
W_P = np.array([0.3, 0.5, -1.0, 2.0])
HESSIAN_PxP = WITH_1_NxP.T @ WITH_1_NxP / 20
GRADIENT_P = WITH_1_NxP.T @ (WITH_1_NxP @ W_P - Y_Nx1[:, 0]) / 20

pytestmark = pytest.mark.usefixtures("quick_to_compile")


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def examples():
    return Examples(jnp.asarray(X_NxD), jnp.asarray(Y_Nx1))


def test_the_error_of_a_derivative_is_half_the_curvature_times_the_change():
    error_DxT = np.asarray(of_derivatives(LEARNER, PARAMS, examples()))
    assert error_DxT.shape == (len(DERIVATIVES), len(CHANGES))
    for at, change in enumerate(CHANGES):
        curved_P = 0.5 * change * np.diag(HESSIAN_PxP)
        largest = np.max(np.abs(GRADIENT_P + curved_P))
        assert error_DxT[0, at] == pytest.approx(np.max(np.abs(curved_P)) / largest, rel=1e-3, abs=1e-7)
        next_P = np.roll(GRADIENT_P, 1) - GRADIENT_P - curved_P
        assert error_DxT[1, at] == pytest.approx(np.max(np.abs(next_P)) / largest, rel=1e-6)
    half_P = WITH_1_NxP[::2].T @ (WITH_1_NxP[::2] @ W_P - Y_Nx1[::2, 0]) / 10
    expected = np.max(np.abs(half_P - GRADIENT_P)) / np.max(np.abs(GRADIENT_P))
    assert error_DxT[2, 0] == pytest.approx(expected, rel=1e-5)


def test_scores_jump_by_the_largest_input_times_the_change_or_the_spacing():
    key = jax.random.key(3)
    jump_KxT = np.asarray(of_parameters(LEARNER, PARAMS, examples(), key))
    assert jump_KxT.shape == (len(PARAMETER_KINDS), len(JUMP_CHANGES))
    index_K = np.asarray(jax.random.randint(key, (PARAMETERS,), 0, 4))
    largest = np.max(np.abs(WITH_1_NxP[:16, index_K]))
    np.testing.assert_allclose(jump_KxT[0], largest * np.array(JUMP_CHANGES), rtol=1e-9)
    np.testing.assert_allclose(jump_KxT[1], largest * SPACING, rtol=1e-9)


def change(direction_NxP, length):
    """The change of the loss by steps of this length."""
    curvature_N = np.einsum("np,pq,nq->n", direction_NxP, HESSIAN_PxP, direction_NxP)
    return length * direction_NxP @ GRADIENT_P + 0.5 * length**2 * curvature_N


def test_slopes_of_steps_are_those_of_the_quadratic_and_no_tiny_step_is_better_than_the_gradient():
    slope_WxT, count_AxR, share_T = jax.tree.map(
        np.asarray, of_steps(LEARNER, PARAMS, examples(), jax.random.key(0), directions=300)
    )
    size = np.linalg.norm(GRADIENT_P)
    along_P = GRADIENT_P / size
    for at, length in enumerate((TINY, *LENGTHS)):
        for way, direction_P in (("against", -along_P), ("along", along_P)):
            expected = change(direction_P[None], length)[0] / (length * size)
            assert slope_WxT[WAYS.index(way), at] == pytest.approx(expected, rel=1e-6)
    assert slope_WxT[WAYS.index("across"), 0] == pytest.approx(0, abs=1e-5)
    assert count_AxR.shape == (len(AMONG), 2)
    assert count_AxR[:, 0].tolist() == [0, 0]
    assert count_AxR[:, 1].min() > 0
    direction_NxP = GENERATOR.normal(size=(20_000, 4))
    direction_NxP /= np.linalg.norm(direction_NxP, axis=1, keepdims=True)
    for length, share in zip(LENGTHS, share_T, strict=True):
        better = np.mean(change(direction_NxP, length) < change(-along_P[None], length))
        assert share == pytest.approx(better, abs=0.05)
    assert share_T[0] == 0
    assert share_T[-1] > 0


def test_flax_agrees_with_all_trained_weights_and_not_with_an_untrained_layer():
    learner = Learner(mlp((2,), 1, NONLINEARITIES["identity"]), half_squared_error, optax.sgd(0.1))
    untrained, trained = (
        {
            "layer_01": {"w": scale * np.ones((3, 2)), "b": np.zeros(2)},
            "layer_02": {"w": scale * np.ones((2, 1)), "b": np.full(1, shift)},
        }
        for scale, shift in ((0.5, 0.0), (2.0, 1.0))
    )
    error_L = of_weights(learner, lambda z: z, {"untrained": untrained, "trained": trained}, examples())
    assert len(error_L) == len(UNTRAINED_LAYERS)
    sum_N = X_NxD.sum(1)
    trained_N = 8 * sum_N + 1
    expected = [np.max(np.abs(other_N - trained_N)) for other_N in (2 * sum_N + 1, 2 * sum_N)]
    np.testing.assert_allclose(error_L, [0, *np.array(expected) / np.max(np.abs(trained_N))], atol=1e-12)


def test_all_metrics_have_their_axes():
    train = Examples(GENERATOR.normal(size=(140, 3)), GENERATOR.integers(0, 2, 140).astype(np.int32))
    data = as_by_seed(Splits(train, train, train))
    units = ("relu", "tanh")
    records = measured(small_steps(jax.random.key(0), (2,), units, data, classes=2, directions=5))
    nets = len(units) * 2
    counts = {
        "flax_error": len(units) * len(UNTRAINED_LAYERS),
        "largest_jump": nets * len(PARAMETER_KINDS) * len(JUMP_CHANGES),
        "derivative_error": nets * len(DERIVATIVES) * len(CHANGES),
        "slope": nets * len(WAYS) * (1 + len(LENGTHS)),
        "better_directions": nets * len(AMONG) * 2,
        "share_better": nets * len(LENGTHS),
    }
    assert {name: len(records.values(name)) for name in counts} == counts
    assert np.max(records.values("flax_error", untrained_layer="none")) < 1e-9
    assert np.max(records.values("derivative_error", derivative="own", change=CHANGES[0])) < 1e-4
    tiny = records.values("slope", way="against", length=TINY)
    np.testing.assert_allclose(tiny, -1, atol=1e-3)
    assert np.max(records.values("better_directions", reference="negative gradient")) == 0
