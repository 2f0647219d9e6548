"""The criteria of gaussian_kernel_locality on planted records."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.judge import judge
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer, statement_answer
from experiments import gaussian_kernel_locality as experiment
from experiments.gaussian_kernel_locality.estimands import FAR, NEAR
from experiments.gaussian_kernel_locality.tasks import WIDEST

POSITIONS, SIZES, DIMENSIONS, BITS = (1, 49), (32, 128, 512, 2048), (2, 32), (2, 5)
PLANTED = {
    "all": {"gaussian": 0.98, "gaussian, covered": 0.97, "linear kernel": 0.92, "linear": 0.95, "deep": 0.96},
    "farthest quarter": {"gaussian": 0.93, "deep": 0.9},
    "shifted": {"gaussian": 0.4, "gaussian, covered": 0.95, "deep": 0.42},
    "half_space": {"gaussian": 0.99},
    "xor": {"gaussian": 0.99},
    "ring": {"gaussian": 0.99},
    "wedges": {"gaussian": 0.5, "gaussian, covered": 0.9, "deep": 0.95},
    "stripes": {"gaussian": 0.5, "gaussian, covered": 0.9, "deep": 0.55},
    "checkerboard": {"gaussian": 0.5, "gaussian, covered": 0.7, "deep": 0.5},
    "wide": {"far": 0.94},
    "unlike": {"gaussian": 0.0, "gaussian, covered": 0.0, "deep": 1e4},
    "too_few": {"parity": 0.0, "first_bit": 1.0},
    "fail": {"one class": 0.0, "half cube": 1.0},
    "needed": {"gaussian": 2048, "convolutional": 64, "convolutional, permuted": 2048, "deep": 2048},
    "hidden": {"gaussian": 0.6, "deep": 0.9},
}
"""Where all holds; `needed` is the number of examples for a good accuracy at the most positions."""


def records(seeds=13, spread=0.004, **planted):
    """Planted records, with what differs from PLANTED."""
    truth = {part: values | planted.get(part, {}) for part, values in PLANTED.items()}
    generator = np.random.default_rng(0)

    def noisy(value):
        return value + spread * generator.normal()

    return Records.gather([*(row for seed in range(seeds) for row in of_seed(truth, noisy, seed)), facts(truth)])


def facts(truth):
    return Records.gather(
        measured({metric: value}, bits=bits, width=width, **{axis: name})
        for metric, axis, values in (
            ("one_too_few_separate", "rule", truth["too_few"]),
            ("enough_fail", "corners", truth["fail"]),
        )
        for name, value in values.items()
        for bits in BITS
        for width in (0.25, 1.0)
    )


def of_seed(truth, noisy, seed):
    def accuracy(value, **axes):
        return measured({"test_accuracy": noisy(value)}, seed=seed, **axes)

    def method_of(name):
        method, _, variant = name.partition(", ")
        return {"method": method, "covered": variant == "covered"}

    for images in ("all", "farthest quarter", "shifted"):
        for name, value in truth[images].items():
            at = {"task": "data", "dataset": "digits", "images": images, **method_of(name)}
            yield accuracy(value, **at)
            yield measured({"test_distance": 0.5}, seed=seed, **at)
    for task in ("half_space", "xor", "ring"):
        for method, value in truth[task].items():
            yield accuracy(value, task=task, method=method)
    for task in ("wedges", "stripes", "checkerboard"):
        for name, value in truth[task].items():
            at = {"task": task, **method_of(name)}
            yield accuracy(0.96, **NEAR | at)
            yield accuracy(value, **FAR | at)
            if name == "gaussian" and task == "wedges":
                at |= {"hyperparameter": WIDEST, "selected": False}
                yield accuracy(0.95, **NEAR | at)
                yield accuracy(truth["wide"]["far"], **FAR | at)
            yield measured({"test_unlike_constant": truth["unlike"][name]}, seed=seed, **at)
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


EXACT = {"102.constant_far_away", "102.parity_needs_many_centres", "102.parity_centres_of_one_class_suffice"}
"""Theorems."""


def test_a_local_kernel_and_a_net_that_is_not_support_all():
    found = answers(records())
    assert {key for key, answer in found.items() if answer is Answer.EXACT} == EXACT
    assert {answer for key, answer in found.items() if key not in EXACT} == {Answer.SUPPORTED}


def test_what_holds_and_its_limits_together_answer_each_statement():
    verdicts = judge(records(), experiment.CRITERIA)
    together = {
        number: statement_answer(each for each in verdicts if each.statement == number) for number in (42, 101, 102)
    }
    limited = Answer.SUPPORTED_WITHIN_LIMITS
    assert together == {42: limited, 101: Answer.SUPPORTED, 102: limited}


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"all": {"linear": 0.98}}, "101.kernel_beats_linear_on_images", Answer.REFUTED),
        ({"all": {"linear kernel": 0.98}}, "101.kernel_beats_linear_on_images", Answer.REFUTED),
        ({"xor": {"gaussian": 0.8}}, "101.kernel_beats_half_space", Answer.REFUTED),
        ({"ring": {"gaussian": 0.7}}, "101.kernel_beats_half_space", Answer.REFUTED),
        ({"unlike": {"gaussian": 0.01}}, "102.constant_far_away", Answer.REFUTED),
        ({"wedges": {"gaussian": 0.9}}, "102.worse_far_away", Answer.REFUTED),
        ({"stripes": {"gaussian": 0.9}}, "102.worse_far_away", Answer.REFUTED),
        ({"shifted": {"gaussian": 0.9}}, "102.worse_on_shifted_images", Answer.REFUTED),
        ({"shifted": {"deep": 0.9}}, "102.net_gains_little_on_shifted_images", Answer.REFUTED),
        ({"wedges": {"deep": 0.55}}, "102.net_extrapolates_wedges", Answer.REFUTED),
        ({"wide": {"far": 0.5}}, "102.wide_kernel_extrapolates_wedges", Answer.REFUTED),
        ({"stripes": {"deep": 0.9}}, "102.net_gains_little_on_stripes", Answer.REFUTED),
        ({"checkerboard": {"deep": 0.9}}, "102.net_fails_on_checkerboard", Answer.REFUTED),
        ({"farthest quarter": {"deep": 0.98}}, "102.net_gains_nothing_on_farthest_images", Answer.REFUTED),
        ({"too_few": {"parity": 0.25}}, "102.parity_needs_many_centres", Answer.REFUTED),
        ({"fail": {"one class": 1.0}}, "102.parity_centres_of_one_class_suffice", Answer.REFUTED),
        ({"needed": {"gaussian": 64}}, "102.kernel_needs_examples_of_each_position", Answer.REFUTED),
        ({"hidden": {"deep": 0.6}}, "42.net_finds_hidden_directions", Answer.REFUTED),
        ({"needed": {"convolutional": 2048}}, "42.convnet_finds_motif", Answer.REFUTED),
        ({"needed": {"deep": 32}}, "42.depth_alone_finds_no_motif", Answer.REFUTED),
        ({"all": {"deep": 1.0}}, "42.depth_alone_gains_nothing_on_images", Answer.REFUTED),
        ({"spread": 0.3}, "42.net_finds_hidden_directions", Answer.INCONCLUSIVE),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


@pytest.mark.parametrize(
    ("planted", "key"),
    [
        ({"half_space": {"gaussian": 1.05}}, "101.kernel_beats_linear_on_images"),
        ({"half_space": {"gaussian": 1.2}}, "101.kernel_beats_half_space"),
        ({"wedges": {"gaussian, covered": 0.5}, "stripes": {"gaussian, covered": 0.5}}, "102.worse_far_away"),
        ({"shifted": {"gaussian, covered": 0.4}}, "102.worse_on_shifted_images"),
        ({"wedges": {"deep": 0.5}}, "102.net_gains_little_on_shifted_images"),
        ({"wedges": {"deep": 0.5}}, "102.net_gains_nothing_on_farthest_images"),
        ({"wedges": {"deep": 0.5}}, "102.net_fails_on_checkerboard"),
        ({"wedges": {"deep": 0.5}}, "102.net_gains_little_on_stripes"),
        ({"wedges": {"gaussian": 0.9}}, "102.wide_kernel_extrapolates_wedges"),
        ({"unlike": {"deep": 0.0}}, "102.constant_far_away"),
        ({"too_few": {"first_bit": 0.0}}, "102.parity_needs_many_centres"),
        ({"fail": {"half cube": 0.0}}, "102.parity_centres_of_one_class_suffice"),
        ({"needed": {"convolutional": 2048}}, "102.kernel_needs_examples_of_each_position"),
        ({"needed": {"convolutional, permuted": 64}}, "42.convnet_finds_motif"),
    ],
)
def test_a_control_that_passes_leaves_no_support(planted, key):
    assert answers(records(**planted))[key] not in (Answer.SUPPORTED, Answer.EXACT)


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
