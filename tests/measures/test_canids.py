"""Pictures of canids: splits without common pictures, and metrics of classifiers whose answers are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.by_seed import precomputed, sizes
from dl_jax.measures.canids import (
    MATCHED,
    TEST,
    VALIDATION,
    apply_to_all,
    draw_examples,
    draw_pictures,
    picture_keys,
    picture_metrics,
    pictures_by_seed,
)

SIDE, NUISANCES = 16, ("pose", "background")


@pytest.fixture(scope="module")
def pictures(quickly):
    with quickly():
        return draw_pictures(64, SIDE, NUISANCES, 1.0, 0)


def test_splits_are_balanced_and_have_no_picture_in_common(pictures, quick_to_compile):
    single = draw_examples(picture_keys(0).single_nuisances, 64, SIDE, NUISANCES, 1.0)
    parts = [pictures.train, pictures.validation, pictures.test, single]
    x_MxD = np.concatenate([np.asarray(part.x).reshape(len(part.x), -1) for part in parts])
    assert len(x_MxD) == 64 + VALIDATION + TEST + 64
    assert len(np.unique(x_MxD, axis=0)) == len(x_MxD)
    assert x_MxD.min() >= -2
    assert x_MxD.max() <= 2
    assert np.bincount(pictures.test.y).tolist() == [TEST // 2, TEST // 2]
    assert set(pictures.matched_variants) == {"as it is", "kind", "scene", *NUISANCES}


def test_the_seed_determines_the_pictures(pictures, quick_to_compile):
    again, other = (draw_pictures(64, SIDE, NUISANCES, 1.0, seed) for seed in (0, 1))
    np.testing.assert_array_equal(pictures.train.x, again.train.x)
    assert not np.array_equal(pictures.train.x, other.train.x)


@pytest.fixture(scope="module")
def by_seed(quickly):
    with quickly():
        return precomputed(pictures_by_seed(64, SIDE, NUISANCES, 1.0), range(3))


def test_every_seed_draws_its_own_pictures_of_every_split(by_seed):
    assert sizes(by_seed) == (64, VALIDATION, TEST)
    x_MxD = [
        np.asarray(part.x).reshape(len(part.x), -1)
        for drawn in (by_seed.of(seed) for seed in range(3))
        for part in (drawn.train, drawn.validation, drawn.test)
    ]
    assert len(np.unique(np.concatenate(x_MxD), axis=0)) == 3 * sum(sizes(by_seed))
    matched = [by_seed.of(seed).matched_variants for seed in range(3)]
    for name in ("as it is", "kind", "scene", *NUISANCES):
        assert len(np.unique(np.concatenate([each[name] for each in matched]).reshape(3 * MATCHED, -1), axis=0)) > (
            3 * MATCHED - 5
        )


def test_pictures_by_seed_are_like_those_of_one_draw(by_seed, pictures):
    drawn = by_seed.of(0)
    assert jax.tree.map(np.shape, drawn) == jax.tree.map(np.shape, pictures)
    assert jax.tree.map(lambda leaf: leaf.dtype, drawn) == jax.tree.map(lambda leaf: leaf.dtype, pictures)
    assert np.bincount(drawn.test.y).tolist() == [TEST // 2, TEST // 2]
    for level in (0, 0.5, 1):
        expected = np.quantile(pictures.test.x, level)
        assert np.quantile(drawn.test.x, level) == pytest.approx(expected, abs=0.1)
    assert np.abs(255 * (drawn.test.x / 4 + 0.5) - np.round(255 * (drawn.test.x / 4 + 0.5))).max() < 1e-3, "bytes"


def test_matched_variants_by_seed_differ_in_one_respect(by_seed):
    """A nuisance that is not drawn is neutral, and the other class differs from a picture in small details."""
    variants = by_seed.of(1).matched_variants
    changed = {name: np.abs(x - variants["as it is"]).mean((1, 2, 3)) for name, x in variants.items()}
    assert np.mean(changed["kind"]) < np.mean(changed["scene"])
    assert all(np.mean(changed[name] > 0) > 0.95 for name in changed if name != "as it is")


def test_without_detail_the_kinds_are_drawn_alike(quick_to_compile):
    variants = draw_pictures(2, SIDE, NUISANCES, 0.0, 0).matched_variants
    np.testing.assert_array_equal(variants["as it is"], variants["kind"])


def test_metrics_of_a_classifier_that_answers_with_the_label(pictures):
    """It is always right and responds to no nuisance."""
    labels = {np.asarray(x).tobytes(): y for part in pictures[:3] for x, y in zip(*part, strict=True)}
    label_N = np.arange(MATCHED) % 2
    for name, x_N in pictures.matched_variants.items():
        y_N = 1 - label_N if name == "kind" else label_N
        labels |= {np.asarray(x).tobytes(): y for x, y in zip(x_N, y_N, strict=True)}

    def scores(x_N):
        return jax.nn.one_hot(np.array([labels[np.asarray(x).tobytes()] for x in x_N]), 2)

    metrics = picture_metrics(scores, pictures)
    assert metrics["test_accuracy"] == metrics["validation_accuracy"] == metrics["pair_accuracy"] == 1
    assert set(metrics["response_ratio"].labels()["nuisance"]) == {*NUISANCES, "scene"}
    assert metrics["response_ratio"].value.min() > 1e6


def test_the_response_ratio_has_the_planted_value_of_each_nuisance(pictures):
    """The margin is the first pixel's red: the class changes it by 2, the pose by 4, the background by 1/2."""
    zero_N = jnp.zeros((MATCHED, SIDE, SIDE, 3))
    change = {"as it is": 0.0, "kind": 2.0, "pose": 4.0, "background": -0.5, "scene": 3.5}
    variants = {name: zero_N.at[:, 0, 0, 0].set(red) for name, red in change.items()}
    ratio = picture_metrics(
        lambda x_N: jnp.stack([jnp.zeros(len(x_N)), x_N[:, 0, 0, 0]], 1), pictures._replace(matched_variants=variants)
    )["response_ratio"]
    found = dict(zip(ratio.labels()["nuisance"], np.asarray(ratio.value), strict=True))
    assert found == pytest.approx({"pose": 0.5, "background": 4.0, "scene": 2 / 3.5})


def test_apply_to_all_is_the_function_of_each():
    x = {"few": jnp.arange(3.0)[:, None], "many": jnp.arange(5.0)[:, None]}
    output = apply_to_all(lambda x_NxD: 2 * x_NxD, x)
    assert list(output) == ["few", "many"]
    for name, x_NxD in x.items():
        np.testing.assert_array_equal(output[name], 2 * x_NxD)
