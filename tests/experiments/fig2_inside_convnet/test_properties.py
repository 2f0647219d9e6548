"""What must be exact is exact, and what breaks it is found: shifts, flow upwards, ranking by class."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dl_jax.measures.receptive_fields import fields, modules_of
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.feature_maps import feature_maps, module_names
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.fig2_inside_convnet.properties import (
    changed,
    dealt,
    gradient_changed,
    ranking_by_class,
    unlike_shifted,
)

pytestmark = pytest.mark.usefixtures("quick_to_compile")

KEY = jax.random.key(0)
STAGES = (Stage(6, 5, 2), Stage(5, 3, 2), Stage(4, 3, 1))
X = jax.random.normal(jax.random.key(1), (3, 16, 16, 2))
RELU = NONLINEARITIES["relu"]
MODEL = convnet(STAGES, (7,), 3, RELU)


@pytest.fixture(scope="module")
def params():
    return jax.jit(MODEL.init)(KEY, X)


def missed(params, by, **options):
    formula = fields(modules_of(STAGES, 16)[0])
    jumps_L, reach = [field.jump for field in formula], formula[-1].side
    return jax.jit(
        lambda params: unlike_shifted(
            lambda x: feature_maps(STAGES, RELU, params, x), X[0], by, jumps_L, reach, **options
        )
    )(params)


def test_the_modules_have_names():
    assert module_names(STAGES) == ("convolution 1", "pooling 1", "convolution 2", "pooling 2", "convolution 3")


@pytest.mark.parametrize("by", [4, 8])
def test_maps_follow_a_shift_by_whole_places(params, by):
    assert np.all(missed(params, by) < 1e-5)


def test_after_pooling_they_do_not_follow_one_pixel(params):
    miss_L = missed(params, 1)
    assert miss_L[0] < 1e-5
    assert np.all(miss_L[1:] > 0.1)


def test_without_shared_weights_they_do_not_follow(params):
    assert np.all(missed(params, 4, seen=dealt) > 0.5)


def test_dealing_keeps_what_is_there_at_every_place():
    y = jax.random.normal(KEY, (4, 5, 6))
    np.testing.assert_array_equal(np.sort(dealt(y), -1), np.sort(y, -1))
    assert not np.array_equal(dealt(y), y)


def test_a_change_is_seen_above_it_and_nowhere_below(params):
    change_LxL = jax.jit(lambda params: changed(lambda p: MODEL.layers(p, X), params))(params)
    assert change_LxL.shape == (5, 5)
    np.testing.assert_array_equal(np.tril(change_LxL, -1), 0.0)
    assert np.all(np.triu(change_LxL)[np.triu_indices(5)] > 1e-3)


def test_the_lowest_gradient_knows_the_weights_above():
    """Of a b the derivative by a is b, which turns round with b; of a + b it is 1 whatever b is."""
    params = {"one": {"w": jnp.ones((1, 1))}, "two": {"w": jnp.full((1, 1), 2.0)}}
    assert float(gradient_changed(lambda p: jnp.sum(p["one"]["w"] * p["two"]["w"]), params)) == pytest.approx(1.0)
    assert float(gradient_changed(lambda p: jnp.sum(p["one"]["w"] + p["two"]["w"]), params)) == 0.0


def test_ranking_is_the_area_under_the_curve():
    generator = np.random.default_rng(0)
    scores, labels = np.round(generator.normal(size=(200, 3)), 1), generator.integers(0, 3, 200)
    expected = [roc_auc_score(labels == c, scores[:, c]) for c in range(3)]
    np.testing.assert_allclose(
        ranking_by_class(jnp.asarray(scores, jnp.float32), jnp.asarray(labels)), expected, atol=1e-5
    )


def test_perfect_reversed_and_constant_scores():
    label_N = jnp.arange(10) % 2
    scores = jnp.stack([1.0 - label_N, 1.0 - label_N, 0.0 * label_N], 1)
    found = ranking_by_class(scores[:, :2], label_N)
    np.testing.assert_allclose(found, [1.0, 0.0])
    np.testing.assert_allclose(ranking_by_class(scores[:, 2:].repeat(2, 1), label_N), 0.5)
    assert np.isnan(ranking_by_class(scores, label_N)[2])
