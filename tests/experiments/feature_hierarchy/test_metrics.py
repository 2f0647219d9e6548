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
from experiments.feature_hierarchy.layer_probes import AXES
from experiments.feature_hierarchy.metrics import (
    MOTIF_METRICS,
    SECOND_STAGES,
    STATES,
    evaluate_filters,
    evaluate_planted,
    measure_filters,
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


def test_the_median_filter_decides():
    scores = {oriented: float(measure_filters(filters(oriented))["orientation_score"]) for oriented in (0, 9, 11, 20)}
    assert max(scores[0], scores[9]) < 1 < min(scores[11], scores[20])


def test_filters_and_accuracy_are_measured_before_and_after():
    x_NxHxWx1, label_N = jnp.ones((6, KERNEL, KERNEL, 1)), jnp.array([0, 0, 0, 1, 1, 2])
    examples = Examples(x_NxHxWx1, label_N)
    model = from_layers(None, lambda params, x: (jnp.tile(jnp.array([[1.0, 0.0, 0.0]]), (len(x), 1)),))
    run = run_of(model, filters(0), filters(20), Splits(examples, examples, examples))
    records = measured(evaluate_filters(run))
    assert (
        records.values("orientation_score", state="untrained")
        < 1
        < records.values("orientation_score", state="trained")
    )
    np.testing.assert_allclose(records.values("image_accuracy"), 0.5)


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


def test_all_metrics_are_there(planted):
    for name, axes in AXES.items():
        size = np.prod([len(labels) for labels in axes.values()], dtype=int)
        for state in STATES:
            assert len(planted.where(metric=name, state=state).rows) == size, name
    for name in MOTIF_METRICS:
        assert [row["second_stage"] for row in planted.where(metric=name).rows] == list(SECOND_STAGES)


def test_what_the_first_filters_do_not_affect_stays(planted):
    """Stage 1 of the second net has the maps of the first in reverse order, twice as large."""
    for name in ("object_accuracy", "log_scatter_ratio", "parts_accuracy"):
        for layer in ("pixels", "stage 1"):
            before, after = (planted.values(name, state=state, layer=layer) for state in STATES)
            np.testing.assert_allclose(after, before, rtol=1e-3, atol=1e-3)


def test_the_random_second_stage_on_trained_filters_is_that_of_the_trained_net_here(planted):
    """Training changed the first filters alone."""
    for name in MOTIF_METRICS:
        trained, mixed, untrained = (
            planted.values(name, second_stage=stage) for stage in ("trained", "random on trained", "untrained")
        )
        np.testing.assert_array_equal(trained, mixed)
        assert abs(trained - untrained) > 1e-4
