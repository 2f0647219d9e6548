"""Feed-forward flow and ranking by class on functions whose answer is known, with planted violations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.fig2_inside_convnet.properties import changes_by_layer, gradient_change, negate, ranking_by_class

pytestmark = pytest.mark.usefixtures("quick_to_compile")

# Feed-forward flow.

WEIGHTS = {name: {"w": jnp.full((1, 1), w)} for name, w in (("layer_1", 2.0), ("layer_2", 3.0), ("layer_3", 5.0))}


def chain(params):
    """y_l = w_l y_(l-1) with y_0 = 1."""
    y_1 = params["layer_1"]["w"]
    y_2 = params["layer_2"]["w"] * y_1
    return y_1, y_2, params["layer_3"]["w"] * y_2


def test_a_negated_weight_negates_all_outputs_above_it_and_none_below():
    """From y to -y the relative change is 2."""
    np.testing.assert_array_equal(changes_by_layer(chain, WEIGHTS), [[2, 2, 2], [0, 2, 2], [0, 0, 2]])


def test_an_influence_from_above_is_detected():
    """y_1 = w_1 + w_3 / 1000 = 2.005: negating w_3 changes it by 0.01."""

    def with_feedback(params):
        return chain(params | {"layer_1": {"w": params["layer_1"]["w"] + 1e-3 * params["layer_3"]["w"]}})

    change_LxL = changes_by_layer(with_feedback, WEIGHTS)
    assert change_LxL[2, 0] == pytest.approx(0.01 / 2.005, rel=1e-3)
    assert change_LxL[1, 0] == 0


def test_a_connection_that_skips_a_layer_is_detected():
    """y_3 = w_3 y_1 does not depend on layer 2."""

    def skipping(params):
        y_1, y_2, _ = chain(params)
        return y_1, y_2, params["layer_3"]["w"] * y_1

    np.testing.assert_array_equal(changes_by_layer(skipping, WEIGHTS), [[2, 2, 2], [0, 2, 0], [0, 0, 2]])


def test_in_a_convolutional_net_changes_go_up_only():
    model = convnet((Stage(6, 5, 2), Stage(5, 3, 2), Stage(4, 3, 1)), (7,), 3, NONLINEARITIES["relu"])
    x = jax.random.normal(jax.random.key(1), (3, 16, 16, 2))
    params = jax.jit(model.init)(jax.random.key(0), x)
    change_LxL = jax.jit(lambda params: changes_by_layer(lambda p: model.layers(p, x), params))(params)
    assert change_LxL.shape == (5, 5)
    np.testing.assert_array_equal(np.tril(change_LxL, -1), 0.0)
    assert np.all(np.triu(change_LxL)[np.triu_indices(5)] > 1e-3)


def test_negated_layers_have_negated_weights_and_biases():
    layer = {"w": jnp.array([[1.0, -2.0]]), "b": jnp.array([3.0, 0.0])}
    negated = negate({"a": layer, "b": layer}, ["b"])
    assert set(negated) == {"b"}
    np.testing.assert_array_equal(negated["b"]["w"], [[-1.0, 2.0]])
    np.testing.assert_array_equal(negated["b"]["b"], [-3.0, 0.0])


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (lambda w_1, w_2: w_1 * w_2, 1.0),  # the gradient w_2 becomes -w_2
        (lambda w_1, w_2: w_1 + w_2, 0.0),  # the gradient does not depend on w_2
        (lambda w_1, w_2: w_1 * (w_2 + 6.0), 0.5),  # 9 becomes 3: 6 over 12
    ],
)
def test_change_of_the_lowest_gradient_by_hand(loss, expected):
    params = {name: WEIGHTS[name] for name in ("layer_1", "layer_2")}
    change = gradient_change(lambda p: jnp.sum(loss(p["layer_1"]["w"], p["layer_2"]["w"])), params)
    assert float(change) == pytest.approx(expected)


# Ranking of the classes.


def test_ranking_agrees_with_scikit_learn():
    generator = np.random.default_rng(0)
    scores, labels = np.round(generator.normal(size=(200, 3)), 1), generator.integers(0, 3, 200)
    expected = [roc_auc_score(labels == c, scores[:, c]) for c in range(3)]
    auc_C = ranking_by_class(jnp.asarray(scores, jnp.float32), jnp.asarray(labels))
    np.testing.assert_allclose(auc_C, expected, atol=1e-5)


def test_ranking_by_hand():
    """Images of class 0 score 3 and 1, the others 2 and 1: pairs 3>2, 3>1, 1<2 and 1=1 make 2.5 of 4."""
    scores_Nx2 = jnp.array([[3.0, 0.0], [1.0, 0.0], [2.0, 0.0], [1.0, 0.0]])
    np.testing.assert_allclose(ranking_by_class(scores_Nx2, jnp.array([0, 0, 1, 1])), [2.5 / 4, 0.5])


def test_ranking_of_perfect_reversed_and_missing_classes():
    label_N = jnp.arange(10) % 2
    scores_NxC = jnp.stack([1.0 - label_N, 1.0 - label_N, 0.0 * label_N], 1)
    auc_C = ranking_by_class(scores_NxC, label_N)
    np.testing.assert_allclose(auc_C[:2], [1.0, 0.0])
    assert np.isnan(auc_C[2])


def test_scores_that_are_exchanged_between_classes_are_detected():
    """Every image has the highest score for the next class: no class ranks its own images first."""
    label_N = jnp.arange(9) % 3
    scores_NxC = jax.nn.one_hot((label_N + 1) % 3, 3)
    assert np.all(ranking_by_class(scores_NxC, label_N) < 0.5)
