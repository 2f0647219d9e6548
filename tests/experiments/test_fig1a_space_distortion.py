"""The criteria of fig1a_space_distortion on planted records, and its figures from a short training."""

import io
from dataclasses import replace

import numpy as np
import pytest

from dl_jax.evidence.coverage import unread
from dl_jax.evidence.judge import judge
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import HOLDS, Answer
from dl_jax.training.context import local_context
from experiments import fig1a_space_distortion as experiment
from experiments.fig1a_space_distortion.criteria import ALL
from experiments.fig1a_space_distortion.tasks import CASES, CURVES, DISK
from experiments.fig1a_space_distortion.tiny_net import nets

PLANTED = {"separable": 20, "bend": 0.5, "folded": 0.0, "solved": 20, "disk": 0, "third": 20, "printed": 1e-7}
CONTROL = {"separable": 0, "bend": 0.0, "folded": 0.5, "solved": 0, "disk": 1, "third": 0, "printed": 1.0}
"""Values with which every criterion is supported, and those of the controls; numbers of seeds are out of 20."""

SEPARABLE, BENT, NOT_FOLDED = "76.curves_become_separable", "77.grid_is_bent", "77.grid_is_not_folded"
SOLVES, NEVER, THIRD = (
    "78.tiny_net_solves_curves",
    "78.two_units_never_separate_disk",
    "78.third_unit_separates_disk",
)
PRINTED = "92.panel_a_follows_printed_equations"
IDENTITIES = {NOT_FOLDED, NEVER, PRINTED}


def records(seeds=20, spread=0.01, control=CONTROL, **changed):
    planted, generator = PLANTED | changed, np.random.default_rng(0)
    by_hand = {"separable": control["disk"], "grid_folded": control["folded"]}
    parts = [measured(by_hand, task=DISK, hidden=2, nonlinearity="square")]
    for seed in range(seeds):
        for f in ALL:
            values = control if f == "identity" else planted
            metrics = {
                "separable": seed < values["separable"],
                "grid_bend": values["bend"] + (values is planted) * spread * generator.normal(),
                "grid_folded": planted["folded"],
                "test_accuracy": 1.0 if seed < values["solved"] else 0.9,
                "printed_error": named([control["printed"], planted["printed"]], state=("untrained", "trained")),
            }
            parts.append(measured(metrics, seed=seed, task=CURVES, hidden=2, nonlinearity=f))
            for hidden, separable in ((2, planted["disk"]), (3, values["third"])):
                metrics = {"separable": seed < separable}
                parts.append(measured(metrics, seed=seed, task=DISK, hidden=hidden, nonlinearity=f))
    return Records.gather(parts)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_all_is_supported_where_all_holds():
    verdicts = judge(records(), experiment.CRITERIA)
    assert {verdict.key for verdict in verdicts if verdict.verdict is Answer.EXACT} == IDENTITIES
    assert {verdict.verdict for verdict in verdicts} == {Answer.SUPPORTED, Answer.EXACT}
    assert {verdict.key for verdict in verdicts if verdict.role in ("limit", "contradicts")} == {NEVER}


@pytest.mark.parametrize(
    ("changed", "key", "answer"),
    [
        ({"separable": 2}, SEPARABLE, Answer.REFUTED),
        ({"separable": 12}, SEPARABLE, Answer.INCONCLUSIVE),
        ({"separable": 2}, "76.relu_separates_curves", Answer.REFUTED),
        ({"separable": 2}, "76.logistic_separates_curves", Answer.REFUTED),
        ({"bend": 0.01, "spread": 0.001}, "77.other_units_bend_it_too", Answer.REFUTED),
        ({"bend": 0.01, "spread": 0.001}, BENT, Answer.REFUTED),
        ({"bend": 0.05, "spread": 0.1}, BENT, Answer.INCONCLUSIVE),
        ({"folded": 0.01}, NOT_FOLDED, Answer.REFUTED),
        ({"folded": np.nan}, NOT_FOLDED, Answer.REFUTED),
        ({"solved": 2}, SOLVES, Answer.REFUTED),
        ({"solved": 12}, SOLVES, Answer.INCONCLUSIVE),
        ({"disk": 1}, NEVER, Answer.REFUTED),
        ({"third": 2}, THIRD, Answer.REFUTED),
        ({"third": 12}, THIRD, Answer.INCONCLUSIVE),
        ({"disk": 20}, THIRD, Answer.ERROR),
        ({"printed": 0.01}, PRINTED, Answer.REFUTED),
        ({"printed": np.nan}, PRINTED, Answer.REFUTED),
    ],
)
def test_each_criterion_can_fail(changed, key, answer):
    assert answers(records(**changed))[key] is answer


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("separable", SEPARABLE),
        ("bend", BENT),
        ("folded", NOT_FOLDED),
        ("solved", SOLVES),
        ("disk", NEVER),
        ("printed", PRINTED),
    ],
)
def test_a_control_that_is_supported_is_an_error(name, key):
    assert answers(records(control=CONTROL | {name: PLANTED[name]}))[key] is Answer.ERROR


def test_few_seeds_decide_identities_only():
    found = answers(records(seeds=3))
    assert {key for key, answer in found.items() if answer is Answer.EXACT} == IDENTITIES
    assert {answer for key, answer in found.items() if key not in IDENTITIES} == {Answer.INCONCLUSIVE}


def test_exchanged_with_their_controls_nothing_is_supported():
    exchanged = [
        each._replace(test=each.test._replace(estimand=each.control), control=each.test.estimand)
        for each in experiment.CRITERIA
        if each.key not in IDENTITIES
    ]
    assert not [verdict.key for verdict in judge(records(), exchanged) if verdict.verdict in HOLDS]


CONFIG = experiment.Config(seeds=1, first_seed=1000, nonlinearities=("tanh", "identity"), steps=3)


@pytest.fixture(scope="module")
def trained(quickly):
    with quickly():
        return experiment.measure(CONFIG, local_context(1))


def test_the_weights_of_every_net_are_in_the_records_in_both_states(trained):
    weights = {(axes["task"], axes["hidden"], axes["nonlinearity"]): states for axes, states in nets(trained)}
    assert set(weights) == {(*case, f) for case in CASES for f in CONFIG.nonlinearities} | {(DISK, 2, "square")}
    for (_, hidden, f), states in weights.items():
        assert set(states) == ({"trained"} if f == "square" else {"untrained", "trained"})
        assert states["trained"]["layer_01"]["w"].shape == (2, hidden)


def test_everything_measured_is_judged_or_declared(trained):
    assert unread(trained, experiment.CRITERIA, experiment.NOT_JUDGED) == []


def test_the_net_made_by_hand_is_a_fact_and_separates_the_disk(trained):
    (separable,) = trained.where(metric="separable", nonlinearity="square")
    assert separable == {
        "task": DISK,
        "hidden": 2,
        "nonlinearity": "square",
        "metric": "separable",
        "value": 1.0,
    }


def test_the_figures_are_drawn_from_records_that_were_written_and_read(trained, tmp_path):
    trained.write(tmp_path / "records.jsonl")
    figures = experiment.draw(Records.read(tmp_path / "records.jsonl"))
    assert set(figures) == {"panel_a", "variants", "separable"}
    for figure in figures.values():
        figure.savefig(io.BytesIO(), format="png")


def test_a_diverged_net_is_drawn_as_such(trained):
    arrays = (replace(each, values=np.full_like(each.values, np.nan)) for each in trained.arrays)
    figure = experiment.draw(Records(trained.rows, tuple(arrays)))["panel_a"]
    assert [text.get_text() for ax in figure.axes for text in ax.texts].count("diverged") == 2
    figure.savefig(io.BytesIO(), format="png")
