"""Peak throughput: operations of all devices over the shortest time, without the call that compiles."""

import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures import peak


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_the_shortest_time_after_compilation_counts(context, monkeypatch, dtype):
    """Fake durations: the first call, which compiles, is planted as the fastest and must not count."""
    durations = [0.5, 4.0, 2.0, 3.0, 5.0, 6.0]
    clock = iter(np.cumsum([step for duration in durations for step in (0.0, duration)]))
    monkeypatch.setattr(peak, "perf_counter", lambda: float(next(clock)))
    monkeypatch.setitem(peak.MATRIX_SIDE, "cpu", 32)
    assert peak.peak_flops(context, dtype) == context.mesh.size * 2 * 32**3 / 2.0


def test_a_dry_run_has_no_devices_to_measure(context):
    dry = context.with_events(dry_run=lambda *program: None)
    assert np.isnan(peak.peak_flops(dry, jnp.float32))
