"""The criteria of sgd_versus_elaborate on planted records, and its problems."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.judge import judge
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer
from experiments import sgd_versus_elaborate as experiment
from experiments.sgd_versus_elaborate.estimands import ELABORATE, crossing, delay, lead, passes_until
from experiments.sgd_versus_elaborate.problems import BUDGET, HYPERPARAMETERS, PROBLEMS, evaluated_at
from experiments.sgd_versus_elaborate.race import FULL_BATCH, STOCHASTIC

PASSES = tuple(2.0**k for k in range(-2, 11, 2))
OBJECTIVE = {"copied images": (0.01, 0.5), "unlike units": (0.1, 0.001), "small net": (0.01, 0.001)}
"""At the end, of SGD and momentum, and of the elaborate methods."""


def excess(passes, close, closer):
    """The excess over the optimum of a method that is within 1 % of it at `close` passes, within 0.01 % at `closer`."""
    return 10 ** (-2 - 2 * (np.log10(passes) - np.log10(close)) / (np.log10(closer) - np.log10(close)))


def records(
    training=OBJECTIVE,
    test=(0.03, 0.12),
    adam=0.035,
    descent=0.3,
    sgd=(1.0, 40.0),
    elaborate=(16.0, 24.0),
    fewer=4.0,
    accurate=40.0,
    seeds=13,
):
    """Planted: objectives, test error rates of SGD and of the elaborate, their passes until 1 and 0.01 %."""
    generator, parts = np.random.default_rng(0), []
    for problem, method, seed, passes in itertools.product(PROBLEMS, (*STOCHASTIC, *FULL_BATCH), range(seeds), PASSES):
        noise = 1 + 0.05 * generator.normal()
        if "documents" in problem:
            if method not in ("SGD", *ELABORATE):
                continue
            when = sgd if method == "SGD" else elaborate
            if problem == "fewer documents" and method == "SGD":
                when = (fewer, accurate)
            metrics = {"objective": 1 + min(1.0, excess(passes, when[0] * noise, when[1]))}
        else:
            hard = method in ELABORATE
            planted = {"Adam": adam, "gradient descent": descent}
            metrics = {
                "objective": training[problem][hard] * noise,
                "test_error_rate": planted.get(method, test[hard]) + 0.001 * generator.normal(),
            }
        parts.append(measured(metrics, seed=seed, problem=problem, method=method, passes=passes))
    return Records.gather(parts)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_what_the_paper_and_its_critics_say_is_supported():
    found = answers(records())
    assert len(found) == 7
    assert set(found.values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"training": OBJECTIVE | {"copied images": (0.5, 0.5)}}, "67.images_training_objective", Answer.REFUTED),
        ({"test": (0.12, 0.12), "descent": 0.6}, "67.images_test_error_rate", Answer.REFUTED),
        ({"test": (0.08, 0.12), "descent": 0.6}, "67.adam_gains_nothing", Answer.REFUTED),
        ({"sgd": (4.0, 40.0), "fewer": 8.0}, "67.documents_ten_times_faster", Answer.REFUTED),
        ({"accurate": 12.0}, "67.elaborate_more_accurate", Answer.REFUTED),
        ({"training": OBJECTIVE | {"unlike units": (0.001, 0.001)}}, "67.ill_conditioned", Answer.REFUTED),
        ({"training": OBJECTIVE | {"small net": (0.001, 0.001)}}, "67.small_net", Answer.REFUTED),
        ({"seeds": 2}, "67.images_training_objective", Answer.INCONCLUSIVE),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


@pytest.mark.parametrize(
    ("planted", "key"),
    [
        ({"training": OBJECTIVE | {"unlike units": (0.001, 0.1)}}, "67.images_training_objective"),
        ({"descent": 0.03}, "67.images_test_error_rate"),
        ({"descent": 0.03}, "67.adam_gains_nothing"),
        ({"fewer": 1.0}, "67.documents_ten_times_faster"),
        ({"fewer": 30.0}, "67.elaborate_more_accurate"),
        ({"training": OBJECTIVE | {"copied images": (0.5, 0.01)}}, "67.ill_conditioned"),
        ({"training": OBJECTIVE | {"copied images": (0.5, 0.01)}}, "67.small_net"),
    ],
)
def test_a_control_that_passes_leaves_no_support(planted, key):
    assert answers(records(**planted))[key] is not Answer.SUPPORTED


def test_records_without_a_problem_leave_its_criteria_out():
    found = answers(records().where(problem="fewer documents"))
    assert {key for key, answer in found.items() if answer is not Answer.NOT_RUN} == {"67.elaborate_more_accurate"}


def test_a_criterion_whose_rivals_did_not_run_is_not_run():
    assert set(answers(records().where(method="SGD")).values()) == {Answer.NOT_RUN}


def broken(found, value, **where):
    """The records with another value where the axes fit."""
    rows = {id(row) for row in found.where(**where).rows}
    return Records(tuple({**row, "value": value} if id(row) in rows else row for row in found.rows))


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_diverged_rival_has_lost_whether_read_from_disk_or_not(value, tmp_path):
    """One rival is infinitely high; the others remain, and decide."""
    found = broken(records(), value, method="L-BFGS", problem="copied images")
    found.write(tmp_path / "records.jsonl")
    for each in (found, Records.read(tmp_path / "records.jsonl")):
        assert answers(each)["67.images_training_objective"] is Answer.SUPPORTED
        assert answers(each)["67.images_test_error_rate"] is Answer.SUPPORTED


@pytest.mark.parametrize("value", [np.inf, np.nan])
@pytest.mark.parametrize("methods", [("SGD", "SGD with momentum"), ELABORATE])
def test_a_side_that_failed_altogether_supports_nothing(value, methods):
    found = answers(broken(records(), value, method=methods, problem=("copied images", "unlike units", "small net")))
    for key in ("67.images_training_objective", "67.ill_conditioned", "67.small_net"):
        assert found[key] is not Answer.SUPPORTED


def test_where_sgd_never_comes_near_the_optimum_its_lead_is_0():
    found = broken(records(), np.inf, method="SGD", problem="documents")
    np.testing.assert_array_equal(lead(0.01)(found), np.zeros(13))
    assert answers(found)["67.documents_ten_times_faster"] is not Answer.SUPPORTED


def test_an_elaborate_method_that_never_comes_near_counts_with_the_budget_against_sgd_and_as_never_for_itself():
    found = broken(records(), 10.0, method=ELABORATE, problem="documents", passes=PASSES)
    assert np.median(lead(0.01)(found)) == pytest.approx(PASSES[-1], rel=0.05)
    np.testing.assert_array_equal(delay(0.01)(found), np.zeros(13))


def test_passes_until_are_interpolated_between_two_evaluations():
    found = records(sgd=(3.0, 40.0), seeds=30)
    passes_S = passes_until(found, "documents", "SGD", 0.01)
    assert np.median(passes_S) == pytest.approx(3.0, rel=0.05)
    assert crossing(np.array([1.0, 10.0]), np.array([5.0, 4.0]), 3.0, np.inf) == np.inf
    assert crossing(np.array([1.0, 10.0]), np.array([2.0, 1.0]), 3.0, np.inf) == 1.0
    assert crossing(np.array([1.0, 10.0]), np.array([4.0, 2.0]), 3.0, np.inf) == pytest.approx(10**0.5)
    assert crossing(np.array([1.0, 10.0]), np.array([np.inf, 2.0]), 3.0, np.inf) == 10.0
    by_chance = np.array([2.0, 4.0, 2.0, 1.0])
    assert crossing(np.array([1.0, 10.0, 100.0, 1000.0]), by_chance, 3.0, np.inf) == pytest.approx(10**1.5)
    assert crossing(np.array([1.0, 10.0]), np.array([2.0, 4.0]), 3.0, np.inf) == np.inf


def test_every_method_chooses_among_as_many_values():
    counts = {len(values) for methods in HYPERPARAMETERS.values() for values in methods.values()}
    assert counts == {5}
    assert set(HYPERPARAMETERS) == set(BUDGET) == set(PROBLEMS)


def test_evaluations_double_up_to_the_budget():
    for name in PROBLEMS:
        passes_K = evaluated_at(16 * BUDGET[name])
        assert passes_K[-1] == 16 * BUDGET[name]
        np.testing.assert_allclose(passes_K[1:] / passes_K[:-1], 2.0)
        assert passes_K[0] <= 0.25


def test_every_problem_builds():
    config = experiment.Config(copies=1, epochs=1)
    for name in PROBLEMS:
        problem = experiment.problem(name, config)
        assert problem.name == name
        assert problem.passes_K[-1] == BUDGET[name]
        assert problem.classifies == (name in ("copied images", "documents", "fewer documents"))


def test_the_fewest_products_with_the_hessian_are_no_edge():
    at = {"seed": 0, "problem": "small net", "at_edge": True}
    parts = [measured({"objective": 1.0}, method="Newton-CG", hyperparameter=each, **at) for each in (1.0, 100.0)]
    parts.append(measured({"objective": 1.0}, method="L-BFGS", hyperparameter=1.0, **at))
    rows = experiment.bounded(Records.gather(parts)).rows
    assert [(row["method"], row["hyperparameter"], "at_edge" in row) for row in rows] == [
        ("Newton-CG", 1.0, False),
        ("Newton-CG", 100.0, True),
        ("L-BFGS", 1.0, True),
    ]
