"""Classifiers of features: the same examples for all, and no fewer hyperparameters for features by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.by_seed import as_by_seed
from dl_jax.data.dataset import Examples
from dl_jax.training.context import local_context
from experiments.hand_designed_features import Config
from experiments.hand_designed_features.classifiers import (
    GAUSSIAN,
    LINEAR,
    NEIGHBOURS,
    SOLVED,
    solve_others,
    train_linear_heads,
)
from experiments.hand_designed_features.features import (
    BY_HAND,
    CHOICES,
    CONTROLS,
    FEATURES,
    LEARNED,
    Kind,
    kinds,
    pixels,
)
from experiments.hand_designed_features.heads import HEADS
from experiments.hand_designed_features.pictures import FeatureSplits

pytestmark = pytest.mark.usefixtures("quick_to_compile")


def ring(key, count=60):
    """Two classes that no line separates: near the centre, and around it."""
    key_angle, key_noise = jax.random.split(key)
    y_N, angle_N = jnp.arange(count) % 2, jax.random.uniform(key_angle, (count,), maxval=2 * jnp.pi)
    place_Nx2 = (0.3 + y_N)[:, None] * jnp.stack([jnp.cos(angle_N), jnp.sin(angle_N)], 1)
    return Examples(place_Nx2 + 0.05 * jax.random.normal(key_noise, (count, 2)), y_N)


DATA = {("raw", 60): as_by_seed(lambda key: FeatureSplits(*map(ring, jax.random.split(key, 3))))}
WANTED = (("raw", 60),)


def test_solved_methods_separate_what_no_linear_head_does():
    solved = solve_others(WANTED, DATA, 2, (0, 1), local_context(1))
    heads = train_linear_heads(
        {"raw": Kind(pixels)}, WANTED, DATA, HEADS["softmax"](2), {False: (0.01, 0.1)}, (0, 1), 40, local_context(1)
    )
    for method in (NEIGHBOURS, GAUSSIAN):
        assert min(solved.by_seed("test_accuracy", features="raw", size=60, method=method, pictures="original")) > 0.95
    linear_S = heads.by_seed("test_accuracy", features="raw", size=60, method=LINEAR, pictures="original")
    assert max(linear_S) < 0.8
    nobody_S = solved.by_seed("test_accuracy", method=NEIGHBOURS, hyperparameter=0, selected=(True, False))
    np.testing.assert_allclose(nobody_S, 0.5)  # without neighbours everything is of the first class


def test_too_many_examples_for_a_kernel_are_not_solved():
    assert not solve_others((("raw", 10**6),), DATA, 2, (0,), local_context(1)).rows


def test_features_by_hand_have_no_fewer_hyperparameters_than_nets():
    config = Config()
    fewest = min(len(config.head_learning_rates), *(len(tried) for _, tried in SOLVED.values()))
    assert fewest >= len(config.learning_rates)
    assert not set(LEARNED) & set(BY_HAND)


@pytest.mark.parametrize(("side", "without"), [(8, {"hog_fine"}), (28, set())])
def test_every_kind_of_features_feeds_a_head_of_as_many_units(side, without):
    every_kind = kinds(side)
    assert set(every_kind) == {*FEATURES, *CONTROLS, "hidden"} - without
    assert set(CHOICES) == set(FEATURES) - {"raw"}
    for kind in every_kind.values():
        picture = jax.ShapeDtypeStruct((3, side, side), jnp.float32)
        x = jax.eval_shape(jax.vmap(kind.picture), picture)
        model = kind.model(11)
        params = jax.eval_shape(model.init, jax.random.key(0), x)
        assert jax.eval_shape(model.apply, params, x).shape == (3, 11)
