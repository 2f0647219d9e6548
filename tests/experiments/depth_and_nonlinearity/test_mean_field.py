"""chi and depth scales against exact values, and against SciPy's quadrature with derivatives by hand."""

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.depth_and_nonlinearity.mean_field import TRAINABLE_DEPTH_SCALES, chi, depth_scale

# name: (f(z), f'(z))
CLOSED_FORMS = {
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "logistic": (special.expit, lambda z: special.expit(z) * special.expit(-z)),
    "softsign": (lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
}


def oracle(name, weight_variance):
    """chi by quadrature, at the root of q = weight_variance E[f(sqrt(q) z)^2] instead of by iteration."""
    f, slope = CLOSED_FORMS[name]

    def mean_square(g, variance):
        def density(z):
            return g(variance**0.5 * z) ** 2 * stats.norm.pdf(z)

        return integrate.quad(density, -9, 0)[0] + integrate.quad(density, 0, 9)[0]

    fixed_point = optimize.brentq(lambda q: weight_variance * mean_square(f, q) - q, 1e-6, 1e3)
    return weight_variance * mean_square(slope, fixed_point)


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("tanh", 1.5),
        ("tanh", 2.1533),
        ("logistic", 1.0),
        ("logistic", 22.3034),
        ("tanh", 9.0),
        ("softsign", 4.392),
    ],
)
def test_chi_agrees_with_quadrature(name, variance):
    assert chi(NONLINEARITIES[name].f, variance) == pytest.approx(oracle(name, variance), rel=1e-3)


@pytest.mark.parametrize(("name", "variance"), [("relu", 2.0), ("identity", 1.0)])
def test_depth_scale_is_infinite_at_the_edge_of_chaos(name, variance):
    assert chi(NONLINEARITIES[name].f, variance) == pytest.approx(1, abs=1e-5)
    assert depth_scale(NONLINEARITIES[name].f, variance) == np.inf


def test_tanh_is_nearly_critical_at_variance_1():
    """After n layers the variance is about 1 / (2 n) and chi = 1 - 2 variance: 500 layers leave 0.002."""
    assert chi(NONLINEARITIES["tanh"].f, 1.0) == pytest.approx(1, abs=3e-3)
    assert depth_scale(NONLINEARITIES["tanh"].f, 1.0) > 300


@pytest.mark.parametrize("variance", [0.25, 0.5, 2.0, 9.0])
def test_chi_of_the_identity_is_the_weight_variance(variance):
    assert chi(NONLINEARITIES["identity"].f, variance) == pytest.approx(variance, rel=1e-5)
    assert depth_scale(NONLINEARITIES["identity"].f, variance) == pytest.approx(1 / abs(np.log(variance)), rel=1e-4)


@pytest.mark.parametrize("name", ["tanh", "softsign"])
def test_small_weights_use_the_slope_at_0_only(name):
    assert chi(NONLINEARITIES[name].f, 0.5) == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("variance", [0.5, 1.0, 1.5, 2.5, 9.0])
def test_chi_of_the_rectifier_is_half_the_weight_variance(variance):
    assert chi(NONLINEARITIES["relu"].f, variance) == pytest.approx(variance / 2, rel=1e-3)


def test_the_logistic_function_trains_up_to_eight_layers():
    logistic = NONLINEARITIES["logistic"]
    depth = TRAINABLE_DEPTH_SCALES * depth_scale(logistic.f, logistic.gain**2)
    expected = TRAINABLE_DEPTH_SCALES / abs(np.log(oracle("logistic", logistic.gain**2)))
    assert depth == pytest.approx(expected, rel=1e-3)
    assert depth == pytest.approx(8, abs=0.1)
