"""The judge of objective_and_gradient on planted records: what it supports, refutes and leaves open."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import objective_and_gradient as experiment

STATES = ("untrained", "trained")
SOUND = {
    "chance": 0.0, "spread": 0.03, "guesses": 0.015, "below_zero": 0.0, "not_rising": 0.0, "removed": 0.9,
    "randomly_removed": 0.0, "jumps": 1.0, "notched": 0.0, "unlike": 0.0, "left_out": 0.7, "miss": 1e-6, "long": 0.7,
    "others_miss": 0.6, "against": -1.0, "along": 1.0, "across": 0.0, "anywhere": 0, "near": 0, "impostor": 99,
    "better": 0.7, "noise": 0.003,
}  # fmt: skip
"""A world in which every statement holds, with its controls and counter-evidence."""


def records(seeds=6, **planted):
    world, rows, generator = SOUND | planted, [], np.random.default_rng(0)
    assert set(world) == set(SOUND)

    def around(value):
        return value + world["noise"] * generator.normal()

    for seed in range(seeds):

        def plant(metric, value, seed=seed, **axes):
            rows.append({"trial": seed, "seed": seed, **axes, "metric": metric, "value": float(value)})

        for name in ("half squared", "cross-entropy", "binary cross-entropy"):
            plant("below_zero", world["below_zero"], loss=name)
            plant("not_rising", world["not_rising"], loss=name)
        plant("below_zero", 9.0, loss=experiment.SIGNED)
        plant("not_rising", 0.5, loss=experiment.SIGNED)
        plant("spread", around(world["guesses"]), machine="guesses", depth=1)
        for task, direction in itertools.product(("batches", "all examples"), ("gradient", "random direction")):
            axes = {"task": task, "direction": direction, "state": "trained", "depth": 1, "nonlinearity": "tanh"}
            gone = world["removed" if direction == "gradient" else "randomly_removed"]
            plant("error_removed", around(gone), **axes)
            plant("above_chance", around(gone), **axes)
        for name in experiment.UNITS:
            plant("above_chance", around(world["chance"]), state="untrained", depth=1, nonlinearity=name)
            plant("spread", around(world["spread"]), machine="net", depth=1, nonlinearity=name)
            for left in ("none", "the first", "the last"):
                gap = world["unlike" if left == "none" else "left_out"]
                plant("unlike_elsewhere", gap, left_behind=left, nonlinearity=name)
        for name, state in itertools.product(experiment.UNITS, STATES):
            at = {"nonlinearity": name, "state": state}
            for turn, (kind, order) in itertools.product(
                experiment.TURNS, (("real", "jumps"), ("catching", "notched"))
            ):
                plant("largest_jump", turn ** world[order], knobs=kind, turn=turn, **at)
            for told, step in itertools.product(("its own", "the next one's", "half the examples'"), experiment.GROWN):
                own = world["miss"] if step < 1 else around(world["long"])
                plant("miss", own if told == "its own" else world["others_miss"], told=told, step=step, **at)
            for way in ("against", "along", "across"):
                plant("slope", world[way], way=way, length=experiment.TINY, **at)
            for among in ("anywhere", "near"):
                plant("better", world[among], among=among, leader="negative gradient", **at)
                plant("better", world["impostor"], among=among, leader="one of them", **at)
            for length in experiment.LENGTHS:
                share = around(world["better"]) if length == experiment.LENGTHS[-1] else 0.0
                plant("share_better", share, length=length, **at)
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_a_sound_world_supports_all():
    assert answers(records()) == [Answer.SUPPORTED] * 16


@pytest.mark.parametrize(
    ("planted", "context", "answer"),
    [
        ({"chance": 0.1}, 0, Answer.REFUTED),
        ({"noise": 0.1}, 0, Answer.INCONCLUSIVE),
        ({"removed": 0.0}, 0, Answer.ERROR),
        ({"spread": 0.0}, 1, Answer.REFUTED),
        ({"below_zero": 0.1}, 2, Answer.REFUTED),
        ({"not_rising": 0.1}, 3, Answer.REFUTED),
        ({"removed": 0.0}, 4, Answer.REFUTED),
        ({"randomly_removed": 0.9}, 4, Answer.ERROR),
        ({"jumps": 0.5}, 5, Answer.REFUTED),
        ({"notched": 1.0}, 5, Answer.ERROR),
        ({"unlike": 0.01}, 6, Answer.REFUTED),
        ({"left_out": 0.0}, 6, Answer.ERROR),
        ({"miss": 0.01}, 7, Answer.REFUTED),
        ({"others_miss": 1e-6}, 7, Answer.ERROR),
        ({"long": 0.0}, 8, Answer.REFUTED),
        ({"against": -0.9}, 9, Answer.REFUTED),
        ({"along": -1.0}, 10, Answer.REFUTED),
        ({"across": 0.01}, 11, Answer.REFUTED),
        ({"anywhere": 1}, 12, Answer.REFUTED),
        ({"near": 1}, 13, Answer.REFUTED),
        ({"impostor": 0}, 13, Answer.ERROR),
        ({"removed": 0.3}, 14, Answer.REFUTED),
        ({"better": 0.0}, 15, Answer.REFUTED),
    ],
)
def test_each_criterion_can_fail(planted, context, answer):
    assert answers(records(**planted))[context] is answer


def test_nothing_measured_is_not_run():
    assert set(answers(Records(()))) == {Answer.NOT_RUN}
