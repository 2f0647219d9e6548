"""Levels: what is known of a net of one's own making is found layer by layer, and pictures are what is said of them."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.models.model import from_layers
from experiments.feature_hierarchy.layer_probes import LAYERS, MOVED, READ, levels, numbers_of, shown
from experiments.feature_hierarchy.planted_hierarchy import OBJECTS

PROBES, SIDE = 128, 24


@pytest.fixture(scope="module")
def seen(quickly):
    with quickly():
        return jax.jit(partial(shown, count=16, probes=PROBES, side=SIDE))(jax.random.key(0))


def test_sets_are_apart_and_what_belongs_together_is_together(seen):
    assert seen.train.x.shape == (16, SIDE, SIDE, 1)
    assert [len(part.x) for part in seen.whole] == [PROBES, PROBES // 2, PROBES // 2]
    everything = np.concatenate([seen.train.x, *(part.x for part in seen.whole)]).reshape(-1, SIDE**2)
    assert len(np.unique(everything, axis=0)) == len(everything)
    for whole, apart in zip(seen.whole, seen.apart, strict=True):
        np.testing.assert_array_equal(whole.y, apart.y)
        assert np.median(np.abs(whole.x - apart.x).sum((1, 2, 3))) > 40
        np.testing.assert_array_equal(whole.parts[np.arange(len(whole.y)), OBJECTS[whole.y, 1]], 1)
    assert set(seen.changed) == {*MOVED, "object"}
    for name, x in seen.changed.items():
        different_M = np.abs(x - seen.whole.test.x[: len(x)]).max((1, 2, 3))
        assert np.mean(different_M > 1e-3) > 0.5, name


def test_numbers_are_those_a_probe_can_be_asked_for(seen):
    numbers = numbers_of(seen.whole.test.scene)
    assert {name: values.shape[1] for name, values in numbers.items()} == dict(zip(READ, (2, 1, 2, 2, 1), strict=True))
    assert set(np.unique(numbers["distractors"])) <= {0.0, 1.0, 2.0, 3.0, 4.0}


def test_a_net_that_answers_with_the_object_and_one_that_answers_nothing(seen, quickly):
    """It reads a table: every picture that there is, and its object."""
    parts = [*seen.whole, *seen.apart]
    known_KxD = jnp.concatenate([part.x.reshape(len(part.x), -1) for part in parts])
    label_K = jnp.concatenate([part.y for part in parts])

    def layers(params, x):
        x_BxD = x.reshape(len(x), -1)
        near_BxK = x_BxD @ known_KxD.T - 0.5 * jnp.sum(known_KxD**2, 1)[None]
        object_BxC = jax.nn.one_hot(label_K[jnp.argmax(near_BxK, 1)], len(OBJECTS))
        told_BxC = params["tells"] * object_BxC
        noise_BxW = jnp.sin(1e3 * x_BxD[:, 200:208])
        return (x, x, x, told_BxC + noise_BxW, told_BxC + 0.01 * noise_BxW)

    model = from_layers(None, layers)
    with quickly():
        knows, not_knows = jax.jit(lambda seen: levels(model, [{"tells": 10.0}, {"tells": 0.0}], seen))(seen)
    assert {knows[name].shape for name in ("class", "parts", "pixels", "ratio", "moved_waves", "alike_1")} == {(6,)}
    assert knows["class"].shape == (len(LAYERS),)
    assert knows["class"][4] == knows["class"][5] == 1.0
    assert knows["parts"][5] == 1.0
    assert knows["accuracy"] == 1.0
    assert knows["ratio"][5] > 3 > 0 > knows["ratio"][0]
    assert knows["pixels"][0] > 0.7  # from fewer pictures than there are pixels
    assert knows["pixels"][5] < 0.3
    np.testing.assert_allclose(knows["object_apart"], 0.5, atol=0.2)
    assert not_knows["class"][5] < 0.4
    assert not_knows["accuracy"] < 0.4
    np.testing.assert_allclose(knows["class"][:4], not_knows["class"][:4])
    np.testing.assert_allclose(knows["alike_1"][:4], 1.0, atol=1e-3)
