"""The judge on planted truths: how often it supports what is false, and whether it finds what is true."""

import numpy as np
import pytest
from scipy import stats

from dl_jax.evidence import estimands
from dl_jax.evidence.criteria import Criterion, below, equals, exact, exceeds, identity, mostly
from dl_jax.evidence.records import Missing, Records, measured
from dl_jax.evidence.statistics import ALPHA
from dl_jax.evidence.verdicts import Answer, Verdict, correct, judge, together

STUDIES = 1000
AT_MOST = int(stats.binom.ppf(1 - 1e-4, STUDIES, ALPHA))
"""If a test errs in ALPHA of all studies, it errs in more of these than this number with probability 1e-4."""


def records_of(**values_S):
    """Records with one row a seed for each metric."""
    return Records(
        tuple(
            {"trial": seed, "seed": seed, "metric": name, "value": float(value)}
            for name, value_S in values_S.items()
            for seed, value in enumerate(value_S)
        )
    )


def metric(name):
    """The plainest estimand that there is: tens of thousands of studies are judged here."""

    def estimand(records):
        if value_S := [row["value"] for row in records.rows if row["metric"] == name]:
            return np.array(value_S)
        raise Missing(f"no {name}")

    return estimand


found, control = metric("found"), metric("control")


def verdict_on(comparison, found_S, control_S):
    (verdict,) = judge(records_of(found=found_S, control=control_S), [Criterion(1, "it holds", comparison, control)])
    return verdict


def supported(comparison, draw, seeds, control_value):
    """In how many of the studies the judge supports the statement."""
    generator = np.random.default_rng(20150528)
    control_S = np.full(seeds, control_value)
    answers = [verdict_on(comparison, draw(generator, seeds), control_S).verdict for _ in range(STUDIES)]
    assert Answer.ERROR not in answers, "the control passes, and hides what is to be seen"
    return answers.count(Answer.SUPPORTED)


def normal(mean, spread=1.0):
    return lambda generator, n: generator.normal(mean, spread, n)


def uniform(mean, spread=1.0):
    return lambda generator, n: mean + spread * generator.uniform(-1, 1, n)


def share(chance):
    return lambda generator, n: (generator.uniform(size=n) < chance).astype(float)


def test_the_allowance_is_tight():
    assert ALPHA * STUDIES < AT_MOST < 1.6 * ALPHA * STUDIES


@pytest.mark.parametrize("seeds", [5, 10, 30])
@pytest.mark.parametrize("shape", [normal, uniform])
def test_a_false_statement_on_a_mean_is_seldom_supported(shape, seeds):
    """False, but only just: the truth lies on the edge of what the statement claims."""
    assert supported(exceeds(found, 0.3), shape(0.3), seeds, -9.0) <= AT_MOST
    assert supported(below(found, 0.3), shape(0.3), seeds, 9.0) <= AT_MOST
    for edge in (-0.7, 1.3):
        assert supported(equals(found, 0.3, within=1.0), shape(edge), seeds, 9.0) <= AT_MOST


@pytest.mark.parametrize("seeds", [5, 10, 40])
@pytest.mark.parametrize("edge", [0.5, 0.9])
def test_a_false_statement_on_a_share_is_seldom_supported(edge, seeds):
    assert supported(mostly(found, edge), share(edge), seeds, 0.0) <= AT_MOST


@pytest.mark.parametrize(
    ("comparison", "draw", "control_value"),
    [
        (exceeds(found, 0.3), normal(0.3 + 3.0), -9.0),
        (below(found, 0.3), uniform(0.3 - 2.0), 9.0),
        (equals(found, 0.3, within=1.0), normal(0.3, 0.3), 9.0),
        (mostly(found, 0.5), share(0.99), 0.0),
    ],
)
def test_a_true_statement_with_a_large_effect_is_found(comparison, draw, control_value):
    assert supported(comparison, draw, 10, control_value) > 0.95 * STUDIES


def test_the_opposite_of_what_is_so_is_refuted():
    generator = np.random.default_rng(0)
    for comparison, mean in ((exceeds(found, 0.0), -3.0), (below(found, 0.0), 3.0), (equals(found, 0.0, 0.5), 4.0)):
        assert verdict_on(comparison, generator.normal(mean, 1, 10), generator.normal(mean, 1, 10)).verdict == "REFUTED"
    assert verdict_on(mostly(found, 0.5), np.zeros(10), np.zeros(10)).verdict is Answer.REFUTED


@pytest.mark.parametrize("true", [0, 5])
def test_a_family_of_twenty_seldom_holds_any_false_support(true):
    """Holm: of 20 statements, `true` of them true, a false one is supported in at most ALPHA of the reports."""
    generator, never_S = np.random.default_rng(1), np.full(8, -9.0)
    criteria = [
        Criterion(number, f"statement {number}", exceeds(metric(f"found_{number}"), 0.0), lambda records: never_S)
        for number in range(1, 21)
    ]
    families, hits, studies = 0, 0, 300
    for _ in range(studies):
        values = {f"found_{n}": generator.normal(9.0 if n <= true else 0.0, 1.0, 8) for n in range(1, 21)}
        verdicts = judge(records_of(**values), criteria)
        hits += sum(verdict.verdict is Answer.SUPPORTED for verdict in verdicts[:true])
        families += any(verdict.verdict is Answer.SUPPORTED for verdict in verdicts[true:])
    assert families <= stats.binom.ppf(1 - 1e-4, studies, ALPHA)
    assert hits >= 0.95 * true * studies


def test_without_correction_the_family_would_not_pass():
    """The test above can fail: the same studies judged one by one support a false statement far too often."""
    generator = np.random.default_rng(1)
    criterion = Criterion(1, "false", exceeds(found, 0.0), control)

    def any_supported():
        studies = [records_of(found=generator.normal(0.0, 1.0, 8), control=np.full(8, -9.0)) for _ in range(20)]
        return any(judge(study, [criterion])[0].verdict is Answer.SUPPORTED for study in studies)

    assert sum(any_supported() for _ in range(100)) > stats.binom.ppf(1 - 1e-4, 100, ALPHA)


def test_a_criterion_that_supports_its_control_is_an_error():
    value_S = np.array([1.0, 1.1, 0.9, 1.0, 1.05])
    assert verdict_on(exceeds(found, 0.5), value_S, value_S - 1).verdict is Answer.SUPPORTED
    verdict = verdict_on(exceeds(found, 0.5), value_S, value_S)
    assert verdict.verdict is Answer.ERROR
    assert "control" in verdict.note
    assert verdict.control == pytest.approx(1.01)
    # Whatever the finding: a broken criterion is reported before a refutation.
    assert verdict_on(exceeds(found, 0.5), value_S - 3, value_S).verdict is Answer.ERROR
    assert verdict_on(identity(found, 1e-6), np.zeros(5), np.zeros(5)).verdict is Answer.ERROR
    assert verdict_on(identity(found, 1e-6), np.zeros(5), np.ones(5)).verdict is Answer.SUPPORTED


def test_what_was_not_measured_is_not_run():
    comparison = exceeds(found, 0.5)
    criterion = Criterion(1, "it holds", comparison, control, scope=lambda records: "all of it", role="limit")
    for records in (records_of(control=np.zeros(5)), records_of(found=np.ones(5)), Records(())):
        (verdict,) = judge(records, [criterion])
        assert verdict.verdict is Answer.NOT_RUN
        assert (verdict.estimate, verdict.low, verdict.high, verdict.p, verdict.n) == (None, None, None, None, 0)
        assert verdict.role == "limit"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("comparison", [exceeds, below, mostly])
def test_a_value_that_is_not_finite_is_never_supported(comparison, bad):
    inside, control = {exceeds: (100.0, -9.0), below: (-100.0, 9.0), mostly: (1.0, 0.0)}[comparison]
    for count in (1, 30):
        found_S = np.full(30, inside)
        found_S[:count] = bad
        verdict = verdict_on(comparison(found, 0.5), found_S, np.full(30, control))
        assert verdict.verdict is Answer.INCONCLUSIVE
        assert f"{count} of 30" in verdict.note
        assert verdict.p is None or verdict.p > ALPHA


@pytest.mark.parametrize("comparison", [exceeds(found, 0.5), mostly(found, 0.5)])
def test_a_control_that_broke_down_is_not_supported(comparison):
    verdict = verdict_on(comparison, np.ones(30), np.full(30, np.nan))
    assert verdict.verdict is Answer.SUPPORTED
    assert verdict.control is None


def test_few_seeds_decide_nothing():
    few = np.array([1.0, 1.1, 1.0, 0.9])
    assert verdict_on(exceeds(found, 0.5), few, few - 9).verdict is Answer.INCONCLUSIVE
    assert verdict_on(exceeds(found, 0.5), few - 9, few - 9).verdict is Answer.INCONCLUSIVE
    assert verdict_on(exceeds(found, 0.5), few[:1], few[:1]).low is None


def test_seeds_that_all_agree_are_not_over_the_edge_by_rounding():
    """The mean of five times 0.1 may differ from 0.1 in the last bit; that does not count as a difference."""
    for edge in (0.1, 0.7, 1e-3, 3.3):
        for count in (5, 7, 10, 30):
            value_S = np.full(count, edge)
            assert verdict_on(exceeds(found, edge), value_S, value_S - 9).verdict is Answer.INCONCLUSIVE
            assert verdict_on(below(found, edge), value_S, value_S + 9).verdict is Answer.INCONCLUSIVE
    assert verdict_on(exceeds(found, 0.1), np.full(5, 0.2), np.zeros(5)).verdict is Answer.SUPPORTED


def test_the_numbers_of_a_verdict():
    value_S = np.array([0.2, 0.4, 0.3, 0.5, 0.1])
    verdict = verdict_on(exceeds(found, 0.05), value_S, value_S - 1)
    half = stats.t.ppf(0.975, 4) * np.std(value_S, ddof=1) / np.sqrt(5)
    assert (verdict.estimate, verdict.low, verdict.high) == pytest.approx((0.3, 0.3 - half, 0.3 + half))
    assert verdict.p == pytest.approx(stats.ttest_1samp(value_S, 0.05).pvalue)
    assert verdict.n == 5


def verdicts_with(*ps, answer=Answer.SUPPORTED):
    return [Verdict(number, "it holds", answer, p=p) for number, p in enumerate(ps, 1)]


def test_holm_withdraws_what_does_not_stand_among_the_others():
    answers = [verdict.verdict for verdict in correct(verdicts_with(0.01, 0.04, 0.03, 0.005))]
    assert answers == ["SUPPORTED", "INCONCLUSIVE", "INCONCLUSIVE", "SUPPORTED"]
    refuted = correct(verdicts_with(0.04, 0.03, answer=Answer.REFUTED))
    assert {verdict.verdict for verdict in refuted} == {Answer.INCONCLUSIVE}
    assert all("Holm" in verdict.note for verdict in refuted)


def test_correction_leaves_identities_and_what_was_not_decided():
    rest = [Verdict(9, "not run", Answer.NOT_RUN), Verdict(8, "broken", Answer.ERROR, p=0.9)]
    exact = verdicts_with(0.0, 0.0, 0.04)
    assert correct(exact + rest) == exact + rest
    assert correct(correct(verdicts_with(0.01, 0.04))) == correct(verdicts_with(0.01, 0.04))


def test_several_criteria_of_one_statement_make_one_answer():
    def of(*answers, counter=()):
        rows = [Verdict(1, "", Answer(answer)) for answer in answers]
        return together(rows + [Verdict(1, "", Answer(answer), role="limit") for answer in counter])

    assert of("SUPPORTED", "SUPPORTED") is Answer.SUPPORTED
    assert of("SUPPORTED", "INCONCLUSIVE") is Answer.INCONCLUSIVE
    assert of("SUPPORTED", "INCONCLUSIVE", "REFUTED") is Answer.REFUTED
    assert of("REFUTED", "ERROR") is Answer.ERROR
    assert of("SUPPORTED", "NOT_RUN") is Answer.SUPPORTED
    assert of(counter=("REFUTED",)) is Answer.NOT_RUN
    assert of("SUPPORTED", counter=("SUPPORTED", "ERROR")) is Answer.SUPPORTED


def weights(net):
    return estimands.metric("weights", net=net)


COUNTS = {"large": 62e6, "small": 6e4}
FACTS = Records.gather(
    [*(measured({"weights": count}, net=net) for net, count in COUNTS.items()), measured({"loss": 1.0}, seed=0)]
)


@pytest.mark.parametrize(
    ("comparison", "control", "answer"),
    [
        (exact(weights("large"), above=1e7), "small", Answer.SUPPORTED),
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


def test_a_fact_is_never_t_tested_and_a_measurement_is_no_fact():
    """One value decides nothing where seeds are wanted; several values are not a fact."""
    tested = Criterion("57.size", "weights", exceeds(weights("large"), 1.0), weights("small"))
    assert judge(FACTS, [tested])[0].verdict is Answer.INCONCLUSIVE
    seeds = Records.gather(measured({"loss": 1.0 + seed}, seed=seed) for seed in range(6))
    with pytest.raises(ValueError, match="a fact is one value without a seed, and these are 6"):
        judge(seeds, [Criterion("1.loss", "loss", exact(estimands.metric("loss"), above=0), estimands.metric("loss"))])


@pytest.mark.parametrize(("constant", "answer"), [(0.0, Answer.SUPPORTED), (0.9, Answer.ERROR)])
def test_a_control_may_be_a_fact_and_can_still_fail(constant, answer):
    seeds = Records.gather(measured({"accuracy": 0.9 + 0.01 * seed}, seed=seed) for seed in range(6))
    both = Records.gather([seeds, measured({"constant": constant})])
    criterion = Criterion("1.a", "accuracy", exceeds(estimands.metric("accuracy"), 0.5), estimands.metric("constant"))
    assert judge(both, [criterion])[0].verdict is answer
