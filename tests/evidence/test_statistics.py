"""Intervals against SciPy's own tests and published values; p-values and intervals against each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dl_jax.evidence.statistics import (
    ALPHA,
    Region,
    least_effect,
    median_interval,
    range_interval,
    share_bounds,
    share_interval,
    sign_p,
)

FLOATS = st.floats(-1e3, 1e3, allow_subnormal=False)
REGIONS = st.one_of(
    st.tuples(FLOATS, st.just(np.inf)),
    st.tuples(st.just(-np.inf), FLOATS),
    st.tuples(FLOATS, FLOATS).map(sorted).filter(lambda edges: edges[0] < edges[1]),
)


@given(st.lists(FLOATS, min_size=1, max_size=40), FLOATS)
def test_the_median_agrees_with_the_binomial_test_of_scipy(values, edge):
    value_S, n = np.array(values), len(values)
    found = median_interval(value_S, Region(edge, np.inf))
    for count, p in ((np.sum(value_S > edge), found.p_inside), (np.sum(value_S <= edge), found.p_outside)):
        assert p == pytest.approx(min(1.0, 2 * stats.binomtest(int(count), n, 0.5, alternative="greater").pvalue))
    assert (found.estimate, found.n) == (np.median(value_S), n)


@given(st.lists(FLOATS, min_size=9, max_size=40, unique=True))
def test_the_interval_of_the_median_is_that_of_scipy(values):
    """SciPy gives two one-sided bounds by the same order statistics."""
    value_S, found = np.array(values), median_interval(np.array(values), Region(-np.inf, np.inf))
    for side, end in (("greater", found.low), ("less", found.high)):
        test = stats.quantile_test(value_S, p=0.5, alternative=side)
        bounds = test.confidence_interval(1 - ALPHA / 2)
        assert end == (bounds.low if side == "greater" else bounds.high)


@pytest.mark.parametrize(("n", "rank"), [(8, None), (9, 1), (13, 2), (26, 6)])
def test_which_order_statistics_bound_the_median(n, rank):
    """By hand: 2 P(fewer than `rank` of n) is at most .005, such as 2 (1 + 13) / 2^13 for 13 seeds."""
    found = median_interval(np.arange(1.0, n + 1), Region(-np.inf, np.inf))
    assert (found.low, found.high) == ((rank, n + 1 - rank) if rank else (-np.inf, np.inf))


def test_what_is_not_a_number_counts_as_the_worst():
    value_S = np.array([np.nan, *np.linspace(1, 2, 12)])
    above, under = (median_interval(value_S, region) for region in (Region(0.0, np.inf), Region(-np.inf, 3.0)))
    assert above.p_inside == under.p_inside == sign_p(12, 13)
    assert (above.low, under.high) == (1.0, 2.0)


def test_the_least_effect_is_detected_with_the_power_that_it_says():
    generator, edge = np.random.default_rng(0), 0.0
    least = np.median([least_effect(generator.normal(size=13)) for _ in range(200)])
    shifted = generator.normal(least, 1.0, (4000, 13))
    power = np.mean([sign_p(int(np.sum(value_S > edge)), 13) <= ALPHA for value_S in shifted])
    assert 0.65 < power < 0.95, "the quantiles of 13 seeds are known roughly"
    assert least_effect(np.ones(8)) == np.inf


def test_depth_is_positive_inside_alone():
    region = Region(1.0, 3.0)
    np.testing.assert_array_equal(region.depth(np.array([0.0, 1.0, 1.5, 2.5, 4.0])), [-1, 0, 0.5, 0.5, -1])
    np.testing.assert_array_equal(region.outside(np.array([0.0, 1.0, 2.0, np.nan, np.inf])), [1, 1, 0, 1, 1])


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
    assert share_interval(value_S, Region(0.5, np.inf)).estimate == hits / n
    assert share_bounds(hits, n, 0.05) == pytest.approx((low, high), abs=6e-5)


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


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=40), REGIONS)
def test_p_values_and_interval_of_a_median_say_the_same(values, edges):
    region = Region(*edges)
    say_the_same(median_interval(np.array(values), region), region)


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
