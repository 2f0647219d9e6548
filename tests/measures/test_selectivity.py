"""Selectivity and invariance of models whose dependence on class and nuisance is set by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.selectivity import (
    ORIGINAL,
    OTHER_CLASS,
    OTHER_SCENE,
    class_to_nuisance_ratios,
    class_to_scene_distance,
    margin,
    pair_accuracy,
    scene_to_class_distance,
)

SIGN_N = jnp.array([-1.0, 1.0] * 200)
NOISE_N = jax.random.normal(jax.random.key(0), (400,))


def outputs(of_class, of_nuisance):
    """Outputs that are of_class times the class (-1 or 1) plus of_nuisance times a nuisance; pose shifts it by 2."""
    nuisance_N = {ORIGINAL: NOISE_N, "pose": NOISE_N + 2.0, OTHER_SCENE: NOISE_N[::-1]}
    variants = {name: of_class * SIGN_N + of_nuisance * value_N for name, value_N in nuisance_N.items()}
    return variants | {OTHER_CLASS: -of_class * SIGN_N + of_nuisance * NOISE_N}


@pytest.mark.parametrize(("of_class", "of_nuisance"), [(1.0, 0.5), (3.0, 0.1), (0.1, 2.0)])
def test_ratios_are_those_of_the_coefficients(of_class, of_nuisance):
    ratios = class_to_nuisance_ratios(outputs(of_class, of_nuisance))
    assert set(ratios) == {"pose", "scene"}
    assert ratios["pose"] == pytest.approx(of_class / of_nuisance, rel=1e-4)


def test_ratios_do_not_depend_on_the_scale_of_the_outputs():
    ratios = class_to_nuisance_ratios(outputs(3.0, 0.1))
    larger = class_to_nuisance_ratios(jax.tree.map(lambda m_N: 7.0 * m_N, outputs(3.0, 0.1)))
    np.testing.assert_allclose([*larger.values()], [*ratios.values()], rtol=1e-4)


def test_ratio_of_a_model_that_ignores_the_class_or_the_nuisance():
    assert class_to_nuisance_ratios(outputs(0.0, 1.0))["pose"] == pytest.approx(0.0, abs=1e-6)
    assert class_to_nuisance_ratios(outputs(1.0, 0.0))["pose"] > 1e6


def test_pairs_count_if_both_classes_are_correct():
    assert pair_accuracy(outputs(1.0, 0.0)) == 1.0
    assert pair_accuracy(outputs(-1.0, 0.0)) == 0.0
    assert pair_accuracy(outputs(0.0, 1.0)) == 0.0  # the same answer for both classes
    assert pair_accuracy(outputs(1.0, 1.0)) == pytest.approx(np.mean(np.abs(NOISE_N) < 1.0))


def test_distances_follow_the_coefficients():
    invariant, sensitive = (
        jax.tree.map(lambda m_N: m_N[:, None], outputs(*each)) for each in ((100.0, 0.001), (0.001, 1.0))
    )
    assert scene_to_class_distance(invariant) < 0.01
    assert scene_to_class_distance(sensitive) > 10
    assert class_to_scene_distance(invariant) > 1000
    assert class_to_scene_distance(sensitive) < 0.01


def test_margin_is_the_second_score_minus_the_first():
    np.testing.assert_array_equal(margin(jnp.array([[1.0, 3.0], [2.0, 0.0]])), [2.0, -2.0])


def test_share_selects_the_quantile_of_the_distance_ratio():
    """Ratios of 1/2, 2/2, ..., 10/2: half of the images reach 5.5 / 2, and all reach 1/2."""
    distance_Nx1 = jnp.arange(1.0, 11.0)[:, None]
    variants = {ORIGINAL: 0 * distance_Nx1, OTHER_CLASS: 0 * distance_Nx1 + 2.0, OTHER_SCENE: distance_Nx1}
    assert scene_to_class_distance(variants, 0.5) == pytest.approx(5.5 / 2)
    assert scene_to_class_distance(variants, 1.0) == pytest.approx(0.5)
