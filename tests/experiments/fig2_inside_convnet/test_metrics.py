"""Figure 2's metrics of a net made by hand, whose answers are known, and of planted violations."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import Records, measured
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import cross_entropy
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from experiments.fig2_inside_convnet.first_filters import evaluate_filters
from experiments.fig2_inside_convnet.metrics import evaluate, facts

pytestmark = pytest.mark.usefixtures("quick_to_compile")

NET = (Stage(2, 7, 2),)
SHOWN = jnp.zeros((1, 8, 8, 1)).at[0, 2:4, 2:4, 0].set(1.0)
"""A square of four pixels, in one pooling window of the upper half."""


def delta(sign):
    return jnp.zeros((7, 7)).at[3, 3].set(sign)


def gabor():
    x, y = np.meshgrid(np.arange(7) - 3.0, np.arange(7) - 3.0)
    envelope = np.exp(-(x**2 + y**2) / (2 * 1.6**2))
    wave = np.cos(2 * np.pi * 0.2 * (0.8 * x + 0.6 * y) + 0.4)
    return jnp.asarray(envelope * (wave - (envelope * wave).sum() / envelope.sum()), jnp.float32)


def params(first=None, second=None, scores=2, exchanged=False):
    """Map 1 is the image, map 2 its negative. Score 0 is the sum of the upper half of map 1, score 1 of the lower.

    exchanged: the two scores are exchanged. Of more than two scores, the others are 0.
    """
    filters = [delta(1.0) if first is None else first, delta(-1.0) if second is None else second]
    half_4x4x2xC = jnp.zeros((4, 4, 2, scores)).at[:2, :, 0, 0].set(1.0).at[2:, :, 0, 1].set(1.0)
    if exchanged:
        half_4x4x2xC = half_4x4x2xC.at[..., :2].set(half_4x4x2xC[..., 1::-1])
    return {
        "conv_01": {"w": jnp.stack(filters, -1)[:, :, None], "b": jnp.zeros(2)},
        "layer_01": {"w": half_4x4x2xC.reshape(-1, scores), "b": jnp.zeros(scores)},
    }


def splits():
    """Positive images, brighter in the upper half (class 0) or in the lower half (class 1), as many of each."""
    x_Nx8x8x1 = jax.random.uniform(jax.random.key(0), (24, 8, 8, 1), minval=0.1, maxval=1.0)
    y_N = jnp.arange(24) % 2
    upper_8 = jnp.arange(8) < 4
    x_Nx8x8x1 += jnp.where(upper_8[None] == (y_N == 0)[:, None], 2.0, 0.0)[:, :, None, None]
    return Splits(*(Examples(x_Nx8x8x1[part], y_N[part]) for part in (slice(8), slice(8, 12), slice(12, None))))


def run_of(trained, untrained=None) -> Run:
    """A net as it is evaluated."""
    scores = trained["layer_01"]["w"].shape[1]
    learner = Learner(convnet(NET, (), scores, NONLINEARITIES["relu"]), cross_entropy, optax.sgd(1.0))
    return Run(learner, untrained or trained, trained, splits(), None, None)


def metrics(trained, untrained=None) -> Records:
    """The records of a net."""
    run = run_of(trained, untrained)
    classes = [f"class {number}" for number in range(trained["layer_01"]["w"].shape[1])]
    return measured(jax.jit(lambda: evaluate(NET, SHOWN, classes, run))())


def filter_metrics(trained, untrained) -> Records:
    """The records of a net's first filters."""
    run = run_of(trained, untrained)
    return measured(jax.jit(lambda: evaluate_filters(run))())


def value(records, metric, **axes):
    (found,) = records.values(metric, **axes)
    return found


@pytest.fixture(scope="module")
def known():
    """Metrics of the net made by hand; untrained, its two scores are exchanged."""
    return metrics(params(), params(exchanged=True))


def test_maps_are_the_image_and_nothing(known):
    """The negative of a positive image is rectified to 0; the maxima of the one bright window are 1."""
    convolution_8x8x2 = known.array("maps", module="convolution 1").values
    pooling_4x4x2 = known.array("maps", module="pooling 1").values
    np.testing.assert_array_equal(convolution_8x8x2[..., 0], SHOWN[0, :, :, 0])
    np.testing.assert_array_equal(pooling_4x4x2[..., 0], jnp.zeros((4, 4)).at[1, 1].set(1.0))
    assert not np.any(convolution_8x8x2[..., 1])
    assert not np.any(pooling_4x4x2[..., 1])


def test_scores_of_the_image(known):
    np.testing.assert_allclose(known.values("score"), [1.0, 0.0])


def test_half_of_the_outputs_are_0_and_none_is_negative(known):
    np.testing.assert_allclose(known.values("zero_share", nonlinearity="relu"), [0.5, 0.5])
    assert value(known, "negative_share", nonlinearity="relu") == 0


def test_other_nonlinearities_are_detected(known):
    """Without rectification one of the two maps is negative everywhere; a softplus is never 0."""
    assert value(known, "negative_share", nonlinearity="tanh") == 0.5
    np.testing.assert_array_equal(known.values("zero_share", nonlinearity="softplus"), [0.0, 0.0])


def test_shifts_by_a_window_are_exact_and_by_a_pixel_only_below_the_pooling(known):
    """One bright window becomes four partly bright ones: three of them differ, sqrt(3) relative to the map."""
    np.testing.assert_array_equal(known.values("shift_difference", shift="whole units", weights="shared"), [0.0, 0.0])
    np.testing.assert_allclose(known.values("shift_difference", shift="one pixel"), [0.0, np.sqrt(3)], rtol=1e-6)
    assert known.values("shift_difference", weights="not shared")[0] > 0.5


def test_changes_go_up_only(known):
    """The head is linear in the rectified maps: with the filters negated, map 2 is the image and all scores are 0."""
    assert value(known, "output_change", layers="below") == 0
    assert value(known, "output_change", layers="above") == pytest.approx(1.0)
    assert value(known, "gradient_change") > 0.1


def test_correct_scores_and_exchanged_ones(known):
    """All test images are classified correctly; half of them are of each class, so that chance is 1/2."""
    assert value(known, "test_accuracy") == 1.0
    for state, accuracy in (("trained", 0.5), ("untrained", -0.5)):
        assert value(known, "accuracy_above_chance", state=state) == pytest.approx(accuracy)
    for scores, auc in (("of the class", 1.0), ("of the next class", 0.0)):
        assert value(known, "least_class_auc", scores=scores) == pytest.approx(auc)


def test_scores_follow_from_the_last_maps_of_the_same_image_only(known):
    assert value(known, "score_difference_from_top_maps", source="the picture") == 0
    assert value(known, "score_difference_from_top_maps", source="another picture") > 1


@pytest.mark.parametrize("scores", [2, 3])
def test_scores_and_maps_are_counted_without_a_seed(scores):
    """The last module has 4 x 4 x 2 outputs, and the labels are of two categories."""
    model = convnet(NET, (), scores, NONLINEARITIES["relu"])
    found = facts(NET, model, SHOWN, np.array([0, 1, 1]))
    assert value(found, "outputs_minus_categories", output="scores") == scores - 2
    assert value(found, "outputs_minus_categories", output="top maps") == 30
    assert not found.axis("seed")


def test_only_oriented_filters_are_edge_detectors():
    """The trained net has a Gabor and a single pixel; the untrained one only single pixels."""
    found = filter_metrics(params(first=gabor()), params())
    np.testing.assert_array_equal(found.values("orientation_ratio", state="trained") > 1, [True, False])
    assert np.all(found.values("orientation_ratio", state="untrained") < 1)
    filters_7x7x1x2 = found.array("first_filters", state="untrained").values
    np.testing.assert_array_equal(np.moveaxis(filters_7x7x1x2[:, :, 0], -1, 0), [delta(1.0), delta(-1.0)])


def test_accuracy_of_filters_is_that_above_chance():
    found = filter_metrics(params(), params(exchanged=True))
    assert value(found, "filters_accuracy", state="trained") == pytest.approx(0.5)
    assert value(found, "filters_accuracy", state="untrained") == pytest.approx(-0.5)
