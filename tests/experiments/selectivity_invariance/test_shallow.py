"""Shallow methods on planted pictures: a linear label, an interaction, random labels, and one nuisance alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.by_seed import BySeed
from dl_jax.data.dataset import Examples
from dl_jax.measures.canids import Pictures
from dl_jax.measures.worlds import NUISANCES, World
from dl_jax.training.context import local_context
from experiments.selectivity_invariance.shallow import SHALLOW, fit_on_pixels, fit_on_single_nuisances

SEEDS, SIZES, SIDE = (0, 1), (32, 128), 4


def planted(key, count):
    """Pictures of 2 x 2 pixels with the signs of two pixels; the label is their product."""
    key_sign, key_noise = jax.random.split(key)
    sign_Nx2 = jnp.where(jax.random.bernoulli(key_sign, shape=(count, 2)), 1.0, -1.0)
    x_NxHxWx3 = 0.1 * jax.random.normal(key_noise, (count, 2, 2, 3))
    x_NxHxWx3 = x_NxHxWx3.at[:, 0, :, 0].add(sign_Nx2)
    return Examples(x_NxHxWx3, (jnp.prod(sign_Nx2, 1) > 0).astype(jnp.int32))


def draw(_, key):
    keys = jax.random.split(key, 4)
    x_NxHxWx3 = planted(keys[3], 64).x
    variants = {name: x_NxHxWx3 for name in ("as it is", "kind", "pose", "scene")}
    sizes = zip(keys[:3], (256, 256, 512), strict=True)
    return Pictures(*(planted(key, count) for key, count in sizes), variants)


@pytest.fixture(scope="module")
def trained(quickly):
    with quickly():
        pictures = BySeed((), draw, lambda _, drawn: drawn)
        return fit_on_pixels(pictures, SIZES, SEEDS, local_context(1), dataset="signs")


def test_records_have_a_row_for_every_method_hyperparameter_kind_of_label_and_size(trained):
    rows = trained.where(metric="test_accuracy").rows
    points = {(row["method"], row["hyperparameter"], row["labels"], row["train_size"], row["seed"]) for row in rows}
    assert len(rows) == len(points)
    assert points == {
        (method, hyperparameter, labels, size, seed)
        for method, (_, hyperparameters) in SHALLOW.items()
        for hyperparameter in hyperparameters
        for labels in ("true", "random")
        for size in SIZES
        for seed in SEEDS
        if labels == "true" or method == "gaussian"
    }
    assert {row["dataset"] for row in rows} == {"signs"}


def test_only_the_linear_classifier_of_the_most_pictures_has_its_responses_measured(trained):
    rows = trained.where(metric="response_ratio").rows
    assert {(row["method"], row["train_size"], row["labels"]) for row in rows} == {("linear", max(SIZES), "true")}


def best(records, **axes):
    return records.by_seed("test_accuracy", np.max, train_size=128, **axes)


def test_an_interaction_is_learned_by_neighbours_and_kernels_and_not_by_a_linear_classifier(trained):
    for method in ("nearest_neighbours", "gaussian"):
        assert best(trained, method=method, labels="true").min() > 0.95
    assert best(trained, method="linear", labels="true").max() < 0.8


def test_random_labels_stay_at_chance_with_any_number_of_examples(trained):
    for size in SIZES:
        accuracy_S = trained.by_seed("test_accuracy", np.mean, method="gaussian", labels="random", train_size=size)
        np.testing.assert_allclose(accuracy_S, 0.5, atol=0.1)  # four standard errors of 512 examples


@pytest.fixture(scope="module")
def alone(quickly):
    """A kind is the sign of the upper half's red; position swaps the halves, illumination adds a little blue."""

    def render(cutouts, individual, label, scene):
        sign, swapped = 2 * label - 1, scene["position"][0] > 0.5
        upper = jnp.arange(SIDE)[:, None] < SIDE // 2
        red_HxW = jnp.where(upper != swapped, sign, -sign) * jnp.ones((1, SIDE))
        blue_HxW = 0.1 * (scene["illumination"][0] - 0.5) * jnp.ones((SIDE, SIDE))
        return 0.5 + 0.2 * jnp.stack([red_HxW, 0 * red_HxW, blue_HxW], -1)

    def random_scene(key, nuisances):
        keys = dict(zip(NUISANCES, jax.random.split(key, len(NUISANCES)), strict=True))
        drawn = {name: jax.random.uniform(keys[name], (1,)) for name in NUISANCES}
        return {name: drawn[name] if name in nuisances else jnp.full(1, 0.5) for name in NUISANCES}

    with quickly():
        of = World(1, (), render, random_scene)
        return fit_on_single_nuisances(of, SEEDS, local_context(1), dataset="halves")


def test_a_nuisance_that_turns_the_picture_over_costs_and_a_faint_one_does_not(alone):
    def cost(name, learned):
        return alone.by_seed("nuisance_cost", alone=name, learned=learned)

    assert np.all(cost("position", "without") > 0.3)
    assert np.all(np.abs(cost("illumination", "without")) < 0.01)
    assert np.all(np.abs(cost("illumination", "with")) < 0.01)


def test_every_nuisance_is_studied_and_the_pose_by_every_method(alone):
    rows = alone.where(metric="nuisance_cost").rows
    assert {(row["alone"], row["learned"]) for row in rows} == {
        (name, learned) for name in NUISANCES for learned in ("with", "without")
    }
    assert set(alone.where(metric="test_accuracy").axis("method")) == set(SHALLOW)
    assert alone.by_seed("test_accuracy", np.min, alone="pose").min() > 0.99
