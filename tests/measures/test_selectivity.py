"""Selectivity and invariance of machines of which both are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.selectivity import d_prime, detail_over_scene, margin, pairs_right, ratios, scene_over_kind

SIGN_N = jnp.array([-1.0, 1.0] * 200)
NOISE_N = jax.random.normal(jax.random.key(0), (400,))


def outputs(kind, nuisance):
    """A machine that adds so much of the kind and so much of a nuisance."""
    nuisance_N = {"as it is": NOISE_N, "pose": NOISE_N + 2.0, "scene": NOISE_N[::-1]}
    changed = {name: kind * SIGN_N + nuisance * value_N for name, value_N in nuisance_N.items()}
    return changed | {"kind": -kind * SIGN_N + nuisance * NOISE_N}


@pytest.mark.parametrize(("kind", "nuisance"), [(1.0, 0.5), (3.0, 0.1), (0.1, 2.0)])
def test_ratios_are_those_of_what_was_added(kind, nuisance):
    found = ratios(outputs(kind, nuisance))
    assert set(found) == {"kind_over_pose", "kind_over_scene"}
    assert found["kind_over_pose"] == pytest.approx(kind / nuisance, rel=1e-4)
    louder = ratios(jax.tree.map(lambda m_N: 7.0 * m_N, outputs(kind, nuisance)))
    np.testing.assert_allclose([*louder.values()], [*found.values()], rtol=1e-4)


def test_a_blind_machine_has_a_ratio_of_nothing():
    assert ratios(outputs(0.0, 1.0))["kind_over_pose"] == pytest.approx(0.0, abs=1e-6)
    assert ratios(outputs(1.0, 0.0))["kind_over_pose"] > 1e6


def test_pairs_are_right_when_both_are():
    assert pairs_right(outputs(1.0, 0.0)) == 1.0
    assert pairs_right(outputs(-1.0, 0.0)) == 0.0
    assert pairs_right(outputs(0.0, 1.0)) == 0.0  # the same answer for both
    expected = np.mean(np.abs(NOISE_N) < 1.0)
    assert pairs_right(outputs(1.0, 1.0)) == pytest.approx(expected)


def test_nearness_turns_with_the_machine():
    pixels, top = (jax.tree.map(lambda m_N: m_N[:, None], outputs(*each)) for each in ((0.001, 1.0), (100.0, 0.001)))
    assert scene_over_kind(pixels) > 10
    assert scene_over_kind(top) < 0.01
    assert detail_over_scene(pixels) < 0.01
    assert detail_over_scene(top) > 1000


def test_d_prime_of_two_normal_heaps():
    label_N = (SIGN_N > 0).astype(jnp.int32)
    assert d_prime(SIGN_N + 0.5 * NOISE_N, label_N) == pytest.approx(4.0, rel=0.1)
    assert d_prime(NOISE_N, label_N) == pytest.approx(0.0, abs=0.25)


def test_the_margin_is_the_second_score_above_the_first():
    np.testing.assert_array_equal(margin(jnp.array([[1.0, 3.0], [2.0, 0.0]])), [2.0, -2.0])


def test_the_share_is_that_of_the_animals_that_lie_so_much_farther():
    away_N = jnp.arange(1.0, 11.0)[:, None]
    found = {"as it is": 0 * away_N, "kind": 0 * away_N + 2.0, "scene": away_N}
    assert scene_over_kind(found, 0.5) == pytest.approx(5.5 / 2)
    assert scene_over_kind(found, 1.0) == pytest.approx(0.5)
