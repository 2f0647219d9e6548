"""Nets by depth on planted pictures whose label and nuisances are known functions of the colours."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.by_seed import as_by_seed
from dl_jax.data.dataset import Examples
from dl_jax.measures.canids import Pictures
from dl_jax.training.context import local_context
from experiments.depth_5_to_20.kinds_by_depth import LEARNING_RATES, train_by_depth

STEPS, SEEDS, DEPTHS, SIDE = 200, (0, 1), (1, 4), 6


def picture(red_N, green_N, blue_N):
    """Pictures of one colour each, of SIDE pixels a side."""
    return jnp.tile(jnp.stack([red_N, green_N, blue_N], 1)[:, None, None], (1, SIDE, SIDE, 1))


def planted(xor):
    """Labels are the sign of red, or (xor) of red times green; blue does not matter.

    Nuisances: "pose" changes blue, "background" changes nothing, "scene" changes blue and the size of red.
    """

    def colours(key, count):
        key_signs, key_blue = jax.random.split(key)
        sign_2xN = jnp.where(jax.random.bernoulli(key_signs, shape=(2, count)), 1.0, -1.0)
        return (*sign_2xN, jax.random.normal(key_blue, (count,)))

    def examples(key, count):
        red_N, green_N, blue_N = colours(key, count)
        label_N = red_N * green_N > 0 if xor else red_N > 0
        return Examples(picture(red_N, green_N, blue_N), label_N.astype(jnp.int32))

    keys = jax.random.split(jax.random.key(0), 4)
    _, green_N, blue_N = colours(keys[3], 64)
    red_N = jnp.tile(jnp.array([-1.0, 1.0]), 32) * (green_N if xor else 1.0)
    variants = {
        "as it is": picture(red_N, green_N, blue_N),
        "kind": picture(-red_N, green_N, blue_N),
        "pose": picture(red_N, green_N, blue_N[::-1]),
        "background": picture(red_N, green_N, blue_N),
        "scene": picture(1.1 * red_N, green_N, blue_N[::-1]),
    }
    sizes = zip(keys[:3], (512, 128, 128), strict=True)
    return Pictures(*(examples(key, count) for key, count in sizes), variants)


@pytest.fixture(scope="module", params=[False, True], ids=["linear", "xor"])
def trained(request, quickly):
    names = ("relu", "identity")
    with quickly():
        pictures = as_by_seed(planted(request.param))
        return request.param, train_by_depth(pictures, DEPTHS, names, SEEDS, STEPS, local_context(1))


def test_records_have_a_row_for_every_depth_nonlinearity_rate_seed_and_step(trained):
    _, records = trained
    rows = records.where(metric="test_accuracy").rows
    points = {(row["depth"], row["nonlinearity"], row["learning_rate"], row["seed"], row["step"]) for row in rows}
    assert points == {
        (depth, name, rate, seed, step)
        for depth in DEPTHS
        for name in ("relu", "identity")
        for rate in LEARNING_RATES[name]
        for seed in SEEDS
        for step in (50, 100, 150, 200)
    }
    assert len(rows) == len(points)
    assert records.where(metric="response_ratio").axis("nuisance") == ("background", "pose", "scene")
    assert {row["task"] for row in records.rows} == {"kinds"}


@pytest.mark.parametrize("depth", DEPTHS)
def test_rectifiers_learn_the_planted_label_at_every_depth(trained, depth):
    _, records = trained
    end = {"depth": depth, "nonlinearity": "relu", "learning_rate": 6e-3, "step": STEPS}
    for metric in ("validation_accuracy", "test_accuracy", "pair_accuracy"):
        assert records.by_seed(metric, **end).min() > 0.98, metric


@pytest.mark.parametrize("depth", DEPTHS)
def test_with_the_identity_only_a_linear_label_is_learned_at_any_depth(trained, depth):
    xor, records = trained
    end = {"depth": depth, "nonlinearity": "identity", "step": STEPS}
    accuracy_S = records.by_seed("test_accuracy", **end)
    assert accuracy_S.max() < 0.7 if xor else accuracy_S.min() > 0.98


def test_the_response_to_the_class_is_compared_with_each_planted_nuisance(trained):
    _, records = trained
    end = {"depth": 1, "nonlinearity": "relu", "learning_rate": 6e-3, "step": STEPS}
    ratios = {name: records.by_seed("response_ratio", nuisance=name, **end) for name in ("pose", "background", "scene")}
    assert np.all(ratios["background"] > 1e6)  # it changes no pixel
    assert np.all(ratios["pose"] > 1)  # blue does not matter
    assert np.all(ratios["scene"] < ratios["background"])
