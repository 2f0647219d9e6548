"""The variance, the bounds and the orthogonality of the weights that each rule draws."""

import jax
import numpy as np
import pytest

from dl_jax.models.initializers import INITIALIZERS, orthogonal, scaled_normal, weight_variance

pytestmark = pytest.mark.usefixtures("strict_types", "quick_to_compile")

SHAPE, GAIN = (300, 200), 1.7
VARIANCE = {
    "variance_preserving": GAIN**2 / 300,
    "lecun": 1 / 300,
    "he": 2 / 300,
    "glorot": 2 / 500,
    "torch_default": 1 / 900,
    "orthogonal": GAIN**2 / 300,
}
BOUND = {"glorot": (6 / 500) ** 0.5, "torch_default": 300**-0.5}


def test_every_rule_has_an_expected_variance():
    assert set(VARIANCE) == set(INITIALIZERS)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_mean_and_variance_match_the_rule(name):
    w = np.asarray(INITIALIZERS[name](jax.random.key(0), SHAPE, GAIN), float)
    assert w.shape == SHAPE
    # Five standard errors for n = 60,000 draws: sd / sqrt(n) of the mean, sqrt(2 / n) of the relative variance.
    assert abs(w.mean()) < 5 * (VARIANCE[name] / w.size) ** 0.5
    assert w.var() == pytest.approx(VARIANCE[name], rel=5 * (2 / w.size) ** 0.5)


@pytest.mark.parametrize("name", BOUND)
def test_uniform_rules_fill_exactly_their_interval(name):
    w = np.asarray(INITIALIZERS[name](jax.random.key(0), SHAPE, GAIN))
    assert 0.999 * BOUND[name] < np.abs(w).max() <= BOUND[name] * (1 + 1e-6)
    assert np.mean(np.abs(w) < BOUND[name] / 2) == pytest.approx(0.5, abs=0.011)  # five standard errors


@pytest.mark.parametrize("name", ["variance_preserving", "lecun", "he"])
def test_normal_rules_have_normal_tails(name):
    w = np.asarray(INITIALIZERS[name](jax.random.key(0), SHAPE, GAIN)) / VARIANCE[name] ** 0.5
    assert np.mean(np.abs(w) < 1) == pytest.approx(0.6827, abs=0.01)
    assert np.abs(w).max() > 3.5


@pytest.mark.parametrize("shape", [(30, 30), (30, 12), (12, 30), (1, 5)])
def test_orthogonal_weights_have_orthogonal_rows_or_columns(shape):
    w = np.asarray(orthogonal(jax.random.key(1), shape, GAIN))
    rank, gram = min(shape), (w @ w.T if shape[0] <= shape[1] else w.T @ w)
    np.testing.assert_allclose(gram, GAIN**2 * np.eye(rank), atol=2e-5)


def test_the_scale_of_scaled_normal_may_be_traced():
    def draw(scale):
        return scaled_normal(scale)(jax.random.key(0), SHAPE, GAIN)

    lecun = INITIALIZERS["lecun"](jax.random.key(0), SHAPE, GAIN)
    np.testing.assert_allclose(jax.jit(draw)(np.float32(0.25)), 0.25 * lecun, rtol=1e-6)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_weights_depend_on_the_key_alone(name):
    draws = [np.asarray(INITIALIZERS[name](jax.random.key(seed), (5, 4), 1.0)) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.allclose(draws[0], draws[2])


@pytest.mark.parametrize("name", INITIALIZERS)
def test_weight_variance_is_the_variance_of_the_draws(name):
    w = np.asarray(INITIALIZERS[name](jax.random.key(2), (250, 250), GAIN), float)
    assert weight_variance(name, GAIN) == pytest.approx(250 * w.var(), rel=5 * (2 / w.size) ** 0.5)
