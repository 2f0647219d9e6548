"""What the judge answers: by the seeds, by the control, by the roles; and what stays where it broke."""

import numpy as np
import pytest
from scipy import stats

from dl_jax.evidence import estimands
from dl_jax.evidence.criteria import Criterion, below, equals, exact, exceeds, identity, mostly
from dl_jax.evidence.judge import is_undecided, judge
from dl_jax.evidence.records import Missing, Records, measured
from dl_jax.evidence.statistics import ALPHA, FIRST, SECOND, sign_p
from dl_jax.evidence.verdicts import Answer, Verdict, statement_answer

N = 13
SPREAD = np.linspace(-0.1, 0.1, N)


def records_of(**values_S):
    """Records with one row a seed for each metric."""
    return Records(
        tuple(
            {"trial": seed, "seed": seed, "metric": name, "value": float(value)}
            for name, value_S in values_S.items()
            for seed, value in enumerate(value_S)
        )
    )


found, control = estimands.metric("found"), estimands.metric("control")


def verdict_on(comparison, found_S, control_S, **settings):
    criterion = Criterion("1.it_holds", "it holds", comparison, control)
    (verdict,) = judge(records_of(found=found_S, control=control_S), [criterion], **settings)
    return verdict


def test_twelve_of_thirteen_seeds_decide_and_eleven_do_not():
    value_S = 1 + SPREAD
    for failures, answer in ((0, Answer.SUPPORTED), (1, Answer.SUPPORTED), (2, Answer.INCONCLUSIVE)):
        value_S[:failures] = 0.1
        verdict = verdict_on(exceeds(found, 0.5), value_S, SPREAD)
        assert (verdict.verdict, verdict.failed, verdict.n) == (answer, failures, N)
    assert sign_p(12, 13) == pytest.approx(28 / 2**13)
    assert sign_p(12, 13) < FIRST < ALPHA
    assert pytest.approx(ALPHA) == FIRST + SECOND


def test_the_failure_share_has_its_exact_interval():
    value_S = 1 + SPREAD
    value_S[0] = np.nan
    verdict = verdict_on(exceeds(found, 0.5), value_S, SPREAD)
    assert (verdict.failed, verdict.failed_low) == (1, pytest.approx(0.0002, abs=1e-4))
    assert verdict.failed_high == pytest.approx(stats.beta.ppf(1 - ALPHA / 2, 2, 12))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("comparison", [exceeds, below])
def test_a_seed_without_a_finite_value_counts_against(comparison, bad):
    inside, outside = (1.0, -1.0) if comparison is exceeds else (-1.0, 1.0)
    for count in (1, 3, N):
        value_S = inside + SPREAD
        value_S[:count] = bad if np.isnan(bad) else outside * np.inf
        verdict = verdict_on(comparison(found, 0.0), value_S, outside + SPREAD)
        expected = {1: Answer.SUPPORTED, 3: Answer.INCONCLUSIVE, N: Answer.REFUTED}[count]
        assert (verdict.verdict, verdict.failed) == (expected, count)


def test_what_never_happens_is_refuted_and_not_missing():
    """First steps: 100 of a budget of 1000 were claimed, and no seed ever gets there."""
    verdict = verdict_on(below(found, 100.0), np.full(N, np.inf), np.full(N, np.inf))
    assert verdict.verdict is Answer.REFUTED
    assert verdict.estimate is None


def test_few_seeds_decide_nothing():
    for few in (1, 2, 8):
        verdict = verdict_on(exceeds(found, 0.5), np.full(few, 1.0), np.zeros(few))
        assert verdict.verdict is Answer.INCONCLUSIVE
        assert "too few" in verdict.note
    assert verdict_on(exceeds(found, 0.5), np.full(9, 1.0), np.zeros(9)).verdict is Answer.SUPPORTED


def test_values_on_the_margin_itself_are_no_support():
    for edge in (0.1, 0.7, 1e-3):
        value_S = np.full(N, edge)
        assert verdict_on(exceeds(found, edge), value_S, value_S - 9).verdict is not Answer.SUPPORTED
        assert verdict_on(below(found, edge), value_S, value_S + 9).verdict is not Answer.SUPPORTED


def test_a_refutation_tells_what_is_absent_from_what_is_small():
    small = verdict_on(exceeds(found, 0.5), 0.3 + SPREAD / 9, SPREAD / 9)
    absent = verdict_on(exceeds(found, 0.5), SPREAD, SPREAD[::-1])
    assert small.verdict is absent.verdict is Answer.REFUTED
    assert small.note == "there, but smaller than the margin"
    assert absent.note == "absent or opposite"


def test_an_undecided_verdict_says_what_could_have_been_detected():
    verdict = verdict_on(exceeds(found, 0.0), 0.02 + SPREAD, SPREAD - 9)
    assert verdict.verdict is Answer.INCONCLUSIVE
    assert 0.05 < verdict.least_effect < 0.11
    shifted = verdict_on(exceeds(found, 0.0), 1.1 * verdict.least_effect + SPREAD, SPREAD - 9)
    assert shifted.verdict is Answer.SUPPORTED


COMPARISONS = [
    (exceeds(found, 0.5), 1.0, 0.0),
    (below(found, 0.5), 0.0, 1.0),
    (equals(found, 0.5, within=0.2), 0.5, 1.0),
    (equals(found, 0.5, within=0.2), 0.5, 0.0),
]


@pytest.mark.parametrize(("comparison", "inside", "outside"), COMPARISONS)
def test_the_control_must_fail(comparison, inside, outside):
    value_S = inside + SPREAD
    assert verdict_on(comparison, value_S, outside + SPREAD).verdict is Answer.SUPPORTED
    assert verdict_on(comparison, value_S, value_S).verdict is Answer.ERROR
    spread_out_S = outside + 9 * SPREAD
    assert verdict_on(comparison, value_S, spread_out_S).verdict is Answer.INCONCLUSIVE
    broken_S = outside + SPREAD
    broken_S[0] = np.nan
    assert verdict_on(comparison, value_S, broken_S).verdict is Answer.ERROR


@pytest.mark.parametrize(("comparison", "inside", "outside"), COMPARISONS)
def test_estimand_and_control_exchanged_are_never_supported(comparison, inside, outside):
    generator = np.random.default_rng(0)
    for spread in (0.01, 0.1, 1.0):
        for _ in range(30):
            first_S, other_S = (where + generator.normal(0, spread, N) for where in (inside, outside))
            one, swapped = verdict_on(comparison, first_S, other_S), verdict_on(comparison, other_S, first_S)
            assert [one.verdict, swapped.verdict].count(Answer.SUPPORTED) <= 1
            if one.verdict is Answer.SUPPORTED:
                assert swapped.verdict is Answer.ERROR


def test_the_same_distribution_as_its_control_is_not_supported():
    """True effect 1 sd in both: the form before supported 24 % of these, and 62 % with the estimand at 5."""
    generator = np.random.default_rng(0)
    for mean in (1.0, 5.0):
        answers = [
            verdict_on(exceeds(found, 0.0), generator.normal(mean, 1, N), generator.normal(1, 1, N)).verdict
            for _ in range(200)
        ]
        assert answers.count(Answer.SUPPORTED) <= 1


def test_an_identity_is_exact_and_no_evidence():
    assert verdict_on(identity(found, 1e-6), np.zeros(5), np.ones(5)).verdict is Answer.EXACT
    assert verdict_on(identity(found, 1e-6), np.ones(5), np.ones(5)).verdict is Answer.REFUTED
    assert verdict_on(identity(found, 1e-6), np.zeros(5), np.zeros(5)).verdict is Answer.ERROR
    one_inside = verdict_on(identity(found, 1e-6), np.zeros(5), np.array([0.0, 1, 1, 1, 1]))
    assert one_inside.verdict is Answer.ERROR
    assert one_inside.p is None


def test_what_was_not_measured_is_not_run():
    criterion = Criterion("1.a", "it holds", exceeds(found, 0.5), control, scope=lambda records: "all", role="limit")
    for records in (records_of(control=np.zeros(N)), records_of(found=np.ones(N)), Records(())):
        (verdict,) = judge(records, [criterion])
        assert verdict.verdict is Answer.NOT_RUN
        assert (verdict.estimate, verdict.low, verdict.high, verdict.p, verdict.n) == (None, None, None, None, 0)
        assert verdict.role == "limit"


def raises(error):
    def estimand(records):
        raise error

    return estimand


@pytest.mark.parametrize("error", [ValueError("zero-size array"), TypeError("None"), KeyError("x"), IndexError("y")])
def test_an_exception_is_the_error_of_its_criterion_alone(error):
    records = records_of(found=1 + SPREAD, control=SPREAD)
    good = Criterion("1.good", "it holds", exceeds(found, 0.5), control)
    bad = [
        good._replace(key="2.bad", test=exceeds(raises(error), 0.5)),
        good._replace(key="3.bad", control=raises(error)),
        good._replace(key="4.bad", scope=raises(error)),
    ]
    verdicts = judge(records, [good, *bad])
    assert [verdict.verdict for verdict in verdicts] == [Answer.SUPPORTED, *[Answer.ERROR] * 3]
    assert type(error).__name__ in verdicts[1].note
    missing = good._replace(test=exceeds(raises(Missing("not there")), 0.5))
    assert judge(records, [missing])[0].verdict is Answer.NOT_RUN


def test_an_open_axis_is_an_error_and_no_silent_mean():
    rows = [*records_of(found=1 + SPREAD, control=SPREAD).rows]
    rows += [{**row, "depth": 20} for row in rows]
    (verdict,) = judge(Records(tuple(rows)), [Criterion("1.a", "it holds", exceeds(found, 0.5), control)])
    assert verdict.verdict is Answer.ERROR
    assert "left open" in verdict.note


ROUND = range(N)


def test_what_the_first_round_decides_stands_and_the_rest_is_decided_by_all_seeds():
    decided = np.concatenate([1 + SPREAD, -1 + SPREAD])
    verdict = verdict_on(exceeds(found, 0.5), decided, np.zeros(2 * N), first_round=ROUND)
    assert (verdict.verdict, verdict.n) == (Answer.SUPPORTED, N)
    late = np.concatenate([1 + SPREAD, 1 + SPREAD])
    for failures, answer in ((4, Answer.SUPPORTED), (5, Answer.INCONCLUSIVE)):
        late[:failures] = -1
        verdict = verdict_on(exceeds(found, 0.5), late, np.zeros(2 * N), first_round=ROUND)
        assert (verdict.verdict, verdict.n) == (answer, 2 * N)
    undecided = verdict_on(exceeds(found, 0.5), late[:N], np.zeros(N), first_round=ROUND)
    assert (undecided.verdict, undecided.n) == (Answer.INCONCLUSIVE, N)
    assert is_undecided(undecided)


def test_a_verdict_does_not_depend_on_the_others():
    """No correction over the page: the same numbers give the same verdict among any others."""
    records = records_of(found=0.6 + SPREAD, control=SPREAD, noise=SPREAD)
    criterion = Criterion("68.a", "it holds", exceeds(found, 0.5), control)
    alone = judge(records, [criterion])[0]
    others = [Criterion(f"{n}.a", "noise", exceeds(estimands.metric("noise"), 0.0), control) for n in range(1, 60)]
    assert judge(records, [*others, criterion])[-1] == alone


def answers(core=(), support=(), limit=(), contradicts=()):
    roles = {"core": core, "support": support, "limit": limit, "contradicts": contradicts}
    return statement_answer(
        Verdict("1.a", "", Answer(answer), role=role) for role, given in roles.items() for answer in given
    )


def test_roles_make_one_answer_of_several_criteria():
    assert answers(core=["SUPPORTED", "SUPPORTED"]) is Answer.SUPPORTED
    assert answers(core=["SUPPORTED", "EXACT"]) is Answer.SUPPORTED
    assert answers(core=["EXACT", "EXACT"]) is Answer.EXACT
    assert answers(core=["SUPPORTED", "INCONCLUSIVE"]) is Answer.INCONCLUSIVE
    assert answers(core=["SUPPORTED", "INCONCLUSIVE", "REFUTED"]) is Answer.REFUTED
    assert answers(core=["REFUTED", "ERROR"]) is Answer.ERROR
    assert answers(core=["SUPPORTED", "NOT_RUN"]) is Answer.NOT_RUN, "a core criterion is never passed over"
    assert answers(support=["SUPPORTED"]) is Answer.NOT_RUN
    assert answers(core=["SUPPORTED"], support=["REFUTED", "ERROR"]) is Answer.SUPPORTED
    assert answers(core=["SUPPORTED"], limit=["SUPPORTED", "REFUTED"]) is Answer.SUPPORTED_WITHIN_LIMITS
    assert answers(core=["SUPPORTED"], limit=["REFUTED", "INCONCLUSIVE"]) is Answer.SUPPORTED
    assert answers(core=["SUPPORTED"], contradicts=["SUPPORTED"]) is Answer.REFUTED
    assert answers(core=["SUPPORTED"], contradicts=["EXACT"]) is Answer.REFUTED
    assert answers(core=["SUPPORTED"], contradicts=["REFUTED"]) is Answer.SUPPORTED
    assert answers(core=["SUPPORTED"], contradicts=["ERROR"]) is Answer.ERROR, "no error is hidden"


def weights(net):
    return estimands.metric("weights", net=net)


COUNTS = {"large": 62e6, "small": 6e4}
FACTS = Records.gather(
    [*(measured({"weights": count}, net=net) for net, count in COUNTS.items()), measured({"loss": 1.0}, seed=0)]
)


@pytest.mark.parametrize(
    ("comparison", "control", "answer"),
    [
        (exact(weights("large"), above=1e7), "small", Answer.EXACT),
        (exact(weights("large"), above=1e8), "small", Answer.REFUTED),
        (exact(weights("large"), above=1e3), "small", Answer.ERROR),
    ],
)
def test_a_fact_is_exact_without_seeds(comparison, control, answer):
    criterion = Criterion("57.size", "weights", comparison, weights(control))
    (verdict,) = judge(FACTS, [criterion])
    assert verdict.verdict is answer
    assert (verdict.n, verdict.exact) == (0, True)
    assert verdict.estimate == 62e6
    assert "exact" in repr(judge(FACTS, [criterion]))


def test_a_fact_is_never_tested_and_a_measurement_is_no_fact():
    """One value decides nothing where seeds are wanted; several values are not a fact."""
    tested = Criterion("57.size", "weights", exceeds(weights("large"), 1.0), weights("small"))
    assert judge(FACTS, [tested])[0].verdict is Answer.INCONCLUSIVE
    seeds = Records.gather(measured({"loss": 1.0 + seed}, seed=seed) for seed in range(6))
    loss = estimands.metric("loss")
    (verdict,) = judge(seeds, [Criterion("1.loss", "loss", exact(loss, above=0), loss)])
    assert verdict.verdict is Answer.ERROR
    assert "a fact is one value without a seed, and these are 6" in verdict.note


@pytest.mark.parametrize(("constant", "answer"), [(0.0, Answer.SUPPORTED), (0.9, Answer.ERROR)])
def test_a_control_may_be_a_fact_and_can_still_fail(constant, answer):
    seeds = Records.gather(measured({"accuracy": 0.9 + 0.01 * seed}, seed=seed) for seed in range(N))
    both = Records.gather([seeds, measured({"constant": constant})])
    criterion = Criterion("1.a", "accuracy", exceeds(estimands.metric("accuracy"), 0.5), estimands.metric("constant"))
    assert judge(both, [criterion])[0].verdict is answer


def test_a_share_of_seeds():
    successes = np.ones(N)
    assert verdict_on(mostly(found, 0.5), successes, np.zeros(N)).verdict is Answer.SUPPORTED
    assert verdict_on(mostly(found, 0.5), np.zeros(N), np.zeros(N)).verdict is Answer.REFUTED
    assert verdict_on(mostly(found, 0.5), np.full(N, np.nan), np.zeros(N)).verdict is Answer.REFUTED
    assert verdict_on(mostly(found, 0.5), 0.3 * successes, np.zeros(N)).verdict is Answer.ERROR
