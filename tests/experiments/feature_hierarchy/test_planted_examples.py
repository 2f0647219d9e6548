"""Planted examples: disjoint sets, and pictures that belong together at the same index."""

from functools import partial

import jax
import numpy as np
import pytest

from experiments.feature_hierarchy.planted_examples import PROBED, REDRAWN, draw_examples, probe_targets
from experiments.feature_hierarchy.planted_hierarchy import OBJECTS

PROBES, SIDE = 128, 24


@pytest.fixture(scope="module")
def examples(quickly):
    with quickly():
        return jax.jit(partial(draw_examples, count=16, probes=PROBES, side=SIDE))(jax.random.key(0))


def test_all_pictures_differ(examples):
    assert examples.train.x.shape == (16, SIDE, SIDE, 1)
    assert [len(pictures.x) for pictures in examples.whole] == [PROBES, PROBES // 2, PROBES // 2]
    every = np.concatenate([examples.train.x, *(pictures.x for pictures in examples.whole)]).reshape(-1, SIDE**2)
    assert len(np.unique(every, axis=0)) == len(every)


def test_whole_objects_and_those_with_their_parts_apart_are_in_the_same_scenes(examples):
    for whole, apart in zip(examples.whole, examples.apart, strict=True):
        np.testing.assert_array_equal(whole.y, apart.y)
        jax.tree.map(np.testing.assert_array_equal, whole.scene, apart.scene)
        assert np.median(np.abs(whole.x - apart.x).sum((1, 2, 3))) > 40
        np.testing.assert_array_equal(whole.parts[np.arange(len(whole.y)), OBJECTS[whole.y, 1]], 1)


def test_a_redrawn_nuisance_changes_the_picture(examples):
    assert set(examples.changed) == {*REDRAWN, "object"}
    for name, x in examples.changed.items():
        difference_M = np.abs(x - examples.whole.test.x[: len(x)]).max((1, 2, 3))
        assert np.mean(difference_M > 1e-3) > 0.5, name


def test_probe_targets_are_numbers_that_a_linear_probe_can_predict(examples):
    scene, targets = examples.whole.test.scene, probe_targets(examples.whole.test.scene)
    assert {name: target.shape[1] for name, target in targets.items()} == dict(
        zip(PROBED, (2, 1, 2, 2, 1), strict=True)
    )
    np.testing.assert_array_equal(targets["distractors"][:, 0], np.sum(scene["distractors"][:, 3::4] > 0.5, 1))
    np.testing.assert_array_equal(targets["position"], scene["position"])
