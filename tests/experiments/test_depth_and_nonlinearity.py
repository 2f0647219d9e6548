"""The criteria of depth_and_nonlinearity on planted records."""

import numpy as np
import pytest

from dl_jax.evidence.judge import judge
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer
from experiments import depth_and_nonlinearity as experiment
from experiments.depth_and_nonlinearity.criteria import TRAINED_LAYERS

DEPTHS = (1, 2, 5, 10, 20)
PLANTED = {
    "affine": 1e-7,
    "line": 0.0,
    "curved": 0.5,
    "fold": 0.6,
    "fold_tanh": 0.0,
    "relu": 0.95,
    "tanh": 0.95,
    "logistic": 0.1,
    "output_layer": 0.8,
    "all_but_one": 0.95,
    "pieces": 0.0,
    "dead": 1,
    "ten": 0.84,
    "spread": 0.005,
}


def records(**changed):
    """Planted records: what each criterion reads, with one thing changed."""
    plant, generator = PLANTED | changed, np.random.default_rng(0)

    def noisy(value):
        return value + plant["spread"] * generator.normal()

    def of_seed(seed):
        for depth in DEPTHS:
            at = {"seed": seed, "task": "data", "dataset": "planted", "depth": depth}
            for name in ("relu", "tanh", "logistic", "identity"):
                deep = plant.get(name, 0.9) if depth >= 5 else 0.95
                if name == "relu" and depth == 20 and seed < plant["dead"]:
                    deep = 0.1
                if name == "logistic" and 5 <= depth <= 10:
                    deep += plant["ten"]
                residual = plant["affine"] if name == "identity" else 0.3
                metrics = {"test_accuracy": noisy(deep), "affine_residual": residual}
                yield measured(metrics, **at, nonlinearity=name)
            if depth <= 10:
                folds = {"relu": plant["fold"], "tanh": plant["fold_tanh"], "identity": 0.0}
                beyond = {"relu": -plant["curved"], "tanh": -0.3, "identity": plant["line"] * (depth == 5)}
                for name, gain in folds.items():
                    metrics = {"relative_squared_error": noisy(0.9 - gain * (depth >= 5))}
                    metrics["error_above_best_line"] = noisy(beyond[name])
                    yield measured(metrics, seed=seed, task="tent", depth=depth, nonlinearity=name)
        for layers, accuracy in zip(TRAINED_LAYERS, (plant["output_layer"], plant["all_but_one"], 0.95), strict=True):
            metrics = {"test_accuracy": noisy(accuracy)}
            yield measured(metrics, seed=seed, task="partly trained", trained_layers=layers)

    facts = [
        measured({"missing_pieces": missing}, task="constructed", depth=5, nonlinearity=name)
        for name, missing in (("relu", plant["pieces"]), ("identity", 0.5))
    ]
    return Records.gather([*facts, *(each for seed in range(13) for each in of_seed(seed))])


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_planted_support_is_found_though_one_seed_of_the_deepest_nets_fails():
    found = answers(records())
    assert {found.pop(key) for key in ("20.identity_stack_is_affine", "107.pieces_double_with_depth")} == {Answer.EXACT}
    assert set(found.values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"affine": 0.01}, "20.identity_stack_is_affine", Answer.REFUTED),
        ({"line": -0.5}, "20.identity_stack_gains_nothing", Answer.REFUTED),
        ({"line": 0.5}, "20.identity_stack_gains_nothing", Answer.REFUTED),
        ({"line": float("nan")}, "20.identity_stack_gains_nothing", Answer.REFUTED),
        ({"fold": 0.0}, "22.depth_learns_folded_function", Answer.REFUTED),
        ({"fold": 0.25, "spread": 0.2}, "22.depth_learns_folded_function", Answer.INCONCLUSIVE),
        ({"fold_tanh": 0.6}, "22.depth_does_not_help_tanh", Answer.REFUTED),
        ({"logistic": 0.95, "ten": 0.0}, "86.relu_beats_logistic", Answer.REFUTED),
        ({"ten": 0.0}, "86.logistic_trains_ten_layers", Answer.REFUTED),
        ({"dead": 12}, "86.relu_trains_20_layers", Answer.REFUTED),
        ({"dead": 6}, "86.relu_trains_20_layers", Answer.INCONCLUSIVE),
        ({"tanh": 0.5}, "86.relu_no_better_than_tanh", Answer.REFUTED),
        ({"output_layer": 0.95}, "105.all_layers_are_trained", Answer.REFUTED),
        ({"output_layer": 0.9, "spread": 0.1}, "105.all_layers_are_trained", Answer.INCONCLUSIVE),
        ({"pieces": 0.25}, "107.pieces_double_with_depth", Answer.REFUTED),
        ({"logistic": 0.9, "ten": 0.0}, "107.logistic_20_layers_fail", Answer.REFUTED),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


@pytest.mark.parametrize(
    ("planted", "key"),
    [
        ({"curved": 0.0}, "20.identity_stack_gains_nothing"),
        ({"all_but_one": 0.7}, "105.all_layers_are_trained"),
    ],
)
def test_a_control_that_does_not_fail_is_an_error(planted, key):
    """Rectifiers that do no better than a line; an untrained layer that costs as much as all but one."""
    assert answers(records(**planted))[key] is Answer.ERROR


def test_the_proof_is_exact_and_has_no_seeds():
    proof = next(v for v in judge(records(), experiment.CRITERIA) if v.key == "107.pieces_double_with_depth")
    assert (proof.exact, proof.n) == (True, 0)


def test_one_architecture_leaves_the_criteria_on_depth_not_run():
    at = {"seed": 0, "task": "data", "dataset": "planted", "depth": 4, "nonlinearity": "relu"}
    assert set(answers(measured({"test_accuracy": 0.9}, **at)).values()) == {Answer.NOT_RUN}
