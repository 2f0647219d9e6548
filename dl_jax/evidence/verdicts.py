"""Verdicts: the answer to each criterion with its numbers, and the answer to a statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dl_jax.evidence.criteria import Role
from dl_jax.evidence.tables import verdicts_as_html, verdicts_as_text


class Answer(StrEnum):
    """The possible answers. An ERROR is not a refutation; NOT_RUN is a criterion whose records are missing.

    EXACT is true by construction or by algebra: checked with a mutant that breaks it, and not counted as evidence.
    SUPPORTED_WITHIN_LIMITS is an answer to a statement only.
    """

    SUPPORTED = "SUPPORTED"
    SUPPORTED_WITHIN_LIMITS = "SUPPORTED_WITHIN_LIMITS"
    EXACT = "EXACT"
    REFUTED = "REFUTED"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_RUN = "NOT_RUN"
    ERROR = "ERROR"


HOLDS = (Answer.SUPPORTED, Answer.EXACT)


@dataclass(frozen=True)
class Verdict:
    """The answer to one criterion, with its numbers, which are None without an answer."""

    key: str
    title: str
    verdict: Answer
    estimate: float | None = None
    """The median seed; the share of seeds that succeed; the worst seed of an identity; a fact."""
    low: float | None = None
    high: float | None = None
    n: int = 0
    failed: int = 0
    """Seeds outside the region, those without a finite value included."""
    failed_low: float | None = None
    failed_high: float | None = None
    """The exact interval of the share of seeds that fail."""
    exact: bool = False
    """Nothing was sampled: an identity at n seeds, or a fact, whose n is 0."""
    scope: str = ""
    role: Role = "core"
    control: float | None = None
    """The estimate in the setting where the statement must fail."""
    p: float | None = None
    """The p-value of the decision: for a support the largest of those that it needs."""
    least_effect: float | None = None
    """How far from the margin the median must lie for n seeds to detect it with 80 % power."""
    note: str = ""
    exploratory: bool = False
    """The criterion or the seeds are not those that the ledger fixed before these records were made."""
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


def statement_answer(verdicts: Iterable[Verdict]) -> Answer:
    """One answer for a statement with several criteria, by their roles.

    All core criteria must be supported: an intersection-union test, which needs no correction. A contradiction that is
    supported refutes; a limit that is supported limits. Nothing that was not run or is broken is passed over.
    """
    verdicts = list(verdicts)
    core, limits, contradicts = (
        {verdict.verdict for verdict in verdicts if verdict.role == role} for role in ("core", "limit", "contradicts")
    )
    if Answer.ERROR in core | contradicts:
        return Answer.ERROR
    if Answer.REFUTED in core or contradicts & set(HOLDS):
        return Answer.REFUTED
    if not core or Answer.NOT_RUN in core:
        return Answer.NOT_RUN
    if Answer.INCONCLUSIVE in core:
        return Answer.INCONCLUSIVE
    if limits & set(HOLDS):
        return Answer.SUPPORTED_WITHIN_LIMITS
    return Answer.EXACT if core == {Answer.EXACT} else Answer.SUPPORTED
