"""Methods that are solved: on the examples that a sweep draws, with every hyperparameter, on all or few examples."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import pairwise_distances

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.named import named
from dl_jax.measures.ensembles import train_ensemble
from dl_jax.measures.kernel_methods import RIDGE, data_key, fit_methods, gaussian_ridge, linear_ridge
from dl_jax.models.linear import linear
from dl_jax.training.context import local_context
from dl_jax.training.grid import Trial, choice, combinations
from dl_jax.training.losses import accuracy

TASKS = combinations(offset=(0.0, 2.0))


def draw(key, task):
    x_NxD = jax.random.normal(key, (30, 2)) + task.offset
    examples = Examples(x_NxD, (x_NxD[:, 0] > x_NxD[:, 1]).astype(jnp.int32))
    return Splits(examples, examples, examples)


def evaluate(scores, splits):
    return {
        "accuracy": accuracy(scores(splits.test.x), splits.test.y),
        "mean": named(jnp.mean(splits.train.x, 0), "input"),
    }


def fitted(methods, tasks=TASKS, seeds=(4, 7), **options):
    return fit_methods(methods, draw, tasks, seeds=seeds, evaluate=evaluate, context=local_context(1), **options)


def test_every_task_hyperparameter_and_seed_has_its_metrics():
    records = fitted({"gaussian": (gaussian_ridge, (0.5, 1.0)), "linear": (linear_ridge, (1.0,))}, data="shifted")
    rows = records.where(metric="accuracy", data="shifted").rows
    points = {(row["method"], row["offset"], row["hyperparameter"], row["seed"]) for row in rows}
    assert len(points) == len(rows) == 3 * 2 * 2
    assert min(records.values("accuracy")) > 0.9
    assert len(records.values("mean", input=2)) == len(rows)


def test_nets_and_kernels_get_the_same_examples():
    kernels = fitted({"kernel": (linear_ridge, (1.0,))})
    nets = train_ensemble(
        linear(2),
        draw,
        TASKS,
        learning_rates=(0.01,),
        seeds=(4, 7),
        steps=2,
        evaluate=evaluate,
        context=local_context(1),
    )
    for offset in (0.0, 2.0):
        means = [records.values("mean", offset=offset) for records in (kernels, nets)]
        np.testing.assert_allclose(*means, rtol=1e-5, atol=1e-6)


def test_a_chosen_thing_is_given_to_the_draw_itself():
    shifts = {"left": lambda x: x - 5, "right": lambda x: x + 5}

    def draw_shifted(key, task):
        x_NxD = task.shift(jax.random.normal(key, (30, 2)))
        return Splits(*[Examples(x_NxD, (x_NxD[:, 0] > x_NxD[:, 1]).astype(jnp.int32))] * 3)

    tasks = combinations(shift=choice(shifts, ("right", "left")))
    options = {"seeds": (0,), "evaluate": evaluate, "context": local_context(1)}
    records = fit_methods({"linear": (linear_ridge, (1.0,))}, draw_shifted, tasks, **options)
    assert np.all(records.values("mean", shift="left") < -4)
    assert np.all(records.values("mean", shift="right") > 4)


def test_the_first_examples_that_are_drawn_are_fitted():
    records = fitted({"kernel": (gaussian_ridge, (1.0,))}, combinations(offset=(0.0,)), (4,), train_size=5)
    x_NxD = jax.random.normal(data_key(4), (30, 2))
    np.testing.assert_allclose(records.values("mean"), jnp.mean(x_NxD[:5], 0), rtol=1e-6)


def test_both_equal_kernel_ridge_of_scikit_learn():
    """Its targets have no constant, so ours are centred for it."""
    examples = Examples(*(np.asarray(part) for part in draw(jax.random.key(1), Trial(offset=0.5)).train))
    target_NxC = np.eye(2)[examples.y]
    distance_NxN = pairwise_distances(examples.x)
    width = 0.7 * np.median(distance_NxN[np.triu_indices(30, 1)])
    for scores, theirs in (
        (gaussian_ridge(examples, 2, 0.7), KernelRidge(alpha=RIDGE, kernel="rbf", gamma=1 / (2 * width**2))),
        (linear_ridge(examples, 2, 3.0), KernelRidge(alpha=3.0, kernel="linear")),
    ):
        theirs.fit(examples.x, target_NxC - target_NxC.mean(0))
        expected = theirs.predict(examples.x) + target_NxC.mean(0)
        np.testing.assert_allclose(scores(examples.x), expected, atol=2e-3)


def test_a_kernel_a_hundred_times_narrower_than_all_distances_memorises():
    examples = draw(jax.random.key(0), Trial(offset=0.0)).train
    score_NxC = gaussian_ridge(examples, 2, 1e-3)(examples.x)
    share = np.mean(np.asarray(examples.y))
    expected = (np.eye(2)[np.asarray(examples.y)] + RIDGE * np.array([1 - share, share])) / (1 + RIDGE)
    np.testing.assert_allclose(score_NxC, expected, atol=2e-3)  # a distance of 0 is rounded like its parts


@pytest.mark.parametrize("name", ["method", "hyperparameter", "offset"])
def test_columns_are_labels_and_not_indices(name):
    records = fitted({"linear": (linear_ridge, (1.0, 3.0))}, seeds=(0,))
    assert records.axis(name) == {"method": ("linear",), "hyperparameter": (1.0, 3.0), "offset": (0.0, 2.0)}[name]
