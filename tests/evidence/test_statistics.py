"""Intervals against SciPy's own tests and published values; p-values and intervals against each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dl_jax.evidence.statistics import ALPHA, Region, holm, mean_interval, range_interval, share_interval

WEIGHTS = np.array([4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14])
"""Dried plants of a control group (Dobson 1983, table 7.1; R has them as PlantGrowth)."""

FLOATS = st.floats(-1e3, 1e3, allow_subnormal=False)
REGIONS = st.one_of(
    st.tuples(FLOATS, st.just(np.inf)),
    st.tuples(st.just(-np.inf), FLOATS),
    st.tuples(FLOATS, FLOATS).map(sorted).filter(lambda edges: edges[0] < edges[1]),
)


def test_the_mean_has_students_interval():
    found = mean_interval(WEIGHTS, Region(4.0, np.inf))
    assert found.estimate == pytest.approx(5.032)
    assert (found.low, found.high) == pytest.approx((4.614882, 5.449118), abs=1e-6)  # R: t.test
    assert found.n == 10


@given(st.lists(FLOATS, min_size=2, max_size=30), FLOATS)
def test_the_mean_agrees_with_the_t_test_of_scipy(values, edge):
    value_S = np.array(values)
    if np.std(value_S, ddof=1) < 1e-9 * max(1.0, np.abs(value_S).max()):
        return  # nothing but rounding
    test = stats.ttest_1samp(value_S, edge)
    interval = test.confidence_interval(1 - ALPHA)
    above, under = mean_interval(value_S, Region(edge, np.inf)), mean_interval(value_S, Region(-np.inf, edge))
    np.testing.assert_allclose([above.low, above.high], [interval.low, interval.high], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(min(above.p_inside, above.p_outside), test.pvalue, rtol=1e-6, atol=1e-300)
    assert (above.p_inside, above.p_outside) == (under.p_outside, under.p_inside)


def test_one_seed_says_nothing_of_the_spread():
    found = mean_interval(np.array([3.0]), Region(0.0, np.inf))
    assert found == (3.0, -np.inf, np.inf, 1, 1.0, 1.0)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),  # Clopper & Pearson 1934; tables of Geigy
        (10, 10, 0.6915, 1.0),
        (5, 10, 0.1871, 0.8129),
        (15, 148, 0.0578, 0.1617),  # Newcombe 1998, table I
        (81, 263, 0.2527, 0.3676),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_the_share_has_the_interval_of_clopper_and_pearson(hits, n, low, high):
    value_S = np.repeat([1.0, 0.0], [hits, n - hits])
    found = share_interval(value_S, Region(0.5, np.inf))
    assert found.estimate == hits / n
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.floats(0.01, 0.99))
def test_the_share_agrees_with_the_binomial_test_of_scipy(values, edge):
    value_S = np.array(values, float)
    hits, n = int(value_S.sum()), len(value_S)
    exact = stats.binomtest(hits, n).proportion_ci(1 - ALPHA, "exact")
    found = share_interval(value_S, Region(edge, np.inf))
    np.testing.assert_allclose([found.low, found.high], [exact.low, exact.high], atol=1e-6)
    for side, p in (("greater", found.p_inside), ("less", found.p_outside)):
        assert p == pytest.approx(min(1.0, 2 * stats.binomtest(hits, n, edge, alternative=side).pvalue), rel=1e-9)


@pytest.mark.parametrize("wrong", [0.5, 2.0, -1.0])
def test_a_share_of_anything_but_successes_is_refused(wrong):
    with pytest.raises(ValueError, match="share"):
        share_interval(np.array([1.0, 0.0, wrong]), Region(0.5, np.inf))


def say_the_same(found, region):
    inside = region.low <= found.low and found.high <= region.high
    outside = found.high <= region.low or region.high <= found.low
    near = min(abs(edge - end) for edge in region for end in (found.low, found.high) if np.isfinite(edge))
    if near > 1e-9 * max(1.0, abs(found.low), abs(found.high)):  # on the very edge, rounding decides
        assert (found.p_inside <= ALPHA) == inside
        assert (found.p_outside <= ALPHA) == outside
    assert 0 <= found.p_inside <= 1
    assert 0 <= found.p_outside <= 1
    assert found.low <= found.estimate <= found.high


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=20), REGIONS)
def test_p_values_and_interval_of_a_mean_say_the_same(values, edges):
    region = Region(*edges)
    say_the_same(mean_interval(np.array(values), region), region)


@given(st.lists(FLOATS, min_size=2, max_size=8), st.floats(0.1, 3), st.sampled_from([1, -1]))
def test_they_also_agree_where_the_edge_is_near_the_end_of_the_interval(values, times, side):
    whole = mean_interval(np.array(values), Region(0.0, np.inf))
    region = Region(whole.estimate + side * times * (whole.high - whole.estimate), np.inf)
    say_the_same(mean_interval(np.array(values), region), region)


@given(
    st.lists(st.booleans(), min_size=1, max_size=80), st.floats(0.01, 0.98), st.floats(0.001, 0.5), st.integers(0, 2)
)
def test_p_values_and_interval_of_a_share_say_the_same(values, low, width, kind):
    edges = [(low, np.inf), (-np.inf, low), (low, min(0.99, low + width))]
    region = Region(*edges[kind])
    if region.low < region.high:
        say_the_same(share_interval(np.array(values, float), region), region)


@given(st.lists(FLOATS, min_size=1, max_size=10), REGIONS)
def test_an_identity_holds_only_if_every_value_lies_inside(values, edges):
    region = Region(*edges)
    found = range_interval(np.array(values), region)
    assert (found.p_inside == 0.0) == all(region.low < value < region.high for value in values)
    assert found.p_inside + found.p_outside == 1.0
    assert (found.low, found.high) == (min(values), max(values))
    assert abs(found.estimate) == max(map(abs, values))


@pytest.mark.parametrize(
    ("p", "stands"),
    [
        ([0.01, 0.04, 0.03, 0.005], [True, False, False, True]),  # 0.03 > 0.05 / 2 ends it
        ([0.0125, 0.0166, 0.025, 0.05], [True, True, True, True]),
        ([0.013, 0.001, 0.001, 0.001], [True, True, True, True]),
        ([0.04, 0.04], [False, False]),
        ([0.06], [False]),
        ([], []),
    ],
)
def test_holm_by_hand(p, stands):
    assert holm(p) == stands


@given(st.lists(st.floats(0, 1), max_size=15))
def test_holm_lies_between_bonferroni_and_no_correction(p):
    stands = holm(p)
    for value, stand in zip(p, stands, strict=True):
        assert stand or value > ALPHA / len(p)
        assert not stand or value <= ALPHA
    if any(stands):
        largest = max(value for value, stand in zip(p, stands, strict=True) if stand)
        assert all(stand for value, stand in zip(p, stands, strict=True) if value < largest)
