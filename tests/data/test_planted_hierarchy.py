"""The planted hierarchy: what is named varies alone, and sisters of every level are made of the same pieces."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.synthetic.planted_hierarchy import (
    EDGES,
    NUISANCES,
    OBJECTS,
    PARTS,
    motif,
    pictures,
    plain,
    render,
    scene,
)

KEY, SIDE = jax.random.key(1), 24
EVERY = pytest.mark.parametrize("nuisance", NUISANCES)
drawn_as = jax.jit(lambda scene: render(0, scene, SIDE))


@pytest.fixture(scope="module")
def drawn():
    return jax.jit(lambda key: pictures(key, 128, SIDE))(KEY)


def test_pictures_come_with_all_that_is_known(drawn):
    assert drawn.x.shape == (128, SIDE, SIDE, 1)
    assert set(np.unique(drawn.y)) == set(range(len(OBJECTS)))
    np.testing.assert_array_equal(drawn.parts.sum(1), 2)
    assert {name: numbers.shape for name, numbers in drawn.scene.items()} == {
        name: (128, size) for name, size in NUISANCES.items()
    }
    assert np.abs(drawn.x).max() < 2.5
    assert len(np.unique(np.asarray(drawn.x).reshape(128, -1), axis=0)) == 128


@EVERY
def test_a_nuisance_varies_alone(nuisance):
    found = scene(KEY, [nuisance])
    assert {name for name in NUISANCES if np.any(found[name] != plain()[name])} == {nuisance}
    assert np.abs(drawn_as(found) - drawn_as(plain())).max() > 0.1


def test_an_unknown_nuisance_is_named():
    with pytest.raises(KeyError, match=r"weather.*position"):
        scene(KEY, ["weather"])


def test_no_count_of_edges_of_motifs_or_of_parts_tells_the_objects_apart():
    orientations = {tuple(sorted(EDGES[PARTS[part], :, 2].reshape(-1))) for part in range(len(PARTS))}
    assert len(orientations) == 1
    assert sorted(EDGES[0, :, 2]) == sorted(EDGES[1, :, 2])
    assert sorted(EDGES[2, :, 2]) == sorted(EDGES[3, :, 2])
    assert sorted(PARTS[0]) == sorted(PARTS[1])
    assert all(tuple(pair[::-1]) in {tuple(each) for each in OBJECTS} for pair in OBJECTS)
    assert np.bincount(OBJECTS[:, 0]).tolist() == np.bincount(OBJECTS[:, 1]).tolist() == [2, 2, 2, 2]


def test_plain_objects_hold_as_much_ink_and_differ():
    plain_8 = jax.jit(jax.vmap(lambda kind: render(kind, plain(), SIDE)))(jnp.arange(len(OBJECTS)))
    plain_8 = np.asarray(plain_8)
    np.testing.assert_allclose(plain_8.sum((1, 2, 3)), plain_8[0].sum(), rtol=0.03)
    apart_8x8 = np.abs(plain_8[:, None] - plain_8[None]).sum((2, 3, 4))
    assert np.all(apart_8x8[~np.eye(8, dtype=bool)] > 10)


@pytest.mark.parametrize("scrambled", ["parts", "edges"])
def test_scrambling_keeps_the_ink_and_moves_it(scrambled):
    lot_8 = jax.random.uniform(KEY, (8,))
    whole, apart = render(3, plain(), SIDE), render(3, plain(), SIDE, scrambled, lot_8)
    np.testing.assert_allclose(apart.sum(), whole.sum(), rtol=0.1)
    assert np.abs(apart - whole).sum() > 20
    both = [jax.jit(partial(pictures, count=4, scrambled=name))(KEY) for name in ("none", scrambled)]
    np.testing.assert_array_equal(both[0].y, both[1].y)
    np.testing.assert_array_equal(both[0].scene["slope"], both[1].scene["slope"])


def test_nothing_sticks_out_of_the_picture():
    """The ink of an object is the same wherever it is, whole and with its parts apart."""
    for scrambled in ("none", "parts"):
        draw = jax.jit(lambda key, scrambled=scrambled: pictures(key, 64, SIDE, ["position"], scrambled).x)
        x_NxHxWx1 = np.asarray(draw(KEY))
        ink_N = x_NxHxWx1.sum((1, 2, 3))
        np.testing.assert_allclose(ink_N, np.median(ink_N), rtol=0.06)


def test_a_motif_is_the_sum_of_its_edges():
    still, middle = jnp.zeros((2, 2)), jnp.zeros(2)
    both, first, second = (motif(0, middle, still, SIDE, which) for which in ((1, 1), (1, 0), (0, 1)))
    assert np.abs(both - first - second).sum() < 0.15 * np.abs(both).sum()
    np.testing.assert_array_equal(motif(0, middle, still, SIDE, (0, 0)), 0.0)
