"""The criteria for exact statements on planted errors."""

import itertools

import pytest

from dl_jax.evidence.judge import judge
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.rounding import EPS, within_rounding
from dl_jax.evidence.verdicts import Answer


def planted(stated, control, power=1.0):
    """Errors in units of eps^power; the control's at its smallest."""
    return Records.gather(
        measured(
            {"error": value * eps**power + (case == "control") * seed},
            seed=seed,
            precision=precision,
            case=case,
            layer=layer,
        )
        for (precision, eps), seed, layer in itertools.product(EPS.items(), range(3), (1, 2))
        for case, value in (("stated", stated * layer / 2), ("control", control))
    )


@pytest.mark.parametrize(
    ("stated", "control", "answer"),
    [
        (19, 1e4, Answer.EXACT),
        (21, 1e4, Answer.REFUTED),
        (19, 19, Answer.ERROR),
    ],
)
def test_an_error_up_to_20_eps_is_rounding(stated, control, answer):
    (verdict,) = judge(planted(stated, control), [within_rounding("1.key", "a sum", "error")])
    assert verdict.verdict is answer
    assert verdict.estimate == pytest.approx(stated), "the largest over precisions, layers and seeds"
    assert verdict.control == pytest.approx(control), "the smallest, also over the seeds"
    assert verdict.title == "a sum: largest relative error, in eps"


@pytest.mark.parametrize(("stated", "answer"), [(999, Answer.EXACT), (1001, Answer.REFUTED)])
def test_a_central_difference_may_err_by_1000_eps_to_the_two_thirds(stated, answer):
    criterion = within_rounding("1.key", "a slope", "error", by_differences=True)
    (verdict,) = judge(planted(stated, 1e5, power=2 / 3), [criterion])
    assert verdict.verdict is answer


def test_axes_select_what_is_stated_and_the_control():
    criterion = within_rounding("1.key", "a sum", "error", stated={"case": "stated", "layer": 1}, control={"layer": 2})
    (verdict,) = judge(planted(10, 1e4), [criterion])
    assert (verdict.estimate, verdict.control) == (pytest.approx(5), pytest.approx(10))
