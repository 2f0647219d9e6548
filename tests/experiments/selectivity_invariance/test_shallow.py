"""Shallow methods on planted pictures: a linear label, an interaction, random labels, and one nuisance alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.selection import select
from dl_jax.measures.canids import Pictures
from dl_jax.training.context import local_context
from experiments.selectivity_invariance.pictures import SINGLE_NUISANCE
from experiments.selectivity_invariance.shallow import SHALLOW, fit_on_pixels, fit_on_single_nuisances

SEEDS, SIZES = (0, 1), (32, 128)


def planted(key, count, xor=False):
    """Pictures of 2 x 2 pixels with the signs of two pixels: the label is the first, or (xor) their product."""
    key_sign, key_noise = jax.random.split(key)
    sign_Nx2 = jnp.where(jax.random.bernoulli(key_sign, shape=(count, 2)), 1.0, -1.0)
    x_NxHxWx3 = 0.1 * jax.random.normal(key_noise, (count, 2, 2, 3))
    x_NxHxWx3 = x_NxHxWx3.at[:, 0, :, 0].add(sign_Nx2)
    label_N = jnp.prod(sign_Nx2, 1) > 0 if xor else sign_Nx2[:, 0] > 0
    return Examples(x_NxHxWx3, label_N.astype(jnp.int32))


@pytest.fixture(scope="module")
def trained(quickly):
    keys = jax.random.split(jax.random.key(0), 4)
    splits = (planted(key, count, xor=True) for key, count in zip(keys[:3], (256, 256, 512), strict=True))
    x_NxHxWx3 = planted(keys[3], 64).x
    variants = {name: x_NxHxWx3 for name in ("as it is", "kind", "pose", "scene")}
    with quickly():
        records = fit_on_pixels(Pictures(*splits, variants), SIZES, SEEDS, local_context(1))
    return select(records, over="hyperparameter", by="validation_accuracy", within=("method", "labels", "train_size"))


def test_records_have_a_row_for_every_method_hyperparameter_kind_of_label_and_size(trained):
    rows = trained.where(metric="test_accuracy", selected=(True, False)).rows
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


def test_an_interaction_is_learned_by_neighbours_and_kernels_and_not_by_a_linear_classifier(trained):
    for method in ("nearest_neighbours", "gaussian"):
        assert trained.by_seed("test_accuracy", method=method, labels="true", train_size=128).min() > 0.95
    assert trained.by_seed("test_accuracy", method="linear", labels="true", train_size=128).max() < 0.8


def test_random_labels_stay_at_chance_with_any_number_of_examples(trained):
    for size in SIZES:
        accuracy_S = trained.by_seed("test_accuracy", method="gaussian", labels="random", train_size=size)
        np.testing.assert_allclose(accuracy_S, 0.5, atol=0.1)  # four standard errors of 512 examples


def test_a_nuisance_alone_gets_its_own_pictures_and_the_records_its_name(quick_to_compile):
    """With the nuisance "easy" the label is linear in the pixels, with "hard" it is not."""
    keys = jax.random.split(jax.random.key(1), 6)
    alone = {
        name: jax.device_get(
            Splits(*(planted(key, count, xor) for key, count in zip(part, SINGLE_NUISANCE, strict=True)))
        )
        for name, xor, part in (("easy", False, keys[:3]), ("hard", True, keys[3:]))
    }
    records = fit_on_single_nuisances(alone, SEEDS, local_context(1))
    chosen = select(records, over="hyperparameter", by="validation_accuracy", within=("method", "alone"))
    assert chosen.axis("alone") == ("easy", "hard")
    assert chosen.by_seed("test_accuracy", method="linear", alone="easy").min() > 0.98
    assert chosen.by_seed("test_accuracy", method="linear", alone="hard").max() < 0.8
    assert chosen.by_seed("test_accuracy", method="gaussian", alone="hard").min() > 0.95
