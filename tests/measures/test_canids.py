"""Metrics of classifiers of pictures whose answers are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.canids import apply_to_all, picture_metrics
from dl_jax.measures.worlds import NEARBY, pictures_by_seed, world

SIDE, MATCHED, NUISANCES = 16, 64, ("pose", "background")


@pytest.fixture(scope="module")
def pictures(quickly):
    with quickly():
        return pictures_by_seed(world("canids", SIDE), (0,), (64, 32, 48), MATCHED, NUISANCES).of(0)


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
    assert set(metrics["response_ratio"].labels()["nuisance"]) == {*NUISANCES, NEARBY, "scene"}
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
