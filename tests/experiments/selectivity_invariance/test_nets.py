"""Nets on planted pictures: the control is linear, and features learn what pixels do not separate."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples
from dl_jax.evidence.selection import select
from dl_jax.measures.canids import Pictures
from dl_jax.training.context import local_context
from experiments.selectivity_invariance.nets import CONTROL, CONV, DENSE, LEARNING_RATES, MODELS, train_nets

SIDE, SIZES, STEPS = 16, (64, 128), 40


def bar(place_Nx2, upright_N):
    """Pictures of a bar of 5 x 1 pixels that stands or lies, at a place."""
    row_1xHxW, column_1xHxW = (index[None] for index in jnp.indices((SIDE, SIDE)))

    def of(offset):
        return jnp.abs(jnp.asarray(offset))

    down_NxHxW = of(row_1xHxW - place_Nx2[:, :1, None])
    across_NxHxW = of(column_1xHxW - place_Nx2[:, 1:, None])
    stands_NxHxW = (down_NxHxW <= 2) & (across_NxHxW == 0)
    lies_NxHxW = (down_NxHxW == 0) & (across_NxHxW <= 2)
    bar_NxHxW = jnp.where(upright_N[:, None, None], stands_NxHxW, lies_NxHxW)
    return jnp.repeat(2.0 * bar_NxHxW[..., None], 3, 3)


def draw(key, count):
    place_Nx2 = jax.random.randint(key, (count, 2), 2, SIDE - 2)
    label_N = jnp.arange(count) % 2
    return Examples(bar(place_Nx2, label_N == 1), label_N.astype(jnp.int32))


@pytest.fixture(scope="module")
def trained(quickly):
    keys = jax.random.split(jax.random.key(0), 5)
    upright_N = jnp.arange(64) % 2 == 1
    here, there = (jax.random.randint(key, (64, 2), 2, SIDE - 2) for key in keys[3:])
    variants = {
        "as it is": bar(here, upright_N),
        "kind": bar(here, ~upright_N),
        "position": bar(there, upright_N),
        "scene": bar(there, upright_N),
    }
    pictures = Pictures(*(draw(key, count) for key, count in zip(keys[:3], (256, 128, 256), strict=True)), variants)
    with quickly():
        records = train_nets(pictures, SIZES, (0,), STEPS, local_context(1))
    return select(records, over="learning_rate", by="validation_accuracy", within=("method", "train_size"))


def test_every_net_has_its_sizes_and_learning_rates(trained):
    rows = trained.where(metric="test_accuracy", selected=(True, False)).rows
    points = {(row["method"], row["train_size"], row["learning_rate"]) for row in rows}
    assert len(rows) == len(points)
    assert points == {
        (method, size, rate)
        for method, size in ((CONV, SIZES[0]), (CONV, SIZES[1]), (CONTROL, SIZES[1]), (DENSE, SIZES[1]))
        for rate in LEARNING_RATES
    }
    assert {row["labels"] for row in rows} == {"true"}


def test_the_convolutional_net_learns_a_bar_at_any_place_and_its_linear_control_does_not(trained):
    (conv,), (control,) = (
        trained.by_seed("test_accuracy", method=method, train_size=SIZES[1]) for method in (CONV, CONTROL)
    )
    assert conv > 0.9
    assert control < 0.75


def test_its_features_separate_the_bars_and_untrained_ones_do_less(trained):
    net = {"method": CONV, "train_size": SIZES[1]}
    (after,), (before,) = (
        trained.by_seed("kernel_accuracy", features=features, **net) for features in ("trained", "untrained")
    )
    assert after > 0.9
    assert before < after
    assert trained.by_seed("response_ratio", nuisance="position", **net) > 1
    assert trained.by_seed("class_to_scene_distance", features="trained", **net) > 1


def test_the_control_is_one_linear_map(quick_to_compile):
    model = MODELS[CONTROL]
    first, second = (draw(jax.random.key(seed), 4).x for seed in (0, 1))
    params = jax.jit(model.init)(jax.random.key(2), first)

    def linear_part(x_NxHxWx3):
        return model.apply(params, x_NxHxWx3) - model.apply(params, jnp.zeros_like(x_NxHxWx3))

    both = linear_part(2.0 * first - 3.0 * second)
    np.testing.assert_allclose(both, 2.0 * linear_part(first) - 3.0 * linear_part(second), atol=1e-4)
