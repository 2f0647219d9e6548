"""Animals for machines: parts that are kept apart, the same for the same seed, and rows with every axis."""

import jax
import numpy as np
import pytest

from dl_jax.measures.canids import (
    SHALLOW,
    alone_rows,
    draw_alone,
    draw_pictures,
    pixel_rows,
    seen,
    shallow_rows,
    some,
    trained_rows,
)
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import local_context

SIDE, NUISANCES = 16, ("pose", "background")


@pytest.fixture(scope="module")
def pictures():
    return draw_pictures(64, SIDE, NUISANCES, 1.0, 0)


@pytest.fixture(scope="module")
def alone():
    return draw_alone(SIDE, NUISANCES, 1.0, 0)


def test_pictures_are_new_ones_in_every_part_and_balanced(pictures, alone):
    parts = [pictures.train, pictures.validation, pictures.test, *jax.tree.leaves(list(alone.values()))[::2]]
    x_MxD = np.concatenate(
        [np.asarray(getattr(part, "x", part)).reshape(len(getattr(part, "x", part)), -1) for part in parts]
    )
    assert len(np.unique(x_MxD, axis=0)) == len(x_MxD)
    assert x_MxD.min() >= -2
    assert x_MxD.max() <= 2
    assert np.bincount(pictures.test.y).tolist() == [512, 512]
    assert set(pictures.compared) == {"as it is", "kind", "scene", *NUISANCES}


def test_the_seed_tells_which(pictures):
    again, other = (draw_pictures(64, SIDE, NUISANCES, 1.0, seed) for seed in (0, 1))
    np.testing.assert_array_equal(pictures.train.x, again.train.x)
    assert not np.array_equal(pictures.train.x, other.train.x)


def test_some_are_drawn_without_replacement(pictures):
    drawn = some(32)(jax.random.key(0), pictures.train)
    rows = np.asarray(drawn.x).reshape(32, -1)
    assert len(np.unique(rows, axis=0)) == 32
    known = {
        row.tobytes(): int(label) for row, label in zip(np.asarray(pictures.train.x), pictures.train.y, strict=True)
    }
    assert [known[row.tobytes()] for row in np.asarray(drawn.x)] == list(np.asarray(drawn.y))


def test_what_is_seen_of_a_machine_that_knows(pictures):
    """Its answer is the label, found again by the picture: all right, and no response to any nuisance."""
    known = {np.asarray(x).tobytes(): y for part in pictures[:3] for x, y in zip(*part, strict=True)}
    sign_N = np.arange(128) % 2
    for name, x_N in pictures.compared.items():
        kinds = 1 - sign_N if name == "kind" else sign_N
        known |= {np.asarray(x).tobytes(): kind for x, kind in zip(x_N, kinds, strict=True)}

    def answer(x_N):
        return jax.nn.one_hot(np.array([known[np.asarray(x).tobytes()] for x in x_N]), 2)

    found = seen(answer, pictures)
    assert found["test_accuracy"] == found["validation_accuracy"] == found["test_pairs_right"] == 1
    assert min(found[f"test_kind_over_{name}"] for name in (*NUISANCES, "scene")) > 1e6


def test_rows_have_their_axes(pictures, alone):
    context = local_context(1)
    shallow = shallow_rows(pictures, (32, 64), (0,), context)
    assert {(row["machine"], row["labels"], row["size"]) for row in shallow} == {
        (machine, labels, size)
        for machine in SHALLOW
        for labels in ("true", "by lot")
        for size in (32, 64)
        if labels == "true" or machine == "gaussian"
    }
    rows = alone_rows(alone, (0,), context)
    assert {row["alone"] for row in rows} == set(NUISANCES)
    pixels = pixel_rows(SIDE, NUISANCES, 1.0, (0, 1), context)
    assert [row["seed"] for row in pixels] == [0, 0, 1, 1]
    assert all(row["value"] > 0 for row in pixels)


def test_a_nets_rows_are_those_of_its_last_hidden_layer_too(pictures):
    rows = trained_rows("net", mlp((8,), 2, NONLINEARITIES["relu"]), pictures, 64, (0,), 2, local_context(1))
    assert {"test_scene_over_kind", "test_kernel_on_top", "test_kernel_on_untrained_top"} <= {
        row["metric"] for row in rows
    }
    assert {row["size"] for row in rows} == {64}
