"""The judge of depth_and_nonlinearity on planted records, and what its parts are built on."""

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import depth_and_nonlinearity as experiment

DEPTHS = (1, 2, 5, 10, 20)
PLANTED = {
    "bend": 1e-7,
    "line": 1.0,
    "fold": 0.6,
    "relu": 0.95,
    "tanh": 0.95,
    "logistic": 0.1,
    "scores": 0.8,
    "most": 0.95,
    "pieces": 0.0,
    "spread": 0.005,
}


def records(**changed):
    """Planted records: what each criterion looks at, with one thing changed."""
    plant = PLANTED | changed
    generator, rows = np.random.default_rng(0), []

    def put(metric, value, seed, noise=1.0, **axes):
        value += noise * plant["spread"] * generator.normal()
        rows.append({"trial": seed, "seed": seed, **axes, "metric": metric, "value": value})

    for seed in range(6):
        for depth in DEPTHS:
            at = {"task": "data", "dataset": "planted", "depth": depth, "hidden": str(depth)}
            for name in ("relu", "tanh", "logistic", "identity"):
                deep = plant.get(name, 0.9) if depth >= 5 else 0.95
                put("test_accuracy", deep, seed, **at, nonlinearity=name)
                put("bend", plant["bend"] if name == "identity" else 0.3, seed, noise=0, **at, nonlinearity=name)
            if depth <= 10:
                fold = 0.9 - plant["fold"] * (depth >= 5)
                put("test_error", fold, seed, task="tent", depth=depth, nonlinearity="relu")
                put("test_error", plant["line"], seed, task="tent", depth=depth, nonlinearity="identity")
        for name, missing in (("relu", plant["pieces"]), ("identity", 0.5)):
            put("missing_pieces", missing, seed, noise=0, task="constructed", depth=5, nonlinearity=name)
        for learned, value in zip(experiment.LEARNED, (plant["scores"], plant["most"], 0.95), strict=True):
            put("test_accuracy", value, seed, task="partly learned", learned=learned)
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_the_planted_truth_is_found():
    assert answers(records()) == [Answer.SUPPORTED] * len(experiment.CRITERIA)


@pytest.mark.parametrize(
    ("planted", "context", "answer"),
    [
        ({"bend": 0.01}, 0, Answer.REFUTED),
        ({"line": 0.5}, 1, Answer.REFUTED),
        ({"fold": 0.0}, 2, Answer.REFUTED),
        ({"fold": 0.25, "spread": 0.2}, 2, Answer.INCONCLUSIVE),
        ({"logistic": 0.95}, 3, Answer.REFUTED),
        ({"tanh": 0.5}, 4, Answer.REFUTED),
        ({"scores": 0.95}, 5, Answer.REFUTED),
        ({"scores": 0.93, "spread": 0.1}, 5, Answer.INCONCLUSIVE),
        ({"pieces": 0.25}, 6, Answer.REFUTED),
        ({"logistic": 0.9}, 7, Answer.REFUTED),
    ],
)
def test_each_criterion_can_fail(planted, context, answer):
    assert answers(records(**planted))[context] is answer


def test_controls_that_pass_are_errors():
    assert answers(records(most=0.7))[5] is Answer.ERROR, "letting one layer rest costs as much as letting all rest"


def test_one_architecture_leaves_the_questions_of_depth_unasked():
    row = {"trial": 0, "seed": 0, "task": "data", "dataset": "planted", "depth": 4, "hidden": "9,8,7,6"}
    only = Records(({**row, "nonlinearity": "relu", "metric": "test_accuracy", "value": 0.9},))
    assert set(answers(only)) == {Answer.NOT_RUN}
