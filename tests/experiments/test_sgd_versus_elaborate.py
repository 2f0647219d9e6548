"""The judge of sgd_versus_elaborate on planted records."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import sgd_versus_elaborate as experiment

PASSES = tuple(2.0**k for k in range(-2, 11, 2))
LOSS = {"copied images": (0.01, 0.5), "unlike units": (0.1, 0.001), "small net": (0.01, 0.001)}
"""At the end, of SGD and momentum, and of the elaborate methods."""


def excess(passes, close, closer):
    """The excess over the optimum of a method that is within 1 % of it at `close` passes, within 0.01 % at `closer`."""
    return 10 ** (-2 - 2 * (np.log10(passes) - np.log10(close)) / (np.log10(closer) - np.log10(close)))


def records(
    loss=LOSS, test=(0.03, 0.12), adam=0.035, descent=0.3, sgd=(1.0, 40.0), rival=(16.0, 24.0), fewer=4.0, seeds=5
):
    """Planted: losses, test errors of SGD and of the elaborate, passes of SGD and of its rivals until 1 and 0.01 %."""
    generator, rows = np.random.default_rng(0), []
    methods = (*experiment.STOCHASTIC, *experiment.BATCH)
    for problem, method, seed, passes in itertools.product(experiment.PROBLEMS, methods, range(seeds), PASSES):
        noise = 1 + 0.05 * generator.normal()
        if "documents" in problem:
            if method not in ("SGD", *experiment.ELABORATE):
                continue
            when = sgd if method == "SGD" else rival
            if problem == "fewer documents" and method == "SGD":
                when = (fewer, sgd[1])
            value = {"loss": 1 + min(1.0, excess(passes, when[0] * noise, when[1]))}
        else:
            hard = method in experiment.ELABORATE
            own = {"Adam": adam, "gradient descent": descent}
            value = {
                "loss": loss[problem][hard] * noise,
                "test_error": own.get(method, test[hard]) + 0.001 * generator.normal(),
            }
        at = {"trial": seed, "seed": seed, "problem": problem, "method": method, "passes": passes}
        rows += [{**at, "metric": name, "value": number} for name, number in value.items()]
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_what_the_paper_and_its_critics_say_is_supported():
    assert answers(records()) == [Answer.SUPPORTED] * 8


@pytest.mark.parametrize(
    ("planted", "context", "answer"),
    [
        ({"loss": LOSS | {"copied images": (0.5, 0.5)}}, 0, Answer.REFUTED),
        ({"test": (0.12, 0.12), "descent": 0.6}, 1, Answer.REFUTED),
        ({"test": (0.08, 0.12), "descent": 0.6}, 2, Answer.REFUTED),
        ({"sgd": (4.0, 40.0), "fewer": 8.0}, 3, Answer.REFUTED),
        ({"fewer": 1.0}, 3, Answer.ERROR),
        ({"fewer": 1.0}, 4, Answer.REFUTED),
        ({"sgd": (1.0, 12.0)}, 5, Answer.REFUTED),
        ({"loss": LOSS | {"unlike units": (0.001, 0.001)}}, 6, Answer.REFUTED),
        ({"loss": LOSS | {"small net": (0.001, 0.001)}}, 7, Answer.REFUTED),
        ({"seeds": 2}, 0, Answer.INCONCLUSIVE),
    ],
)
def test_each_criterion_can_fail(planted, context, answer):
    assert answers(records(**planted))[context] is answer


def test_where_sgd_wins_on_the_ill_conditioned_problem_too_the_first_criterion_tells_nothing():
    assert answers(records(loss=LOSS | {"unlike units": (0.001, 0.1)}))[0] is Answer.ERROR


def test_passes_until_are_read_between_two_looks():
    found = records(sgd=(3.0, 40.0), seeds=30)
    passes_S = experiment.passes_until(found, "documents", "SGD", 0.01)
    assert np.median(passes_S) == pytest.approx(3.0, rel=0.05)
    assert experiment.crossing(np.array([0.0, 1.0]), np.array([5.0, 4.0]), 3.0) == 1.0
    assert experiment.crossing(np.array([0.0, 1.0]), np.array([2.0, 1.0]), 3.0) == 0.0


def test_every_method_has_as_many_settings():
    counts = {len(values) for settings in experiment.SETTINGS.values() for values in settings.values()}
    assert counts == {4}
    assert set(experiment.SETTINGS) == set(experiment.BUDGET) == set(experiment.PROBLEMS)


def test_looks_double_up_to_the_budget():
    for name in experiment.PROBLEMS:
        passes_K = experiment.problem(name, experiment.Config(copies=1)).passes_K
        assert passes_K[-1] == 16 * experiment.BUDGET[name]
        np.testing.assert_allclose(np.divide(passes_K[1:], passes_K[:-1]), 2.0)
        assert passes_K[0] <= 0.25
