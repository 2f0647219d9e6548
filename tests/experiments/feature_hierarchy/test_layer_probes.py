"""Layer probes on a net by construction: some layers are the pixels, others the object with a little noise."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.models.model import from_layers
from experiments.feature_hierarchy.layer_probes import AXES, CHANGED, LAYERS, RECONSTRUCTED, measure_layers
from experiments.feature_hierarchy.planted_examples import PROBED, draw_examples
from experiments.feature_hierarchy.planted_hierarchy import OBJECTS

WITH, WITHOUT = 0, 1
"""Index of the net that classifies the object, and of the one whose upper layers are noise."""


@pytest.fixture(scope="module")
def metrics(quickly):
    with quickly():
        examples = jax.jit(partial(draw_examples, count=16, probes=128, side=24))(jax.random.key(0))
    parts = [(pictures.x, pictures.y) for pictures in (*examples.whole, *examples.apart)]
    label_M = examples.whole.test.y
    parts += [(x, (label_M + (name == "object")) % len(OBJECTS)) for name, x in examples.changed.items()]
    known_KxD = jnp.concatenate([x.reshape(len(x), -1) for x, _ in parts])
    label_K = jnp.concatenate([label for _, label in parts])

    def layers(params, x):
        """Three layers of pixels, then the object of the nearest picture in a table of all pictures, twice."""
        x_BxD = x.reshape(len(x), -1)
        near_BxK = x_BxD @ known_KxD.T - 0.5 * jnp.sum(known_KxD**2, 1)[None]
        object_BxC = params["scale"] * jax.nn.one_hot(label_K[jnp.argmax(near_BxK, 1)], len(OBJECTS))
        noise_BxW = jnp.sin(1e3 * x_BxD[:, 200:208])
        return (x, x, x, object_BxC + 0.01 * noise_BxW, object_BxC + 0.01 * noise_BxW)

    nets = [{"scale": 10.0}, {"scale": 0.0}]
    with quickly():
        return jax.jit(lambda examples: measure_layers(from_layers(None, layers), nets, examples))(examples)


def test_every_metric_has_its_axes_after_that_of_the_nets(metrics):
    shapes = {name: (2, *(len(labels) for labels in axes.values())) for name, axes in AXES.items()}
    assert {name: value.shape for name, value in metrics.items()} == shapes
    assert shapes["nuisance_r2"] == (2, len(LAYERS), len(PROBED))
    assert shapes["share_moved"] == (2, len(LAYERS), len(CHANGED))


def test_probes_find_the_object_in_the_net_that_classifies_it(metrics):
    assert metrics["object_accuracy"][WITH, 4] == 1.0
    assert metrics["parts_accuracy"][WITH, 4] == 1.0
    assert metrics["test_accuracy"][WITH] == 1.0
    assert metrics["log_scatter_ratio"][WITH, 4] > 3 > 0 > metrics["log_scatter_ratio"][WITH, 0]
    assert metrics["object_accuracy"][WITHOUT, 4] < 0.4
    assert metrics["test_accuracy"][WITHOUT] < 0.4


def test_pictures_are_recognised_from_pixels_and_not_from_objects(metrics):
    """The object is read from the pictures that are not recognised, by the net that classifies it alone."""
    pixels, hidden = (RECONSTRUCTED.index(layer) for layer in ("stage 1", "hidden"))
    assert metrics["recognised"][WITH, pixels] > 0.9
    assert metrics["picture_r2"][WITH, pixels] > 0.7  # from fewer pictures than there are pixels
    assert metrics["recognised"][WITH, hidden] < 0.5
    assert metrics["picture_r2"][WITH, hidden] < 0.3
    assert metrics["unrecognised_accuracy"][WITH] == 1.0
    assert metrics["unrecognised_accuracy"][WITHOUT] < 0.4


def test_the_object_moves_what_classifies_and_nuisances_do_not(metrics):
    moved = dict(zip(CHANGED, metrics["share_moved"][WITH, 4], strict=True))
    assert moved.pop("object") > 0.9
    assert max(moved.values()) < 0.02


def test_equal_layers_have_equal_metrics(metrics):
    for name in ("object_accuracy", "log_scatter_ratio", "share_moved"):
        np.testing.assert_allclose(metrics[name][WITH, :4], metrics[name][WITHOUT, :4], rtol=1e-4)


def test_a_score_of_the_object_alone_does_not_detect_parts_moved_apart(metrics):
    np.testing.assert_allclose(metrics["object_auc"][WITH], 0.5, atol=0.2)
