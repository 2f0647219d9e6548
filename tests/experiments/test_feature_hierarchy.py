"""The judge of feature_hierarchy on planted records, and its whole way at the smallest size."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import feature_hierarchy as experiment

BEFORE = {
    "class": (0.3, 0.6, 0.7, 0.6, 0.4, 0.2),
    "nuisances": (0.5, 0.56, 0.57, 0.55, 0.48, 0.3),
    "pixels": (1.0, 0.86, 0.66, 0.55, 0.4, 0.2),
    "ratio": (-2.1, -1.8, -1.7, -1.7, -1.7, -1.7),
    "against_object": (-0.1, -0.1, -0.1, 0.0, 0.0, 0.0),
    "kept": (0.55, 0.64, 0.6, 0.5, 0.5, 0.5),
    "parts": (0.7, 0.84, 0.84, 0.8, 0.6, 0.6),
    "parts_apart": (0.2, 0.3, 0.35, 0.4, 0.45, 0.5),
    "conjunctions": (0.0, 0.1, 0.1),
    "near": 0.88,
    "far": 0.42,
    "unpaired_near": 0.0,
    "unpaired_far": 0.0,
    "object_apart": 0.5,
    "oriented": 0.3,
}
AFTER = BEFORE | {
    "class": (0.3, 0.78, 0.91, 0.97, 0.99, 0.99),
    "nuisances": (0.6, 0.56, 0.5, 0.4, 0.3, 0.1),
    "pixels": (1.0, 0.86, 0.67, 0.47, 0.1, 0.0),
    "ratio": (-2.1, -1.6, -1.0, -0.3, 0.2, 0.5),
    "against_object": (-0.1, -0.2, -0.3, -0.5, -0.8, -0.9),
    "kept": (0.55, 0.64, 0.76, 0.8, 0.8, 0.8),
    "parts": (0.7, 0.9, 0.94, 0.98, 0.98, 0.95),
    "parts_apart": (0.2, 0.35, 0.4, 0.53, 0.6, 0.7),
    "conjunctions": (0.0, 0.4, 0.4),
    "near": 0.8,
    "far": 0.13,
    "object_apart": 0.8,
    "oriented": 1.6,
}
BLUR = {"blur_conjunctions": 0.0, "blur_kept": 0.8}
SAYS = [(criterion.statement, criterion.counter_evidence) for criterion in experiment.CRITERIA]


def records(after=(), before=(), blur=(), images=("planted",), spread=0.002, seeds=6):
    """What a net that does all the paper says would leave; some of it replaced."""
    generator, rows = np.random.default_rng(0), []
    nets = (("", AFTER | dict(after)), ("untrained_", BEFORE | dict(before)), ("", BLUR | dict(blur)))
    for seed, where, (net, metrics) in itertools.product(range(seeds), images, nets):
        for name, values in metrics.items():
            for layer, value in enumerate(np.atleast_1d(values), 1):
                at = {"trial": seed, "seed": seed, "images": where, "metric": net + name}
                at |= {"dataset": "some"} if where != "planted" else {}
                at |= {"layer": layer} if np.ndim(values) else {}
                if where == "planted" or name == "oriented":
                    rows.append({**at, "value": value + spread * generator.normal()})
    return Records(tuple(rows))


def answer(found, statement, context=0, counter=False):
    """The verdict of the criterion in this place of those on a statement."""
    verdicts = judge(found, experiment.CRITERIA)
    return [verdict for verdict, said in zip(verdicts, SAYS, strict=True) if said == (statement, counter)][context]


def but(name, layer, value, net=AFTER):
    """A metric with another value in one layer."""
    values = list(net[name])
    values[experiment.LAYERS.index(layer)] = value
    return {name: tuple(values)}


def test_a_net_that_does_all_the_paper_says_supports_it():
    verdicts = judge(records(), experiment.CRITERIA)
    found = {said: verdict.verdict for said, verdict in zip(SAYS, verdicts, strict=True) if not said[1]}
    assert set(found.values()) == {Answer.SUPPORTED}, found
    assert not [verdict for verdict in verdicts if verdict.verdict is Answer.ERROR]


@pytest.mark.parametrize(
    ("planted", "statement", "context"),
    [
        (but("nuisances", "hidden", 0.55), 1, 0),
        (but("ratio", "stage 2", -1.7), 21, 0),
        ({"far": 0.75}, 21, 1),
        (but("pixels", "hidden", 0.8), 24, 0),
        (but("class", "hidden", 0.4), 25, 0),
        (but("ratio", "hidden", -1.6), 26, 0),
        (but("nuisances", "hidden", 0.5), 27, 0),
        (but("against_object", "hidden", -0.3), 27, 1),
        ({"oriented": 0.8}, 28, 0),
        ({"conjunctions": (0.0, 0.12, 0.1)}, 29, 0),
        (but("kept", "stage 2", 0.6), 30, 0),
        (but("parts", "stage 3", 0.945), 31, 0),
        ({"object_apart": 0.55}, 32, 0),
        (but("parts_apart", "stage 3", 0.8), 32, 0),
        (but("nuisances", "stage 1", 0.7), 106, 0),
        (but("class", "hidden", 0.35), 106, 1),
    ],
)
def test_each_criterion_can_fail(planted, statement, context):
    assert answer(records(planted), statement, context).verdict is Answer.REFUTED


@pytest.mark.parametrize(
    ("planted", "statement"),
    [(dict(AFTER), 1), (dict(AFTER), 25), ({"oriented": 1.5}, 28), ({"object_apart": 0.9}, 32), (dict(AFTER), 106)],
)
def test_a_net_that_could_do_it_before_it_learned_is_an_error(planted, statement):
    assert answer(records(before=planted), statement).verdict is Answer.ERROR


@pytest.mark.parametrize(
    ("planted", "statement", "says"),
    [
        ({"before": {"far": 0.85}}, 21, Answer.REFUTED),
        ({"before": {}}, 21, Answer.SUPPORTED),
        ({"before": {}}, 24, Answer.SUPPORTED),
        ({"before": but("pixels", "hidden", 0.8, BEFORE)}, 24, Answer.REFUTED),
        ({"after": {}}, 27, Answer.REFUTED),
        ({"after": but("nuisances", "stage 1", 0.7)}, 27, Answer.SUPPORTED),
        ({"blur": {"blur_kept": 0.8}}, 30, Answer.SUPPORTED),
        ({"blur": {"blur_kept": 0.6}}, 30, Answer.REFUTED),
        ({"images": ("planted", "natural", "random phase")}, 28, Answer.SUPPORTED),
        ({}, 28, Answer.NOT_RUN),
    ],
)
def test_counter_evidence_can_fail_too(planted, statement, says):
    assert answer(records(**planted), statement, counter_evidence=True).verdict is says


def test_photographs_decide_about_filters_where_there_are_any():
    found = records(images=("planted", "natural"))
    assert answer(found, 28).verdict is Answer.SUPPORTED
    assert "some" in answer(found, 28).scope
    rows = tuple(
        row | {"value": 0.0} if row["metric"] == "oriented" and row["images"] == "natural" else row
        for row in found.rows
    )
    assert answer(Records(rows), 28).verdict is Answer.REFUTED


def test_106_names_the_modules_that_raise_both():
    found = answer(records(but("nuisances", "stage 1", 0.7)), 106)
    assert found.scope.endswith("stage 2, stage 3, hidden")
