"""Names and labels of the axes of a value."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.evidence.named import array, named


def test_labels_are_counted_from_1_or_given():
    value = named(np.zeros((2, 3)), "layer", unit=("a", "b", "c"), state="trained")
    assert value.labels() == {"layer": (1, 2), "unit": ("a", "b", "c")}
    assert value.at == (("state", "trained"),)
    assert not value.whole
    assert array(np.zeros(2), "layer").whole


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: named(np.zeros(3)), "has 1 axes, and 0 are named"),
        (lambda: named(1.0, "layer"), "has 0 axes, and 1 are named"),
        (lambda: array(np.zeros(3), unit=("a", "b")), "'unit' has 3 entries and 2 labels"),
    ],
)
def test_axes_that_do_not_fit_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_it_passes_through_a_program():
    @jax.jit
    def program(x):
        return {"norm": named(2 * x, "layer", net="a")}

    found = program(jnp.arange(3.0))["norm"]
    assert (found.axes, found.at) == ((("layer", None),), (("net", "a"),))
    np.testing.assert_array_equal(found.value, [0.0, 2.0, 4.0])
