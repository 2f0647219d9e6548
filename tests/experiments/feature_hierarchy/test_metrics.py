"""Metrics before and after training: of a net that training changes by construction, and of planted first filters."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import measured
from dl_jax.measures.orientation import grating
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.model import from_layers
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from experiments.feature_hierarchy.layer_probes import LAYERS, STAGES
from experiments.feature_hierarchy.metrics import (
    AXES,
    BLUR,
    STATES,
    evaluate_filters,
    evaluate_planted,
    measure_filters,
    measure_motifs,
)
from experiments.feature_hierarchy.planted_examples import draw_examples

pytestmark = pytest.mark.usefixtures("quick_to_compile")

KEY, SIDE, KERNEL = jax.random.key(0), 24, 7


def filters(oriented, count=20):
    """conv_01 with Gabors in `oriented` of its filters and blobs in the others."""
    offset = np.arange(KERNEL) - (KERNEL - 1) / 2
    blob_KxK = np.exp(-(offset[:, None] ** 2 + offset[None] ** 2) / (2 * 1.8**2))
    gabor_KxK = blob_KxK * grating(KERNEL, 0.2, 0.7).imag.reshape(KERNEL, KERNEL)
    w_KxKx1xM = np.stack([gabor_KxK] * oriented + [blob_KxK] * (count - oriented), -1)[:, :, None]
    return {"conv_01": {"w": jnp.asarray(w_KxKx1xM, jnp.float32)}}


def run_of(model, before, after, splits):
    return Run(Learner(model, cross_entropy, adam(0.001)), before, after, splits, SimpleNamespace(), KEY)


def test_the_share_of_planted_gabors_is_that_of_oriented_filters():
    for oriented in (0, 5, 20):
        measured_filters = measure_filters(filters(oriented))
        np.testing.assert_allclose(measured_filters["oriented_share"], oriented / 20)
        assert (measured_filters["orientation_score"] > 1) == (oriented > 3)  # 15 % of 20
    np.testing.assert_allclose(measure_filters(filters(20))["median_frequency"], 0.2, atol=0.04)


def test_filters_are_measured_before_and_after_and_the_accuracy_after():
    x_NxHxWx1, label_N = jnp.ones((6, KERNEL, KERNEL, 1)), jnp.array([0, 0, 0, 1, 1, 2])
    examples = Examples(x_NxHxWx1, label_N)
    model = from_layers(None, lambda params, x: (jnp.tile(jnp.array([[1.0, 0.0, 0.0]]), (len(x), 1)),))
    run = run_of(model, filters(0), filters(20), Splits(examples, examples, examples))
    records = measured(evaluate_filters(run))
    assert records.values("oriented_share", state="untrained") == 0.0
    assert records.values("oriented_share", state="trained") == 1.0
    assert records.axis("state") == ("trained", "untrained")
    np.testing.assert_allclose(records.values("test_accuracy", state="trained"), 0.5)
    assert not records.where(metric="test_accuracy", state="untrained").rows


def test_only_the_stage_with_a_product_needs_two_edges():
    """A net by construction: stage 2 is a product of two edges, every other layer the picture."""

    def layers(params, x):
        both = jnp.roll(x, 3, 2) * jnp.roll(x, -3, 1)
        return (x, both, x, x.reshape(len(x), -1), x.reshape(len(x), -1))

    motifs = jax.jit(lambda: measure_motifs(from_layers(None, layers), {}, SIDE, KEY))()
    np.testing.assert_array_equal(motifs["conjunctive_share"], [0.0, 1.0, 0.0])
    share_L = np.asarray(motifs["motif_variance_share"])
    assert share_L.shape == (len(LAYERS),)
    np.testing.assert_allclose(np.delete(share_L, LAYERS.index("stage 2")), share_L[0], rtol=1e-5)


@pytest.fixture(scope="module")
def planted(quickly):
    """Records of a small net whose weights do not change, and of the same net with other first filters."""
    stages = (Stage(3, 5), Stage(4, 3), Stage(5, 3))
    model = convnet(stages, (6,), 8, NONLINEARITIES["relu"])

    def evaluate(key, scale):
        examples = draw_examples(key, count=4, probes=64, side=SIDE)
        before = model.init(key, examples.train.x)
        after = before | {"conv_01": jax.tree.map(lambda w: scale * w[..., ::-1], before["conv_01"])}
        return evaluate_planted(SIDE, run_of(model, before, after, examples))

    with quickly():
        metrics = jax.jit(evaluate)(KEY, 2.0)
    return measured(metrics)


def test_all_metrics_have_both_states(planted):
    for name in (*AXES, "oriented_share", "orientation_score", "median_gabor"):
        for state in STATES:
            rows = [row for row in planted.where(metric=name, state=state).rows if row.get("layer") != BLUR]
            size = np.prod([len(labels) for labels in AXES.get(name, {}).values()], dtype=int)
            assert len(rows) == size, name


def test_what_the_first_filters_do_not_affect_stays(planted):
    """Stage 1 of the second net has the maps of the first in reverse order, twice as large."""
    for name in ("pixels_r2", "object_accuracy", "log_scatter_ratio", "motif_variance_share"):
        for layer in ("pixels", "stage 1"):
            before, after = (planted.values(name, state=state, layer=layer) for state in STATES)
            np.testing.assert_allclose(after, before, rtol=1e-3, atol=1e-3)
    before, after = (planted.values("orientation_score", state=state) for state in STATES)
    np.testing.assert_allclose(after, before, rtol=1e-4)
    before, after = (planted.values("motif_variance_share", state=state, layer="stage 2") for state in STATES)
    assert abs(after - before) > 1e-3


def test_a_linear_blur_has_no_conjunctive_maps(planted):
    assert planted.values("conjunctive_share", layer=BLUR) == 0.0
    assert 0 < planted.values("motif_variance_share", layer=BLUR)[0] < 1
    assert {row["layer"] for row in planted.where(metric="conjunctive_share").rows} == {*STAGES, BLUR}
