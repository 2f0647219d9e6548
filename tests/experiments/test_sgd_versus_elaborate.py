"""The criteria of sgd_versus_elaborate on planted records, and its problems."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer, judge
from experiments import sgd_versus_elaborate as experiment
from experiments.sgd_versus_elaborate.criteria import ELABORATE, crossing, passes_until
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
    seeds=5,
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
                when = (fewer, sgd[1])
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
    assert len(found) == 8
    assert set(found.values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"training": OBJECTIVE | {"copied images": (0.5, 0.5)}}, "67.images_training_objective", Answer.REFUTED),
        ({"test": (0.12, 0.12), "descent": 0.6}, "67.images_test_error_rate", Answer.REFUTED),
        ({"test": (0.08, 0.12), "descent": 0.6}, "67.adam_gains_nothing", Answer.REFUTED),
        ({"sgd": (4.0, 40.0), "fewer": 8.0}, "67.documents_ten_times_faster", Answer.REFUTED),
        ({"fewer": 1.0}, "67.documents_ten_times_faster", Answer.ERROR),
        ({"fewer": 1.0}, "67.fewer_documents_less_so", Answer.REFUTED),
        ({"sgd": (1.0, 12.0)}, "67.elaborate_more_accurate", Answer.REFUTED),
        ({"training": OBJECTIVE | {"unlike units": (0.001, 0.001)}}, "67.ill_conditioned", Answer.REFUTED),
        ({"training": OBJECTIVE | {"small net": (0.001, 0.001)}}, "67.small_net", Answer.REFUTED),
        ({"seeds": 2}, "67.images_training_objective", Answer.INCONCLUSIVE),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


def test_where_sgd_wins_on_the_ill_conditioned_problem_too_the_first_criterion_cannot_discriminate():
    found = answers(records(training=OBJECTIVE | {"unlike units": (0.001, 0.1)}))
    assert found["67.images_training_objective"] is Answer.ERROR


def test_records_without_a_problem_leave_its_criteria_out():
    found = answers(records().where(problem="documents"))
    assert {key for key, answer in found.items() if answer is not Answer.NOT_RUN} == {"67.elaborate_more_accurate"}


def test_passes_until_are_interpolated_between_two_evaluations():
    found = records(sgd=(3.0, 40.0), seeds=30)
    passes_S = passes_until(found, "documents", "SGD", 0.01)
    assert np.median(passes_S) == pytest.approx(3.0, rel=0.05)
    assert crossing(np.array([0.0, 1.0]), np.array([5.0, 4.0]), 3.0) == 1.0
    assert crossing(np.array([0.0, 1.0]), np.array([2.0, 1.0]), 3.0) == 0.0


def test_every_method_chooses_among_as_many_values():
    counts = {len(values) for methods in HYPERPARAMETERS.values() for values in methods.values()}
    assert counts == {4}
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
