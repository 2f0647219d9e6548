"""The printed sigmoids against closed forms, and the inputs at which e^z overflows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.fig1cd_backpropagation.formulas import (
    LARGEST_INPUT,
    formula_error,
    largest_finite_input,
    tanh_by_logistic_error,
)

Z_N = jnp.linspace(-10.0, 10.0, 201)


@pytest.mark.parametrize(("name", "f"), [("tanh", jnp.tanh), ("logistic", jax.nn.sigmoid), ("relu", jax.nn.relu)])
def test_printed_formulas_agree_with_the_library_to_rounding(name, f):
    assert float(formula_error(name, f, Z_N)) < 4 * 2.0**-23
    assert float(formula_error(name, lambda z: 2 * f(z), Z_N)) == pytest.approx(0.5)


def test_tanh_is_twice_a_logistic_minus_1_at_scale_2_and_tanh_of_half_of_z_at_scale_1():
    z_N = np.asarray(Z_N, float)
    assert float(tanh_by_logistic_error(Z_N, 2.0)) < 8 * 2.0**-23
    half_N = np.tanh(z_N / 2)
    expected = np.linalg.norm(np.tanh(z_N) - half_N) / np.linalg.norm(half_N)
    assert float(tanh_by_logistic_error(Z_N, 1.0)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("x64", "largest"), [(False, np.finfo(np.float32).max), (True, np.finfo(np.float64).max)])
def test_the_printed_tanh_ends_where_the_exponential_overflows(x64, largest):
    with jax.enable_x64(x64):
        expected = np.floor(4 * np.log(float(largest))) / 4
        assert float(largest_finite_input("tanh")) == expected


def test_the_printed_logistic_and_rectifier_are_finite_everywhere():
    assert float(largest_finite_input("logistic")) == LARGEST_INPUT
    assert float(largest_finite_input("relu")) == LARGEST_INPUT
