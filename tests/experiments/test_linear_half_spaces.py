"""The criteria of linear_half_spaces on planted records, and the accuracies of the best half-space."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer, judge
from experiments import linear_half_spaces as experiment


def records(linear=-0.1, net=0.25, features=1.0, nonconvexity=0.0, differs=0.0, spread=0.01, seeds=6):
    """Planted records: accuracy of the linear classifier, the net and the features above the best half-space."""
    generator, found = np.random.default_rng(0), []
    for task, seed in itertools.product(experiment.TASKS, range(seeds)):
        best = experiment.BEST_HALF_SPACE[task]
        accuracy = {"linear": best + linear, "net": best + net, "linear_on_features": features}
        for method in accuracy:
            metrics = {
                "test_accuracy": 1.0 if task == "half_space" else accuracy[method] + spread * generator.normal(),
                "nonconvexity": nonconvexity if method == "linear" else 0.2,
                "differs_from_weighted_sum": differs if method == "linear" else 0.3,
            }
            found.append(measured(metrics, seed=seed, task=task, method=method))
    return Records.gather(found)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_a_linear_classifier_that_is_a_half_space_supports_all():
    assert set(answers(records()).values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"features": 0.5}, "69.features_help_linear", Answer.REFUTED),
        ({"features": 0.67, "spread": 0.1}, "69.features_help_linear", Answer.INCONCLUSIVE),
        ({"differs": 0.01}, "70.decides_by_weighted_sum", Answer.REFUTED),
        ({"nonconvexity": 0.01}, "71.regions_are_convex", Answer.REFUTED),
        ({"linear": 0.2}, "71.linear_stays_at_best_half_space", Answer.REFUTED),
        ({"linear": 0.05, "spread": 0.1}, "71.linear_stays_at_best_half_space", Answer.INCONCLUSIVE),
        ({"net": 0.0}, "71.net_beats_half_space", Answer.REFUTED),
        ({"net": 0.05, "spread": 0.1}, "71.net_beats_half_space", Answer.INCONCLUSIVE),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


def test_a_net_no_better_than_a_half_space_supports_the_control_of_71_and_that_is_an_error():
    assert answers(records(net=-0.1))["71.linear_stays_at_best_half_space"] is Answer.ERROR


@pytest.mark.parametrize("task", ["xor", "ring", "parity"])
def test_the_best_half_space_by_brute_force(task):
    """No line (for parity: no threshold of any weighted sum of the four bits) does better than the stated accuracy."""
    if task == "parity":
        x_NxD = np.array(list(itertools.product([-1.0, 1.0], repeat=4)))
        label_N = (x_NxD > 0).sum(1) % 2 == 1
        directions = np.array(list(itertools.product([-3, -2, -1, 0, 1, 2, 3], repeat=4)), float)
        tolerance = 1e-9
    else:
        import jax

        examples = experiment.TASKS[task](jax.random.key(0), 8192)
        x_NxD, label_N = np.asarray(examples.x), np.asarray(examples.y) == 1
        angle = np.linspace(0, 2 * np.pi, 181)
        directions, tolerance = np.stack([np.cos(angle), np.sin(angle)], 1), 0.02
    best = 0.0
    for direction in directions:
        along = x_NxD @ direction
        for threshold in np.unique(np.round(along, 2)) - 0.005:
            best = max(best, np.mean((along > threshold) == label_N))
    assert best == pytest.approx(experiment.BEST_HALF_SPACE[task], abs=tolerance)
