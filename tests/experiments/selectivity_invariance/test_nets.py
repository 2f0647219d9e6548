"""Nets on planted pictures: features learn what pixels do not separate, and each net has its rates."""

import jax
import jax.numpy as jnp
import pytest

from dl_jax.data.by_seed import as_by_seed
from dl_jax.data.dataset import Examples
from dl_jax.evidence.selection import select
from dl_jax.measures.canids import Pictures
from dl_jax.training.context import local_context
from experiments.selectivity_invariance.nets import (
    CONV,
    LEARNING_RATES,
    MODELS,
    NAMED_NUISANCES,
    ONE_HIDDEN,
    first,
    train_nets,
)

SIDE, SIZE, STEPS = 16, 192, 60


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
def pictures():
    keys = jax.random.split(jax.random.key(0), 5)
    upright_N = jnp.arange(64) % 2 == 1
    here, there = (jax.random.randint(key, (64, 2), 2, SIDE - 2) for key in keys[3:])
    variants = {"as it is": bar(here, upright_N), "kind": bar(here, ~upright_N), "scene": bar(there, upright_N)}
    variants |= {"pose": bar(there, upright_N), "nearby": bar(here, upright_N)}
    sizes = zip(keys[:3], (256, 128, 256), strict=True)
    return Pictures(*(draw(key, count) for key, count in sizes), variants)


@pytest.fixture(scope="module")
def trained(pictures, quickly):
    with quickly():
        records = train_nets(as_by_seed(pictures), SIZE, (0,), STEPS, local_context(1), dataset="bars")
    return select(records, over="learning_rate", by="validation_accuracy", within=("method",))


def test_every_net_has_its_own_learning_rates(trained):
    rows = trained.where(metric="test_accuracy", selected=(True, False)).rows
    assert sorted((row["method"], row["learning_rate"]) for row in rows) == sorted(
        (method, rate) for method in MODELS for rate in LEARNING_RATES[method]
    )
    assert {(row["labels"], row["train_size"], row["dataset"]) for row in rows} == {("true", SIZE, "bars")}


def test_both_nets_learn_a_bar_at_any_place(trained):
    for method in (CONV, ONE_HIDDEN):
        assert trained.by_seed("test_accuracy", method=method) > 0.9


def test_features_separate_the_bars_and_untrained_ones_do_less(trained):
    (after,), (before,) = (
        trained.by_seed("kernel_accuracy", features=features, method=CONV) for features in ("trained", "untrained")
    )
    assert after > 0.9
    assert before < after
    assert trained.by_seed("response_ratio", nuisance="pose", method=CONV) > 1
    assert trained.by_seed("class_to_scene_distance", features="trained", method=CONV) > 1


def test_what_no_criterion_is_about_is_not_recorded(trained):
    assert set(trained.where(metric="response_ratio").axis("nuisance")) <= {"scene", *NAMED_NUISANCES}
    assert trained.where(metric="pair_accuracy").axis("method") == (CONV,)


def test_the_first_pictures_are_learned_from(pictures):
    some = first(pictures, 32)
    assert len(some.train.x) == len(some.train.y) == 32
    assert len(some.test.x) == 256


def test_both_nets_have_about_as_many_weights():
    x = jnp.zeros((1, SIDE, SIDE, 3))
    counts = [
        sum(leaf.size for leaf in jax.tree.leaves(jax.eval_shape(model.init, jax.random.key(0), x)))
        for model in MODELS.values()
    ]
    assert max(counts) < 1.6 * min(counts)
