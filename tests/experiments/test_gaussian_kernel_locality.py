"""The judge of gaussian_kernel_locality on planted records."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import gaussian_kernel_locality as experiment

PLACES, COUNTS, DIMENSIONS, BITS = (1, 49), (32, 128, 512, 2048), (2, 32), (2, 5)
ALL = {
    "images": {"gaussian": 0.98, "linear kernel": 0.92, "linear": 0.95, "deep": 0.96},
    "farthest": {"gaussian": 0.93, "deep": 0.9},
    "simple": {"gaussian": 0.99, "linear kernel": 0.55},
    "far": {"gaussian": 0.5, "gaussian, covered": 0.9, "deep": 0.95},
    "stripes": {"gaussian": 0.5, "gaussian, covered": 0.9, "deep": 0.55},
    "checkerboard": {"gaussian": 0.5, "gaussian, covered": 0.7, "deep": 0.5},
    "unlike": {"gaussian": 0.0, "deep": 1e4},
    "too_few": {"parity": 0.0, "first_bit": 1.0},
    "fails": {"one class": 0.0, "half cube": 1.0},
    "needed": {"gaussian": 2048, "convolutional": 64, "convolutional, scrambled": 2048, "deep": 2048},
    "hidden": {"gaussian": 0.6, "deep": 0.9},
}


def records(seeds=6, spread=0.004, **planted):
    """Planted records; `needed` is the number of examples from which on a machine is good at the most places."""
    truth = {part: values | planted.get(part, {}) for part, values in ALL.items()}
    generator, rows = np.random.default_rng(0), []

    def add(seed, metric, value, exact=False, **at):
        value = value if exact else value + spread * generator.normal()
        rows.append({"trial": seed, "seed": seed, **at, "metric": metric, "value": float(value)})

    for seed in range(seeds):
        for machine, value in truth["images"].items():
            add(seed, "test_accuracy", value, task="data", machine=machine, dataset="digits")
        for machine, value in truth["farthest"].items():
            add(seed, "test_accuracy_farthest", value, task="data", machine=machine, dataset="digits")
        for machine, task in itertools.product(truth["simple"], ("half_space", "xor", "ring")):
            value = 0.99 if task == "half_space" else truth["simple"][machine]
            add(seed, "test_accuracy", value, task=task, machine=machine)
        for machine, task in itertools.product(truth["far"], ("wedges", "stripes", "checkerboard")):
            value = truth["far" if task == "wedges" else task][machine]
            add(seed, experiment.NEAR, 0.96, task=task, machine=machine)
            add(seed, experiment.FAR, value, task=task, machine=machine)
            unlike = truth["unlike"].get(machine, 0.0)
            add(seed, "test_unlike_constant", unlike, exact=True, task=task, machine=machine)
        for bits in BITS:
            for rule, value in truth["too_few"].items():
                add(seed, "one_too_few", value, exact=True, rule=rule, bits=bits)
            for of, value in truth["fails"].items():
                add(seed, "fails", value, exact=True, of=of, bits=bits)
        for machine, places, count in itertools.product(truth["needed"], PLACES, COUNTS):
            good = count >= (32 if places == 1 else truth["needed"][machine])
            at = {"task": "motif", "machine": machine, "places": places, "examples": count}
            add(seed, "test_accuracy", 0.97 if good else 0.6, **at)
        for machine, dimensions in itertools.product(truth["hidden"], DIMENSIONS):
            value = truth["hidden"][machine] if dimensions == 32 else 0.97
            add(seed, "test_accuracy", value, task="hidden xor", machine=machine, dimensions=dimensions)
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def place_of(words):
    """Which criterion says these words."""
    found = [number for number, criterion in enumerate(experiment.CRITERIA) if words in criterion.title]
    assert len(found) == 1, words
    return found[0]


def test_a_local_kernel_and_a_net_that_is_not_support_all():
    assert answers(records()) == [Answer.SUPPORTED] * len(experiment.CRITERIA)


@pytest.mark.parametrize(
    ("planted", "words", "answer"),
    [
        ({"images": {"linear": 0.98}}, "the best linear classifier", Answer.REFUTED),
        ({"images": {"linear kernel": 0.98}}, "the best linear classifier", Answer.REFUTED),
        ({"simple": {"gaussian": 0.6}}, "no hyperplane", Answer.REFUTED),
        ({"unlike": {"gaussian": 0.01}}, "answers with a constant", Answer.REFUTED),
        ({"far": {"gaussian": 0.9}, "stripes": {"gaussian": 0.9}}, "worse than near", Answer.REFUTED),
        ({"far": {"deep": 0.55}}, "wedges, where", Answer.REFUTED),
        ({"stripes": {"deep": 0.9}}, "stripes, which", Answer.REFUTED),
        ({"checkerboard": {"deep": 0.9}}, "a checkerboard", Answer.REFUTED),
        ({"farthest": {"deep": 0.98}}, "farthest quarter", Answer.REFUTED),
        ({"too_few": {"parity": 0.25}}, "one fewer", Answer.REFUTED),
        ({"fails": {"one class": 1.0}}, "2^(d-1) are enough", Answer.REFUTED),
        ({"needed": {"gaussian": 64}}, "doublings", Answer.REFUTED),
        ({"hidden": {"deep": 0.6}}, "hidden in many", Answer.REFUTED),
        ({"needed": {"convolutional": 2048}}, "a convolutional net finds", Answer.REFUTED),
        ({"needed": {"deep": 32}}, "depth without convolution", Answer.REFUTED),
        ({"images": {"deep": 1.0}}, "without convolution gains nothing that", Answer.REFUTED),
        ({"spread": 0.3}, "hidden in many", Answer.INCONCLUSIVE),
    ],
)
def test_each_criterion_can_fail(planted, words, answer):
    assert answers(records(**planted))[place_of(words)] is answer


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        ({"far": {"gaussian, covered": 0.5}, "stripes": {"gaussian, covered": 0.5}}, "worse than near"),
        ({"far": {"deep": 0.5}}, "a checkerboard"),
        ({"far": {"deep": 0.5}}, "stripes, which"),
        ({"unlike": {"deep": 0.0}}, "answers with a constant"),
        ({"too_few": {"first_bit": 0.0}}, "one fewer"),
        ({"fails": {"half cube": 0.0}}, "2^(d-1) are enough"),
        ({"needed": {"convolutional": 2048}}, "doublings"),
        ({"needed": {"convolutional, scrambled": 64}}, "a convolutional net finds"),
    ],
)
def test_a_control_that_passes_is_an_error(planted, words):
    assert answers(records(**planted))[place_of(words)] is Answer.ERROR


def test_without_radial_units_and_with_other_data_it_still_says_for_what_it_holds():
    assert "digits" in judge(records(), experiment.CRITERIA)[0].scope
