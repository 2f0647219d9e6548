"""The judge of stochastic_gradient on planted records, and the rule by which a training stops."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import stochastic_gradient as experiment

SOUND = {"unlike": 0.1, "mistaken": 1e-2, "flat": 5, "tail": 0.0, "floor": 0.2, "full_floor": 0.0, "variance": 1.0,
         "replaced": 15.0, "bias": 1.0, "half": 400.0, "neighbours": 3.0, "noise": 0.01}  # fmt: skip
"""A world in which every statement holds: errors that are flat from a window on, with a tail that still falls later."""


def records(seeds=6, **planted):
    world, rows, generator = SOUND | planted, [], np.random.default_rng(0)
    assert set(world) == set(SOUND)
    for seed in range(seeds):

        def plant(metric, value, seed=seed, **axes):
            value = float(value) * (1 + world["noise"] * generator.normal())
            rows.append({"trial": seed, "seed": seed, **axes, "metric": metric, "value": value})

        for precision, eps in (("float32", 2.0**-23), ("float64", 2.0**-52)):
            plant("unlike_library", world["unlike"] * eps, case="stated", precision=precision)
            plant("unlike_library", world["mistaken"], case="control", mistake="sum", precision=precision)
        plant("first_error", 2.0)
        for window in range(20):
            falling = 2.0 * max(0.0, 1 - (window + 1) / world["flat"])
            error = 0.1 + falling + (world["tail"] if window < 15 else 0.0)
            rows.append({"trial": 0, "seed": seed, "window": window, "metric": "window_error", "value": error})
        for fed, rate in itertools.product(("few", "all"), experiment.RATES):
            floor = world["floor" if fed == "few" else "full_floor"]
            plant("above_least", floor * rate / experiment.RATES[-1], fed=fed, learning_rate=rate)
        for size, state in itertools.product((1, 8, 120), ("untrained", "trained")):
            at = {"batch": size, "state": state}
            plant("variance_ratio", world["variance"], sampler="shuffled", **at)
            plant("variance_ratio", world["replaced"], sampler="with replacement", **at)
            plant("variance_ratio", world["neighbours"], sampler="neighbours", **at)
            plant("bias_ratio", world["bias"], sampler="shuffled", **at)
            plant("bias_ratio", world["half"], sampler="one half", **at)
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_a_sound_world_supports_all():
    assert answers(records()) == [Answer.SUPPORTED] * 6


@pytest.mark.parametrize(
    ("planted", "context", "answer"),
    [
        ({"unlike": 30.0}, 0, Answer.REFUTED),
        ({"mistaken": 0.0}, 0, Answer.ERROR),
        ({"tail": 0.5}, 1, Answer.REFUTED),
        ({"flat": 15}, 1, Answer.REFUTED),
        ({"flat": 1}, 1, Answer.ERROR),
        ({"floor": 0.0}, 2, Answer.REFUTED),
        ({"full_floor": 0.2}, 2, Answer.ERROR),
        ({"variance": 1.2}, 3, Answer.REFUTED),
        ({"replaced": 1.0}, 3, Answer.ERROR),
        ({"bias": 3.0}, 4, Answer.REFUTED),
        ({"bias": 1.4, "noise": 0.9}, 4, Answer.INCONCLUSIVE),
        ({"half": 1.0}, 4, Answer.ERROR),
        ({"neighbours": 1.0}, 5, Answer.REFUTED),
    ],
)
def test_each_criterion_can_fail(planted, context, answer):
    assert answers(records(**planted))[context] is answer


def test_nothing_measured_is_not_run():
    assert set(answers(Records(()))) == {Answer.NOT_RUN}


def test_the_rule_stops_at_the_first_window_that_falls_too_little():
    still = experiment.STILL * 2.0
    assert experiment.stops(2.0, np.array([1.0, 0.5, 0.5 - still / 2, 0.1])) == 2
    assert experiment.stops(2.0, np.array([1.0, 1.1])) == 1
    assert experiment.stops(2.0, np.array([1.0, 0.5, 0.2])) is None
    assert experiment.stops(2.0, np.array([1.0, np.nan])) == 1, "an error that is no number falls no more"
