"""What a training must have reached before it decides anything."""

import numpy as np
import pytest

from dl_jax.evidence.criteria import Criterion, below, exceeds
from dl_jax.evidence.estimands import difference, final, metric
from dl_jax.evidence.judge import is_undecided, judge
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.selection import select
from dl_jax.evidence.verdicts import Answer

SEEDS = range(13)


def curve(net, early, end, step=None):
    """Rows of a metric at the end, and at three quarters of the training."""
    at = {} if step is None else {"step": step}
    for seed in SEEDS:
        row = {"seed": seed, "net": net, **at, "metric": "accuracy"}
        yield {**row, "value": end + seed / 1e4}
        yield {**row, "value": early + seed / 1e4, "trained": 0.75}


CRITERION = Criterion("1.a", "accuracy", exceeds(metric("accuracy", net="deep"), 0.5), metric("accuracy", net="flat"))


def answer(early, end, criterion=CRITERION):
    records = Records((*curve("deep", early, end), *curve("flat", 0.1, 0.1)))
    (verdict,) = judge(records, [criterion])
    return verdict


@pytest.mark.parametrize(
    ("early", "end", "expected"),
    [
        (0.90, 0.90, Answer.SUPPORTED),
        (0.80, 0.90, Answer.SUPPORTED),  # moves away from the edge: going on cannot turn it
        (0.99, 0.90, Answer.SUPPORTED),  # towards the edge, by less than a quarter of the way
        (0.99, 0.80, Answer.INCONCLUSIVE),  # towards the edge, and two more such quarters would cross it
        (0.20, 0.40, Answer.INCONCLUSIVE),  # outside and still rising
        (0.39, 0.40, Answer.REFUTED),
        (0.45, 0.40, Answer.REFUTED),
    ],
)
def test_a_curve_that_moves_towards_the_edge_decides_nothing(early, end, expected):
    verdict = answer(early, end)
    assert verdict.verdict is expected
    assert ("still rising" in verdict.note) == (expected is Answer.INCONCLUSIVE)
    assert not is_undecided(verdict), "more seeds would not help"


def test_the_margin_bounds_what_a_quarter_may_move():
    """A gain of .30 where .05 was asked, which fell by .02 in the last quarter: a quarter of .05 is less than that."""
    gain = difference(metric("accuracy", net="deep"), metric("accuracy", net="flat"))
    criterion = Criterion("1.a", "gain", exceeds(gain, 0.05), difference(metric("accuracy", net="flat"), gain))
    assert answer(0.42, 0.40, criterion).verdict is Answer.INCONCLUSIVE
    assert answer(0.41, 0.40, criterion).verdict is Answer.SUPPORTED


def test_the_gate_reads_curves_too():
    rows = (*curve("deep", 0.3, 0.4, step=100), *curve("flat", 0.1, 0.1, step=100))
    criterion = CRITERION._replace(test=exceeds(final("accuracy", net="deep"), 0.5))
    assert judge(Records(rows), [criterion])[0].verdict is Answer.INCONCLUSIVE


def chosen(best):
    rows = [
        {
            "seed": seed,
            "net": net,
            "learning_rate": rate,
            "metric": name,
            "value": value - abs(np.log(rate / best)) / 99,
        }
        for seed in SEEDS
        for net, value in (("deep", 0.9), ("flat", 0.1))
        for rate in (0.01, 0.03, 0.1)
        for name in ("accuracy", "validation_accuracy")
    ]
    return select(Records(tuple(rows)), over="learning_rate", by="validation_accuracy", within=("net",))


@pytest.mark.parametrize(("best", "expected"), [(0.03, Answer.SUPPORTED), (0.01, Answer.INCONCLUSIVE)])
def test_a_learning_rate_at_the_edge_of_its_grid_decides_nothing(best, expected):
    (verdict,) = judge(chosen(best), [CRITERION])
    assert verdict.verdict is expected
    assert ("edge of its grid" in verdict.note) == (expected is Answer.INCONCLUSIVE)


def test_diverged_trainings_are_counted_beside_the_verdict():
    records = Records((*curve("deep", 0.9, 0.9), *curve("flat", 0.1, 0.1)))
    diverged = [
        {"seed": seed, "net": "deep", "metric": "diverged_at", "value": 7.0 if seed < 2 else -1.0} for seed in SEEDS
    ]
    (verdict,) = judge(Records((*records.rows, *diverged)), [CRITERION])
    assert verdict.verdict is Answer.SUPPORTED
    assert verdict.note == "2 of the trainings diverged"


def test_what_never_comes_does_not_move():
    records = Records((*curve("deep", np.inf, np.inf), *curve("flat", np.inf, np.inf)))
    criterion = CRITERION._replace(test=below(metric("accuracy", net="deep"), 0.5))
    assert judge(records, [criterion])[0].verdict is Answer.REFUTED


@pytest.mark.parametrize(("examples", "expected"), [(100, Answer.SUPPORTED), (5, Answer.INCONCLUSIVE)])
def test_a_margin_of_fewer_than_three_test_examples_is_not_judged(examples, expected):
    def of(net, value):
        at = (measured({"test_accuracy": value, "test_examples": examples}, seed=seed, net=net) for seed in SEEDS)
        return Records.gather(at)

    test = exceeds(metric("test_accuracy", net="deep"), 0.5)
    criterion = Criterion("1.a", "accuracy", test, metric("test_accuracy", net="flat"))
    (verdict,) = judge(Records.gather([of("deep", 0.9), of("flat", 0.1)]), [criterion])
    assert verdict.verdict is expected
    assert ("test examples" in verdict.note) == (expected is Answer.INCONCLUSIVE)
