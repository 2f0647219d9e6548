"""The planted hierarchy: nuisances vary one at a time, and the classes of a level are made of the same pieces."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.feature_hierarchy.planted_hierarchy import (
    EDGES,
    NUISANCES,
    OBJECTS,
    PARTS,
    SCRAMBLED,
    draw_scene,
    draw_scenes,
    parts_of,
    plain_scene,
    render,
    render_all,
    render_motif,
)

pytestmark = pytest.mark.usefixtures("quick_to_compile")

KEY, SIDE = jax.random.key(1), 24
EVERY = pytest.mark.parametrize("nuisance", NUISANCES)
render_first = jax.jit(lambda scene: render(0, scene, SIDE))


def draw(count, nuisances=tuple(NUISANCES), scrambled=0):
    kind_N, scene_N = draw_scenes(KEY, count, nuisances)
    return render_all(kind_N, scene_N, jnp.full(count, scrambled), SIDE)


pictures = jax.jit(draw, static_argnums=(0, 1))


def test_pictures_are_many_and_different():
    x_NxHxWx1 = np.asarray(pictures(128))
    assert x_NxHxWx1.shape == (128, SIDE, SIDE, 1)
    assert np.abs(x_NxHxWx1).max() < 2.5
    assert len(np.unique(x_NxHxWx1.reshape(128, -1), axis=0)) == 128
    kind_N, scene_N = draw_scenes(KEY, 128)
    assert set(np.unique(kind_N)) == set(range(len(OBJECTS)))
    assert {name: scene_N[name].shape for name in NUISANCES} == {name: (128, size) for name, size in NUISANCES.items()}
    np.testing.assert_array_equal(parts_of(kind_N)[np.arange(128), OBJECTS[kind_N, 0]], 1)
    np.testing.assert_array_equal(parts_of(kind_N).sum(1), 2)


@EVERY
def test_a_nuisance_varies_alone(nuisance):
    scene = draw_scene(KEY, [nuisance])
    assert {name for name in scene if np.any(scene[name] != plain_scene()[name])} == {nuisance, "scrambling"}
    assert np.abs(render_first(scene) - render_first(plain_scene())).max() > 0.1


def test_an_unknown_nuisance_is_named():
    with pytest.raises(KeyError, match=r"weather.*position"):
        draw_scene(KEY, ["weather"])


def test_no_count_of_edges_of_motifs_or_of_parts_separates_the_objects():
    orientations = {tuple(sorted(EDGES[PARTS[part], :, 2].reshape(-1))) for part in range(len(PARTS))}
    assert len(orientations) == 1
    assert sorted(EDGES[0, :, 2]) == sorted(EDGES[1, :, 2])
    assert sorted(EDGES[2, :, 2]) == sorted(EDGES[3, :, 2])
    assert sorted(PARTS[0]) == sorted(PARTS[1])
    assert all(tuple(pair[::-1]) in {tuple(each) for each in OBJECTS} for pair in OBJECTS)
    assert np.bincount(OBJECTS[:, 0]).tolist() == np.bincount(OBJECTS[:, 1]).tolist() == [2, 2, 2, 2]


def test_plain_objects_have_equal_ink_and_differ():
    plain_8 = jax.jit(jax.vmap(lambda kind: render(kind, plain_scene(), SIDE)))(jnp.arange(len(OBJECTS)))
    plain_8 = np.asarray(plain_8)
    np.testing.assert_allclose(plain_8.sum((1, 2, 3)), plain_8[0].sum(), rtol=0.03)
    apart_8x8 = np.abs(plain_8[:, None] - plain_8[None]).sum((2, 3, 4))
    assert np.all(apart_8x8[~np.eye(8, dtype=bool)] > 10)


@pytest.mark.parametrize("how", ["parts", "edges"])
def test_scrambling_keeps_the_ink_and_moves_it(how):
    whole_NxD, other_NxD = (
        np.asarray(pictures(64, ("position",), SCRAMBLED.index(name))).reshape(64, -1) for name in ("none", how)
    )
    assert np.median(np.abs(other_NxD - whole_NxD).sum(1)) > 40
    np.testing.assert_allclose(np.median(other_NxD.sum(1)), np.median(whole_NxD.sum(1)), rtol=0.05)


@pytest.mark.parametrize("how", ["none", "parts"])
def test_nothing_sticks_out_of_the_picture(how):
    """The ink of an object is the same wherever it is, whole and with its parts apart."""
    ink_N = np.asarray(pictures(64, ("position",), SCRAMBLED.index(how))).sum((1, 2, 3))
    np.testing.assert_allclose(ink_N, np.median(ink_N), rtol=0.06)


def test_a_motif_is_the_sum_of_its_edges():
    still, middle = jnp.zeros((2, 2)), jnp.zeros(2)
    drawn = jax.jit(lambda which: render_motif(0, middle, still, SIDE, which))
    both, first, second = (drawn(jnp.asarray(which)) for which in ((1, 1), (1, 0), (0, 1)))
    assert np.abs(both - first - second).sum() < 0.15 * np.abs(both).sum()
    np.testing.assert_array_equal(drawn(jnp.zeros(2)), 0.0)
