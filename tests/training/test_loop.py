"""The cuts of a training into calls."""

from hypothesis import given
from hypothesis import strategies as st

from dl_jax.training import loop
from dl_jax.training.loop import cut


@given(st.integers(1, 5000), st.floats(0, 1e12), st.integers(1, 5000))
def test_calls_take_all_steps_with_two_lengths_at_most(steps, flops, at_most):
    calls = list(cut(steps, flops, "cpu", at_most))
    assert calls[0].first == 0
    assert [call.first for call in calls[1:]] == [call.done for call in calls[:-1]]
    assert calls[-1].done == steps
    lengths = {call.steps for call in calls}
    assert 1 <= len(lengths) <= 2
    assert max(lengths) <= at_most
    assert max(lengths) * flops <= max(flops, 1.6 * loop.SECONDS_PER_CALL * loop.FLOPS_PER_SECOND["cpu"])


@given(st.integers(1, 500), st.sets(st.integers(0, 500)))
def test_calls_end_at_every_evaluation_step(steps, eval_steps):
    wanted = {min(step, steps) for step in eval_steps}
    calls = list(cut(steps, 1.0, "cpu", 7, wanted))
    assert wanted - {0} <= {call.done for call in calls}
    assert sum(call.steps for call in calls) == steps
