"""Each nonlinearity against its closed form, and each gain against the integral that defines it."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, special

from dl_jax.models.nonlinearities import NONLINEARITIES

pytestmark = pytest.mark.usefixtures("strict_types", "quick_to_compile")

SQRT_2_PI = math.sqrt(2 / math.pi)

# name: (f(z), f'(z)) in float64. gelu is the tanh approximation (Hendrycks & Gimpel 2016).
CLOSED_FORMS = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "tanh": (
        lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
        lambda z: 4 / (np.exp(z) + np.exp(-z)) ** 2,
    ),
    "logistic": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "identity": (lambda z: z, lambda z: np.ones_like(z)),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1, 0.01)),
    "softsign": (lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2),
    "elu": (lambda z: np.where(z > 0, z, np.exp(z) - 1), lambda z: np.where(z > 0, 1, np.exp(z))),
    "gelu": (
        lambda z: 0.5 * z * (1 + np.tanh(SQRT_2_PI * (z + 0.044715 * z**3))),
        lambda z: (
            0.5 * (1 + np.tanh(SQRT_2_PI * (z + 0.044715 * z**3)))
            + 0.5 * z * SQRT_2_PI * (1 + 3 * 0.044715 * z**2) / np.cosh(SQRT_2_PI * (z + 0.044715 * z**3)) ** 2
        ),
    ),
    "silu": (lambda z: z * special.expit(z), lambda z: special.expit(z) * (1 + z * special.expit(-z))),
    "softplus": (lambda z: np.log(1 + np.exp(z)), lambda z: 1 / (1 + np.exp(-z))),
}

Z = np.concatenate([np.linspace(-6, 6, 241), np.random.default_rng(0).normal(size=50)])
Z = Z[np.abs(Z) > 1e-6].astype(np.float32)  # some have no derivative at 0


def test_the_nonlinearities_of_the_paper_come_first():
    assert set(NONLINEARITIES) == set(CLOSED_FORMS)
    assert list(NONLINEARITIES)[:3] == ["relu", "tanh", "logistic"]


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_values_and_derivatives_equal_the_closed_form(name):
    f, slope = CLOSED_FORMS[name]
    ours = NONLINEARITIES[name].f
    np.testing.assert_allclose(ours(Z), f(Z.astype(float)), rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(jax.vmap(jax.grad(ours))(Z), slope(Z.astype(float)), rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_values_and_derivatives_are_finite_for_large_inputs(name):
    large = jnp.array([-1e4, -100.0, 100.0, 1e4])
    assert np.isfinite(NONLINEARITIES[name].f(large)).all()
    assert np.isfinite(jax.vmap(jax.grad(NONLINEARITIES[name].f))(large)).all()


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_the_gain_preserves_the_mean_square_of_gradients(name):
    """gain = 1 / sqrt(E f'(z)^2) for standard normal z, by quadrature on either side of 0."""
    slope = CLOSED_FORMS[name][1]

    def integrand(z):
        return float(slope(np.float64(z))) ** 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    mean = sum(integrate.quad(integrand, *side, epsabs=1e-12)[0] for side in ((-20, 0), (0, 20)))
    assert NONLINEARITIES[name].gain == pytest.approx(mean**-0.5, rel=2e-6)


def test_known_gains():
    assert NONLINEARITIES["relu"].gain == pytest.approx(math.sqrt(2))
    assert NONLINEARITIES["leaky_relu"].gain == pytest.approx(math.sqrt(2 / (1 + 0.01**2)))
    assert NONLINEARITIES["identity"].gain == 1.0
