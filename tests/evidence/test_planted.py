"""The judge on planted truths: how often it supports what is false, and whether it finds what is true."""

import pytest
from scipy import stats

from dl_jax.evidence.statistics import ALPHA
from tests.evidence.planted import SHAPES, false_studies, shares, supported, true_studies

STUDIES = 2000
AT_MOST = stats.binom.ppf(1 - 1e-4, STUDIES, ALPHA) / STUDIES
"""If a test errs in ALPHA of all studies, it errs in more than this share of these with probability 1e-4."""
LEAST_POWER = {"20 % of trainings fail": 0.4}
"""Power where it is low: of 26 seeds 22 must succeed, and of these each does with a chance of 0.8."""


@pytest.mark.parametrize("shape", SHAPES)
def test_a_false_statement_is_supported_in_at_most_alpha_of_the_studies(shape):
    """False, but only just: the median lies on the edge of what the statement claims."""
    shares_of = {study.name: supported(study) for study in false_studies(shape, STUDIES)}
    assert max(shares_of.values()) <= AT_MOST, shares_of


@pytest.mark.parametrize("shape", SHAPES)
def test_a_true_statement_is_found(shape):
    shares_of = {study.name: supported(study) for study in true_studies(shape, 200)}
    assert min(shares_of.values()) > LEAST_POWER.get(shape, 0.9), shares_of


def test_shares_of_seeds():
    assert supported(shares(0.5, 0.5, STUDIES)) <= AT_MOST
    assert supported(shares(0.9, 0.9, STUDIES)) <= AT_MOST
    assert supported(shares(0.95, 0.5, 200)) > 0.95


def test_students_interval_would_not_pass():
    """What the sign test is for, and a check that these studies can fail: a t test on the mean at the same alpha.

    Of 5 trainings that fail in 5 % of all cases, none fails in 77 % of the studies, and then all is certain.
    """
    study = next(false_studies("5 % of trainings fail", STUDIES))
    value_KxS, mean = study.value_KxS[:, :5], 0.95 * 0.95 + 0.05 * 0.5
    p_K = stats.ttest_1samp(value_KxS, mean, axis=1, alternative="greater").pvalue
    assert (p_K <= ALPHA / 2).mean() > 20 * ALPHA
