"""The judge of linear_half_spaces on planted records, and the ceilings that it stands on."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import linear_half_spaces as experiment


def records(linear=-0.1, net=0.25, features=1.0, dented=0.0, unlike=0.0, spread=0.01, seeds=6):
    """Planted records: accuracy of the linear machine and the net above the ceiling, of features outright."""
    generator, rows = np.random.default_rng(0), []
    for task, seed in itertools.product(experiment.TASKS, range(seeds)):
        best = experiment.BEST_HALF_SPACE[task]
        accuracy = {"linear": best + linear, "net": best + net, "linear_on_features": features}
        for machine in accuracy:
            right = 1.0 if task == "half_space" else accuracy[machine] + spread * generator.normal()
            exact = machine == "linear"
            metrics = {
                "test_accuracy": right,
                "dented": dented if exact else 0.2,
                "unlike_weighted_sum": unlike if exact else 0.3,
            }
            at = {"trial": seed, "seed": seed, "task": task, "machine": machine}
            rows += [{**at, "metric": name, "value": value} for name, value in metrics.items()]
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_a_machine_that_is_a_half_space_supports_all():
    assert answers(records()) == [Answer.SUPPORTED] * 5


@pytest.mark.parametrize(
    ("planted", "context", "answer"),
    [
        ({"features": 0.5}, 0, Answer.REFUTED),
        ({"features": 0.67, "spread": 0.1}, 0, Answer.INCONCLUSIVE),
        ({"unlike": 0.01}, 1, Answer.REFUTED),
        ({"dented": 0.01}, 2, Answer.REFUTED),
        ({"linear": 0.2}, 3, Answer.REFUTED),
        ({"linear": 0.05, "spread": 0.1}, 3, Answer.INCONCLUSIVE),
        ({"net": 0.0}, 4, Answer.REFUTED),
        ({"net": 0.05, "spread": 0.1}, 4, Answer.INCONCLUSIVE),
    ],
)
def test_each_criterion_can_fail(planted, context, answer):
    assert answers(records(**planted))[context] is answer


def test_a_net_no_better_than_a_half_space_makes_the_control_of_71_pass_and_that_is_an_error():
    assert answers(records(net=-0.1))[3] is Answer.ERROR


@pytest.mark.parametrize("task", ["xor", "ring", "parity"])
def test_ceilings_by_brute_force(task):
    """No line (for parity: no threshold of any weighted sum of the four bits) does better than the stated ceiling."""
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
