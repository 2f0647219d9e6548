"""The tasks of locality in small: each has the rows that its criteria and figures read, and truths that are known."""

import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.training.context import local_context
from experiments.gaussian_kernel_locality import tasks
from experiments.gaussian_kernel_locality.metrics import ALL, DISTANCES, FARTHEST, SHIFTED

pytestmark = pytest.mark.usefixtures("quick_to_compile")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few examples, hyperparameters and units."""
    monkeypatch.setattr(tasks, "EXAMPLES", 128)
    monkeypatch.setattr(tasks, "HIDDEN_EXAMPLES", 128)
    monkeypatch.setattr(tasks, "LEARNING_RATES", (0.01,))
    monkeypatch.setattr(tasks, "LOCAL_WIDTHS", (0.25, 0.5))
    monkeypatch.setattr(tasks, "DEEP", (8, 8))


def selected_accuracy(records, **axes):
    """Test accuracy at the best hyperparameter."""
    return records.values("test_accuracy", **axes).max()


def test_the_kernel_separates_what_no_hyperplane_does():
    records = tasks.on_planes((0,), local_context(1))
    assert records.axis("task") == ("half_space", "ring", "xor")
    for task in ("xor", "ring", "half_space"):
        assert selected_accuracy(records, task=task, method="gaussian") > 0.9


def test_images_are_drawn_from_the_pool_and_all_methods_learn_bright_from_dark():
    generator = np.random.default_rng(0)

    def bright_or_dark(count):
        y_N = generator.integers(0, 2, count)
        x_NxHxWx1 = y_N[:, None, None, None] - 0.5 + 0.1 * generator.normal(size=(count, 4, 4, 1))
        return Examples(x_NxHxWx1.astype(np.float32), y_N.astype(np.int32))

    splits = Splits(bright_or_dark(300), bright_or_dark(60), bright_or_dark(60))
    records = tasks.on_images(lambda key: splits, 2, (0,), 60, local_context(1), dataset="planted")
    assert records.axis("dataset") == ("planted",)
    for method in ("gaussian", "linear kernel", "linear", "deep"):
        assert selected_accuracy(records, task="data", method=method, covered=False, images=FARTHEST) > 0.95


def test_images_at_another_place_are_far_away_unless_some_training_images_are_there():
    """The class of an image is whether it is bright on the left or on the right, in its upper quarter."""
    generator = np.random.default_rng(0)

    def left_or_right(count):
        y_N = generator.integers(0, 2, count)
        x_NxHxWx1 = 0.1 * generator.normal(size=(count, 8, 8, 1))
        x_NxHxWx1[:, :2] += (np.arange(8) // 4 == y_N[:, None])[:, None, :, None]
        return Examples(x_NxHxWx1.astype(np.float32), y_N.astype(np.int32))

    splits = Splits(left_or_right(300), left_or_right(60), left_or_right(60))
    records = tasks.on_images(lambda key: splits, 2, (0,), 5, local_context(1), dataset="planted")
    kernel = {"task": "data", "method": "gaussian"}
    for covered in (False, True):
        assert selected_accuracy(records, covered=covered, images=ALL, **kernel) == 1
    assert selected_accuracy(records, covered=True, images=SHIFTED, **kernel) == 1
    assert records.values("test_accuracy", covered=False, images=SHIFTED, **kernel).max() < 0.8
    nearest = {
        images: records.values("test_distance", covered=False, images=images, **kernel)[0]
        for images in (ALL, FARTHEST, SHIFTED)
    }
    assert nearest[ALL] < nearest[FARTHEST] < nearest[SHIFTED]


def test_far_from_its_examples_the_kernel_is_a_constant_and_covered_it_is_right():
    records = tasks.far_away((0,), 5, local_context(1))
    points = {(row["task"], row["method"], row["covered"]) for row in records.where(metric="test_accuracy").rows}
    assert points == {
        (task, method, covered)
        for task in ("wedges", "stripes", "checkerboard")
        for method, covered in (("gaussian", False), ("gaussian", True), ("deep", False))
    }
    assert records.values("test_unlike_constant", method="gaussian").max() < 1e-6
    assert records.values("test_unlike_constant", method="deep").min() > 1
    at = {"task": "wedges", "method": "gaussian", "distance": DISTANCES[-2]}
    assert selected_accuracy(records, covered=True, **at) > selected_accuracy(records, covered=False, **at) + 0.2


def test_every_method_learns_the_motif_in_one_and_in_many_positions():
    records = tasks.motif_somewhere((1, 49), (32,), (0,), 2, local_context(1))
    rows = records.where(metric="test_accuracy", task="motif", size=32).rows
    assert {(row["method"], row["permuted"], row["positions"]) for row in rows} == {
        *((method, False, positions) for method in ("gaussian", "deep", "convolutional") for positions in (1, 49)),
        ("convolutional", True, 49),
    }
    assert_each_task_selects(records)
    # In one position the motifs are two points with noise around them, in all positions 98.
    assert selected_accuracy(records, method="gaussian", positions=1) > 0.95
    assert selected_accuracy(records, method="gaussian", positions=49) < 0.8


def test_two_directions_are_easy_for_the_kernel_alone_and_hard_among_many():
    records = tasks.hidden_directions((2, 16), (0,), 2, local_context(1))
    rows = records.where(metric="test_accuracy", task="hidden xor").rows
    assert {row["method"] for row in rows} == {"gaussian", "deep"}
    assert_each_task_selects(records)
    assert selected_accuracy(records, method="gaussian", dimensions=2) > 0.85
    assert selected_accuracy(records, method="gaussian", dimensions=16) < 0.75


def assert_each_task_selects(records):
    """Every column that names a task is one within which hyperparameters are selected."""
    common = {"method", "learning_rate", "hyperparameter", "seed", "trial", "metric", "value"}
    assert {name for row in records.rows for name in row} - common <= set(tasks.AXES)
