"""Verdicts: what follows from the records by the criteria. Pure functions that take milliseconds."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from dl_jax.evidence.criteria import Criterion, Role
from dl_jax.evidence.records import Missing, Records
from dl_jax.evidence.statistics import ALPHA, Interval, exact_value, holm
from dl_jax.evidence.tables import verdicts_as_html, verdicts_as_text


class Answer(StrEnum):
    """The possible answers. An ERROR is not a refutation; NOT_RUN is a criterion whose records are missing."""

    SUPPORTED = "SUPPORTED"
    REFUTED = "REFUTED"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_RUN = "NOT_RUN"
    ERROR = "ERROR"


@dataclass(frozen=True)
class Verdict:
    """The answer to one criterion, with its numbers, which are None without an answer."""

    key: str
    title: str
    verdict: Answer
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    exact: bool = False
    """The estimate is a fact, without seeds; n is 0."""
    scope: str = ""
    role: Role = "core"
    control: float | None = None
    """The estimate in the setting where the statement must fail."""
    p: float | None = None
    note: str = ""
    exploratory: bool = False
    """The criterion is not the one that was fixed before these records were made."""
    experiment: str = ""

    @property
    def statement(self) -> int:
        """The number of the statement."""
        return int(str(self.key).partition(".")[0])


class Verdicts(list[Verdict]):
    """Verdicts in the order of their criteria; a table in a terminal and in a notebook."""

    def __repr__(self) -> str:
        return verdicts_as_text(self)

    def _repr_html_(self) -> str:
        return verdicts_as_html(self)


def judge(records: Records, criteria: Iterable[Criterion]) -> Verdicts:
    """Return one verdict for each criterion, in their order, after Holm's correction for several tests."""
    return Verdicts(correct([_judge(records, criterion) for criterion in criteria]))


def _judge(records, criterion):
    test, scope = criterion.test, criterion.scope
    bare = Verdict(
        criterion.key,
        criterion.title,
        Answer.NOT_RUN,
        exact=test.interval is exact_value,
        role=criterion.role,
    )
    try:
        value_S, control_S = test.estimand(records), criterion.control(records)
        bare = replace(
            bare, scope=scope(records) if callable(scope) and records.rows else "" if callable(scope) else scope
        )
    except Missing as missing:
        return replace(bare, note=str(missing))
    if not len(value_S):
        return replace(bare, note="no seeds")
    # A control that is a fact is compared exactly, also beside an estimand that has seeds.
    on_control = test._replace(interval=exact_value, seeds=0) if len(control_S) < len(value_S) else test
    found, control = _placed(test, value_S), _placed(on_control, control_S)
    answer, note = _answer(value_S, found, test.seeds)
    if _answer(control_S, control, on_control.seeds)[0] is Answer.SUPPORTED:
        answer, note = Answer.ERROR, "the control is supported too, so this criterion cannot discriminate"
    numbers = {name: _finite(getattr(found, name)) for name in ("estimate", "low", "high")}
    p = min(found.p_inside, found.p_outside)
    return replace(
        bare, verdict=answer, n=found.n, control=_finite(control.estimate), p=_finite(p), note=note, **numbers
    )


def _placed(test, value_S) -> Interval:
    """The interval of the values; there is none, and nothing is shown, where one of them is not finite."""
    if np.isfinite(value_S).all():
        return test.interval(value_S, test.region)
    return Interval(np.nan, np.nan, np.nan, len(value_S), 1.0, 1.0)


def _answer(value_S: np.ndarray, found: Interval, seeds: int) -> tuple[Answer, str]:
    if bad := int(np.sum(~np.isfinite(value_S))):
        return Answer.INCONCLUSIVE, f"{bad} of {len(value_S)} seeds have no finite value"
    if len(value_S) < seeds:
        return Answer.INCONCLUSIVE, f"{len(value_S)} seeds; fewer than {seeds} decide nothing"
    if found.p_inside <= ALPHA:
        return Answer.SUPPORTED, ""
    if found.p_outside <= ALPHA:
        return Answer.REFUTED, ""
    return Answer.INCONCLUSIVE, ""


def correct(verdicts: list[Verdict]) -> list[Verdict]:
    """The verdicts of one report together: a finding that does not stand by Holm's correction is INCONCLUSIVE.

    Identities have p = 0 and always stand; they do not count among the tests.
    """
    decided = [v for v in verdicts if v.verdict in (Answer.SUPPORTED, Answer.REFUTED, Answer.INCONCLUSIVE)]
    tests = [v for v in decided if v.p]
    falls = {id(v) for v, stands in zip(tests, holm([v.p for v in tests if v.p]), strict=True) if not stands}

    def corrected(verdict):
        if id(verdict) not in falls or verdict.verdict is Answer.INCONCLUSIVE:
            return verdict
        note = f"p = {verdict.p:.2g} does not stand among {len(tests)} tests (Holm)"
        return replace(verdict, verdict=Answer.INCONCLUSIVE, note=note)

    return [corrected(verdict) for verdict in verdicts]


def together(verdicts: Iterable[Verdict]) -> Answer:
    """One answer for a statement with several criteria, counter-evidence left aside.

    An error hides nothing behind it; one refutation refutes; support must be by all that ran.
    """
    answers = {verdict.verdict for verdict in verdicts if verdict.role in ("core", "support")}
    for answer in (Answer.ERROR, Answer.REFUTED, Answer.INCONCLUSIVE, Answer.SUPPORTED):
        if answer in answers:
            return answer
    return Answer.NOT_RUN


def _finite(number):
    return float(number) if number is not None and np.isfinite(number) else None
