"""Pictures from features: linear ones, folded ones, and none; and which picture a reconstruction is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Splits
from dl_jax.measures.probes import r2
from experiments.feature_hierarchy.reconstruction import identified, kernel_matrices, reconstruct

pytestmark = pytest.mark.usefixtures("quick_to_compile")

KEY = jax.random.key(0)
SIZES = (200, 60, 60)


def draw(number, width):
    keys = jax.random.split(jax.random.fold_in(KEY, number), 3)
    return Splits(*(jax.random.normal(key, (size, width)) for key, size in zip(keys, SIZES, strict=True)))


@jax.jit
def r2_of(features, pictures):
    return r2(reconstruct(kernel_matrices(features), pictures), pictures.test)


def test_pictures_come_back_from_features_that_contain_them_and_from_no_others():
    pictures, noise = draw(0, 24), draw(1, 24)
    mix_24x24 = jax.random.orthogonal(KEY, 24)
    assert r2_of(Splits(*(x @ mix_24x24 for x in pictures)), pictures) > 0.95
    assert abs(r2_of(noise, pictures)) < 0.1


def test_a_decoder_may_be_nonlinear():
    """The features are an angle, the picture its cosine, an even function: no linear map of the angle finds it."""
    angle = draw(2, 1)
    pictures = Splits(*(jnp.cos(2 * x) @ jnp.ones((1, 24)) for x in angle))
    assert r2_of(angle, pictures) > 0.7


def test_a_copy_is_identified_and_a_picture_of_the_label_is_not():
    picture_OxP, label_O = jax.random.normal(KEY, (40, 30)), jnp.arange(40) % 4
    mean_CxP = jnp.stack([picture_OxP[label_O == label].mean(0) for label in range(4)])
    assert identified(0.1 * picture_OxP + picture_OxP.mean(0)[None], picture_OxP, label_O).mean() > 0.9
    assert identified(mean_CxP[label_O], picture_OxP, label_O).mean() <= 0.1  # at most one of the ten of each label


def test_others_are_those_of_the_same_label():
    picture_OxP = jax.random.normal(KEY, (6, 30))
    swapped_OxP = picture_OxP[jnp.array([1, 0, 2, 3, 4, 5])]
    np.testing.assert_array_equal(identified(swapped_OxP, picture_OxP, jnp.arange(6)), True)
    np.testing.assert_array_equal(
        identified(swapped_OxP, picture_OxP, jnp.zeros(6, int)), [False, False, True, True, True, True]
    )
