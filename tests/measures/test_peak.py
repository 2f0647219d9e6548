"""The peak is that of a product: never above what many devices could add up to, and above 0 in every kind of number."""

import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures import peak


@pytest.mark.parametrize("kind", [jnp.float32, jnp.bfloat16])
def test_it_is_the_products_of_all_devices_over_the_shortest_time(context, monkeypatch, kind):
    clock = iter(np.cumsum([0, 9, 0, 4, 0, 2, 0, 3, 0, 5, 0, 6]))
    monkeypatch.setattr(peak, "perf_counter", lambda: float(next(clock)))
    monkeypatch.setitem(peak.SIDE, "cpu", 32)
    assert peak.peak_flops(context.mesh, kind) == context.mesh.size * 2 * 32**3 / 2
