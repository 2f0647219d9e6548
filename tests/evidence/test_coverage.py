"""What was recorded and is neither judged nor declared as not judged."""

from dl_jax.evidence.coverage import not_judged, unread
from dl_jax.evidence.criteria import Criterion, exceeds
from dl_jax.evidence.estimands import metric
from dl_jax.evidence.records import Records

RECORDS = Records(
    tuple(
        {"seed": seed, "nonlinearity": name, "depth": depth, "step": 9, "metric": outcome, "value": 1.0}
        for seed in range(2)
        for name in ("relu", "tanh")
        for depth in (1, 5)
        for outcome in ("accuracy", "loss", "diverged_at")
    )
)


def criterion(nonlinearity):
    at = {"nonlinearity": nonlinearity}
    return Criterion("1.a", "", exceeds(metric("accuracy", depth=5, **at), 0.5), metric("accuracy", depth=1, **at))


def test_what_no_criterion_reads_is_listed():
    """Depth helped with relu, and tanh was measured beside it: no criterion read that."""
    assert unread(RECORDS, [criterion("relu")]) == ["accuracy at nonlinearity tanh", "loss"]
    assert unread(RECORDS, [criterion("relu"), criterion("tanh")]) == ["loss"]


def test_what_is_declared_with_a_reason_is_not():
    excused = [not_judged("drawn only", metric="loss")]
    assert unread(RECORDS, [criterion("relu"), criterion("tanh")], excused) == []
    excused.append(not_judged("a figure's control", metric="accuracy", nonlinearity="tanh"))
    assert unread(RECORDS, [criterion("relu")], excused) == []


def test_a_broken_estimand_does_not_hide_what_it_read():
    def broken(records):
        records.by_seed("loss", max)
        raise ValueError

    assert unread(RECORDS, [Criterion("1.b", "", exceeds(broken, 0.5), broken)]) == ["accuracy"]
