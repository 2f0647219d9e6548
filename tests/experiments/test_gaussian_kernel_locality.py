"""The criteria of gaussian_kernel_locality on planted records."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer, judge
from experiments import gaussian_kernel_locality as experiment
from experiments.gaussian_kernel_locality.criteria import FAR, NEAR

POSITIONS, SIZES, DIMENSIONS, BITS = (1, 49), (32, 128, 512, 2048), (2, 32), (2, 5)
PLANTED = {
    "images": {"gaussian": 0.98, "linear kernel": 0.92, "linear": 0.95, "deep": 0.96},
    "farthest": {"gaussian": 0.93, "deep": 0.9},
    "simple": {"gaussian": 0.99, "linear kernel": 0.55},
    "wedges": {"gaussian": 0.5, "gaussian, covered": 0.9, "deep": 0.95},
    "stripes": {"gaussian": 0.5, "gaussian, covered": 0.9, "deep": 0.55},
    "checkerboard": {"gaussian": 0.5, "gaussian, covered": 0.7, "deep": 0.5},
    "unlike": {"gaussian": 0.0, "gaussian, covered": 0.0, "deep": 1e4},
    "too_few": {"parity": 0.0, "first_bit": 1.0},
    "fail": {"one class": 0.0, "half cube": 1.0},
    "needed": {"gaussian": 2048, "convolutional": 64, "convolutional, permuted": 2048, "deep": 2048},
    "hidden": {"gaussian": 0.6, "deep": 0.9},
}
"""Where all holds; `needed` is the number of examples for a good accuracy at the most positions."""


def records(seeds=6, spread=0.004, **planted):
    """Planted records, with what differs from PLANTED."""
    truth = {part: values | planted.get(part, {}) for part, values in PLANTED.items()}
    generator = np.random.default_rng(0)

    def noisy(value):
        return value + spread * generator.normal()

    return Records.gather(row for seed in range(seeds) for row in of_seed(truth, noisy, seed))


def of_seed(truth, noisy, seed):
    def accuracy(value, **axes):
        return measured({"test_accuracy": noisy(value)}, seed=seed, **axes)

    def method_of(name):
        method, _, variant = name.partition(", ")
        return {"method": method, "covered": variant == "covered"}

    for images, part in (("all", "images"), ("farthest quarter", "farthest")):
        for method, value in truth[part].items():
            yield accuracy(value, task="data", method=method, dataset="digits", images=images)
    for method, task in itertools.product(truth["simple"], ("half_space", "xor", "ring")):
        yield accuracy(0.99 if task == "half_space" else truth["simple"][method], task=task, method=method)
    for task in ("wedges", "stripes", "checkerboard"):
        for name, value in truth[task].items():
            at = {"task": task, **method_of(name)}
            yield accuracy(0.96, **NEAR | at)
            yield accuracy(value, **FAR | at)
            yield measured({"test_unlike_constant": truth["unlike"][name]}, seed=seed, **at)
    for bits in BITS:
        for rule, value in truth["too_few"].items():
            yield measured({"one_too_few_separate": value}, seed=seed, rule=rule, bits=bits)
        for corners, value in truth["fail"].items():
            yield measured({"enough_fail": value}, seed=seed, corners=corners, bits=bits)
    for name, positions, size in itertools.product(truth["needed"], POSITIONS, SIZES):
        good = size >= (32 if positions == 1 else truth["needed"][name])
        method, _, variant = name.partition(", ")
        at = {"task": "motif", "method": method, "permuted": variant == "permuted", "positions": positions}
        yield accuracy(0.97 if good else 0.6, size=size, **at)
    for method, dimensions in itertools.product(truth["hidden"], DIMENSIONS):
        value = truth["hidden"][method] if dimensions == 32 else 0.97
        yield accuracy(value, task="hidden xor", method=method, dimensions=dimensions)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_a_local_kernel_and_a_net_that_is_not_support_all():
    assert set(answers(records()).values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"images": {"linear": 0.98}}, "101.kernel_beats_linear_on_images", Answer.REFUTED),
        ({"images": {"linear kernel": 0.98}}, "101.kernel_beats_linear_on_images", Answer.REFUTED),
        ({"simple": {"gaussian": 0.6}}, "101.kernel_beats_half_space", Answer.REFUTED),
        ({"unlike": {"gaussian": 0.01}}, "102.constant_far_away", Answer.REFUTED),
        ({"wedges": {"gaussian": 0.9}, "stripes": {"gaussian": 0.9}}, "102.worse_far_away", Answer.REFUTED),
        ({"wedges": {"deep": 0.55}}, "102.net_extrapolates_wedges", Answer.REFUTED),
        ({"stripes": {"deep": 0.9}}, "102.net_gains_little_on_stripes", Answer.REFUTED),
        ({"checkerboard": {"deep": 0.9}}, "102.net_fails_on_checkerboard", Answer.REFUTED),
        ({"farthest": {"deep": 0.98}}, "102.net_gains_nothing_on_farthest_images", Answer.REFUTED),
        ({"too_few": {"parity": 0.25}}, "102.parity_needs_many_centres", Answer.REFUTED),
        ({"fail": {"one class": 1.0}}, "102.parity_centres_of_one_class_suffice", Answer.REFUTED),
        ({"needed": {"gaussian": 64}}, "102.kernel_needs_examples_of_each_position", Answer.REFUTED),
        ({"hidden": {"deep": 0.6}}, "42.net_finds_hidden_directions", Answer.REFUTED),
        ({"needed": {"convolutional": 2048}}, "42.convnet_finds_motif", Answer.REFUTED),
        ({"needed": {"deep": 32}}, "42.depth_alone_finds_no_motif", Answer.REFUTED),
        ({"images": {"deep": 1.0}}, "42.depth_alone_gains_nothing_on_images", Answer.REFUTED),
        ({"spread": 0.3}, "42.net_finds_hidden_directions", Answer.INCONCLUSIVE),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


@pytest.mark.parametrize(
    ("planted", "key"),
    [
        (
            {"wedges": {"gaussian, covered": 0.5}, "stripes": {"gaussian, covered": 0.5}},
            "102.worse_far_away",
        ),
        ({"wedges": {"deep": 0.5}}, "102.net_fails_on_checkerboard"),
        ({"wedges": {"deep": 0.5}}, "102.net_gains_little_on_stripes"),
        ({"unlike": {"deep": 0.0}}, "102.constant_far_away"),
        ({"too_few": {"first_bit": 0.0}}, "102.parity_needs_many_centres"),
        ({"fail": {"half cube": 0.0}}, "102.parity_centres_of_one_class_suffice"),
        ({"needed": {"convolutional": 2048}}, "102.kernel_needs_examples_of_each_position"),
        ({"needed": {"convolutional, permuted": 64}}, "42.convnet_finds_motif"),
    ],
)
def test_a_control_that_passes_is_an_error(planted, key):
    assert answers(records(**planted))[key] is Answer.ERROR


def test_each_task_selects_its_own_hyperparameter_and_keeps_all():
    tried = Records.gather(
        measured(
            {"validation_accuracy": value, "test_accuracy": value - 0.1}, seed=0, method=method, task=task, **{over: at}
        )
        for method, over in (("gaussian", "hyperparameter"), ("deep", "learning_rate"))
        for task, best in (("xor", 0.5), ("ring", 2.0))
        for at, value in ((0.5, 0.9 if best == 0.5 else 0.7), (2.0, 0.8))
    )
    selected = experiment.selected(tried)
    assert len(selected.rows) == len(tried.rows)
    for over, method in (("hyperparameter", "gaussian"), ("learning_rate", "deep")):
        chosen = {row["task"]: row[over] for row in selected.where(metric="test_accuracy", method=method).rows}
        assert chosen == {"xor": 0.5, "ring": 2.0}


def test_the_scope_names_the_data():
    assert "digits" in judge(records(), experiment.CRITERIA)[0].scope
