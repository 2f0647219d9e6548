"""The judge of fig1a_space_distortion on planted records, and its picture."""

import io

import jax
import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import local_context
from experiments import fig1a_space_distortion as experiment
from experiments.fig1a_space_distortion.tiny_net import nets, read_back, spelled

PLANTED = {"separable": 20, "bend": 0.5, "turned": 0.0, "solved": 20, "disk": 0, "third": 20, "unlike": 1e-7}
CONTROL = {"separable": 0, "bend": 0.0, "turned": 0.5, "solved": 0, "disk": 1, "third": 0, "unlike": 1.0}


def records(seeds=20, spread=0.01, control=CONTROL, **changed):
    """Planted records: shares as how many of 20 seeds; `control` for the settings in which each must fail."""
    plant, rows = PLANTED | changed, []
    generator = np.random.default_rng(0)

    def put(seed, task, hidden, nonlinearity, **metrics):
        at = {"trial": seed, "seed": seed, "task": task, "hidden": hidden, "nonlinearity": nonlinearity}
        rows.extend({**at, "metric": name, "value": float(value)} for name, value in metrics.items())

    for seed in range(seeds):
        for f in experiment.ALL:
            held = control if f == "identity" else plant
            put(
                *(seed, "two_curves", 2, f),
                separable=seed < held["separable"],
                grid_bend=held["bend"] + (held is plant) * spread * generator.normal(),
                grid_turned=plant["turned"],
                test_accuracy=1.0 if seed < held["solved"] else 0.9,
                unlike_printed=plant["unlike"],
                unlike_printed_first=control["unlike"],
            )
            put(seed, experiment.DISK, 2, f, separable=seed < plant["disk"])
            put(seed, experiment.DISK, 3, f, separable=seed < held["third"])
        put(seed, experiment.DISK, 2, "square", separable=control["disk"], grid_turned=control["turned"])
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_the_planted_truth_is_found():
    verdicts = judge(records(), experiment.CRITERIA)
    assert [verdict.verdict for verdict in verdicts] == [Answer.SUPPORTED] * 7
    assert [verdict.statement for verdict in verdicts if verdict.counter_evidence] == [78, 78]


@pytest.mark.parametrize(
    ("planted", "context", "answer"),
    [
        ({"separable": 2}, 0, Answer.REFUTED),
        ({"separable": 12}, 0, Answer.INCONCLUSIVE),
        ({"bend": 0.01, "spread": 0.001}, 1, Answer.REFUTED),
        ({"bend": 0.05, "spread": 0.1}, 1, Answer.INCONCLUSIVE),
        ({"turned": 0.01}, 2, Answer.REFUTED),
        ({"turned": np.nan}, 2, Answer.INCONCLUSIVE),
        ({"solved": 2}, 3, Answer.REFUTED),
        ({"solved": 12}, 3, Answer.INCONCLUSIVE),
        ({"disk": 1}, 4, Answer.REFUTED),
        ({"third": 2}, 5, Answer.REFUTED),
        ({"third": 12}, 5, Answer.INCONCLUSIVE),
        ({"unlike": 0.01}, 6, Answer.REFUTED),
        ({"unlike": np.nan}, 6, Answer.INCONCLUSIVE),
    ],
)
def test_each_criterion_can_fail(planted, context, answer):
    assert answers(records(**planted))[context] is answer


@pytest.mark.parametrize(
    ("name", "context"), [("separable", 0), ("bend", 1), ("turned", 2), ("solved", 3), ("disk", 4), ("unlike", 6)]
)
def test_a_control_that_passes_is_an_error_and_support_for_nothing(name, context):
    assert answers(records(control=CONTROL | {name: PLANTED[name]}))[context] is Answer.ERROR


def test_a_disk_that_two_units_part_at_most_seeds_spoils_the_third_units_control():
    assert answers(records(disk=20))[5] is Answer.ERROR


def test_few_seeds_decide_identities_alone():
    exact = (2, 4, 6)
    found = answers(records(seeds=3))
    assert [found[context] for context in exact] == [Answer.SUPPORTED] * 3
    assert {answer for context, answer in enumerate(found) if context not in exact} == {Answer.INCONCLUSIVE}


def test_records_hold_the_net_that_is_drawn():
    """One short training: all rows carry the axes, the weights come back, and all three figures can be drawn."""
    config = experiment.Config(seeds=1, first_seed=1000, nonlinearities=("tanh", "identity"), steps=3)
    rows = untrained(config)
    for case in ((*case, f) for case in experiment.CASES for f in config.nonlinearities):
        task, hidden, f = case
        ((_, values),) = nets(Records(tuple(rows)).where(task=task, hidden=hidden, nonlinearity=f).rows)
        assert read_back(values)["layer_01"]["w"].shape == (2, hidden)
    figures = experiment.draw(Records(tuple(rows)))
    assert set(figures) == {"panel_a", "variants", "separable"}
    for figure in figures.values():
        figure.savefig(io.BytesIO(), format="png")


def test_a_diverged_net_is_drawn_as_such():
    config = experiment.Config(seeds=1, first_seed=1000, nonlinearities=("tanh",), steps=3)
    rows = [row | {"value": np.nan} if row["metric"] in ("w1[1,1]", "w2[1,1]") else row for row in untrained(config)]
    figure = experiment.draw(Records(tuple(rows)))["panel_a"]
    assert [text.get_text() for ax in figure.axes for text in ax.texts].count("diverged") == 2
    figure.savefig(io.BytesIO(), format="png")


def untrained(config):
    """What `measure` returns, had no net been trained: first weights alone, looked at as the experiment looks."""

    def as_first(learner, examples, trials, *, task, hidden, **_):
        for index, trial in enumerate(trials):
            model = mlp((hidden,), 1, NONLINEARITIES[trial["nonlinearity"]])
            params = model.init(jax.random.key(trial["seed"]), np.zeros((1, 2)))
            named = {"test_accuracy": 0.5, **spelled(params, experiment.FIRST), **spelled(params)}
            for name, value in named.items():
                axes = {"trial": index, "task": task, "hidden": hidden, **trial}
                yield {**axes, "metric": name, "value": float(value)}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "sweep", as_first)
        return list(experiment.measure(config, local_context(1)).rows)
