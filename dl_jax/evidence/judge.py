"""The judge: what follows from the records by the criteria. Pure functions that take milliseconds."""

from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np

from dl_jax.evidence.criteria import Criterion
from dl_jax.evidence.gates import diverged, not_settled
from dl_jax.evidence.records import Missing, Records
from dl_jax.evidence.statistics import (
    ALPHA,
    FIRST,
    SECOND,
    Region,
    exact_value,
    least_effect,
    share_bounds,
    share_interval,
    sign_p,
)
from dl_jax.evidence.tables import number
from dl_jax.evidence.verdicts import Answer, Verdict, Verdicts


def judge(records: Records, criteria: Iterable[Criterion], *, first_round: Collection[int] | None = None) -> Verdicts:
    """Return one verdict for each criterion, in their order.

    first_round: the seeds of the first of two rounds. What they decide at FIRST stands; the rest is decided by all
                 seeds at SECOND, if there are more. None: there is one round, at ALPHA.
    """
    if first_round is None:
        return Verdicts(_judge(records, criterion, ALPHA) for criterion in criteria)
    first = Records(
        tuple(row for row in records.rows if row.get("seed") in (None, *first_round)),
        tuple(each for each in records.arrays if each.at.get("seed") in (None, *first_round)),
    )
    more = set(records.axis("seed")) > set(first_round)

    def in_rounds(criterion):
        verdict = _judge(first, criterion, FIRST)
        return _judge(records, criterion, SECOND) if more and is_undecided(verdict) else verdict

    return Verdicts(in_rounds(criterion) for criterion in criteria)


def is_undecided(verdict: Verdict) -> bool:
    """Whether more seeds could decide it: the seeds do not agree, rather than the trainings are not done."""
    return verdict.verdict is Answer.INCONCLUSIVE and verdict.p is not None and verdict.p > FIRST


def _judge(records, criterion, alpha) -> Verdict:
    reads: list = []
    read = Records(records.rows, records.arrays, reads)
    bare = Verdict(criterion.key, criterion.title, Answer.NOT_RUN, exact=criterion.test.exact, role=criterion.role)
    try:
        value_S = np.asarray(criterion.test.estimand(read), float)
        control_S = np.asarray(criterion.control(read), float)
        scope = criterion.scope(records) if callable(criterion.scope) else criterion.scope
        if not len(value_S):
            return replace(bare, note="no seeds")
        verdict = _decide(replace(bare, scope=scope), criterion.test, value_S, control_S, alpha)
    except Missing as missing:
        return replace(bare, note=str(missing))
    except Exception as error:  # a broken estimand is this criterion's error, and not that of the others
        return replace(bare, verdict=Answer.ERROR, note=f"{type(error).__name__}: {error}")
    decided = verdict.verdict in (Answer.SUPPORTED, Answer.REFUTED) and not criterion.test.exact
    inside = verdict.verdict is Answer.SUPPORTED
    if decided and (note := not_settled(records, reads, criterion.test, value_S, inside)):
        verdict = replace(verdict, verdict=Answer.INCONCLUSIVE, note=note)
    if count := diverged(records, reads):
        verdict = replace(verdict, note="; ".join(filter(None, (verdict.note, f"{count} of the trainings diverged"))))
    return verdict


def _decide(bare, test, value_S, control_S, alpha) -> Verdict:
    """The verdict by the values of the estimand and of the control alone."""
    region, facts = test.region, len(control_S) == 1 < len(value_S)
    found = test.interval(value_S, region, alpha)
    # A control that is a fact is compared exactly, also beside an estimand that has seeds.
    control = (exact_value if facts else test.interval)(control_S, region, alpha)
    failed = int(np.sum(region.outside(value_S)))
    low, high = share_bounds(failed, len(value_S), alpha) if not test.exact else (None, None)
    numbers = {name: _finite(getattr(found, name)) for name in ("estimate", "low", "high")}
    verdict = replace(
        bare,
        n=found.n,
        failed=failed,
        failed_low=low,
        failed_high=high,
        control=_finite(control.estimate),
        p=None if test.exact else min(found.p_inside, found.p_outside),
        **numbers,
    )
    if np.isnan(control_S).any():
        return replace(verdict, verdict=Answer.ERROR, note="the control has no finite value")
    if control.p_inside <= alpha:
        note = "the control is supported too, so this criterion cannot discriminate"
        return replace(verdict, verdict=Answer.ERROR, note=note)
    if test.exact:
        answer = Answer.EXACT if found.p_inside <= alpha else Answer.REFUTED
        if answer is Answer.EXACT and not region.outside(control_S).all():
            note = "the control is inside too at some seeds, so this criterion cannot discriminate"
            return replace(verdict, verdict=Answer.ERROR, note=note)
        return replace(verdict, verdict=answer)
    deeper_p = _deeper(test, value_S, control_S)
    if found.p_inside <= alpha:
        p = max(found.p_inside, control.p_outside, deeper_p)
        if control.p_outside > alpha:
            return replace(verdict, verdict=Answer.INCONCLUSIVE, p=p, note="the control is not clearly outside")
        if deeper_p > alpha:
            return replace(verdict, verdict=Answer.INCONCLUSIVE, p=p, note="not clearly different from its control")
        return replace(verdict, verdict=Answer.SUPPORTED, p=p)
    if found.p_outside <= alpha:
        smaller = deeper_p <= alpha and found.estimate * _direction(region) > 0
        note = "there, but smaller than the margin" if smaller else "absent or opposite"
        return replace(verdict, verdict=Answer.REFUTED, note=note)
    return replace(verdict, verdict=Answer.INCONCLUSIVE, **_undecided(test, value_S, alpha))


def _direction(region) -> float:
    """The sign of the effect that a region asks for; NaN for a region around 0, which asks for none."""
    return 1.0 if region.low >= 0 else -1.0 if region.high <= 0 else np.nan


def _deeper(test, value_S, control_S) -> float:
    """The p-value of "deeper inside the region than the control, seed by seed"."""
    region = test.region if test.interval is not share_interval else Region(test.region.low, np.inf)
    with np.errstate(invalid="ignore"):
        deeper_S = region.depth(value_S) > region.depth(control_S)
    return sign_p(int(np.sum(deeper_S)), len(value_S))


def _undecided(test, value_S, alpha) -> dict:
    """What the verdict says where neither side is decided."""
    if sign_p(len(value_S), len(value_S)) > alpha:
        return {"note": f"{len(value_S)} seeds are too few to decide anything"}
    if bad := int(np.sum(~np.isfinite(value_S))):
        return {"note": f"{bad} of {len(value_S)} seeds have no finite value and count as failures"}
    if test.interval is share_interval:
        return {}
    least = least_effect(value_S, alpha)
    return {"least_effect": _finite(least), "note": f"80 % power to detect {number(least)} from the margin"}


def _finite(number):
    return float(number) if np.isfinite(number) else None
