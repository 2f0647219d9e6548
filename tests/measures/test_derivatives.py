"""Independent derivatives against derivatives by hand, and planted mistakes that must be detected."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.derivatives import (
    ORACLES,
    central_difference_step,
    central_jacobian,
    chain_rule_errors,
    chain_rule_remainder,
    net_derivatives,
    relative_error,
)
from dl_jax.models.backpropagation import UNITS, Backward, backward, forward


def normals(seed, *shapes):
    return [jax.random.normal(jax.random.key(seed + number), shape) for number, shape in enumerate(shapes)]


def test_relative_error_is_relative_to_the_norm():
    assert float(relative_error(jnp.array([3.0, 4.1]), jnp.array([3.0, 4.0]))) == pytest.approx(0.02, rel=1e-4)
    assert float(relative_error(jnp.zeros(2), jnp.zeros(2))) == 0.0
    assert float(relative_error((jnp.ones(2), jnp.ones(1)), (jnp.ones(2), 2 * jnp.ones(1)))) == 0.5


def test_relative_error_of_a_nonzero_value_against_zero_is_huge():
    assert float(relative_error(jnp.ones(1), jnp.zeros(1))) > 1e30


def test_central_jacobian_of_a_matrix_argument():
    a = jnp.arange(6.0).reshape(2, 3)
    jacobian = central_jacobian(lambda a: jnp.array([jnp.sum(a**2), a[0, 1]]), a)
    assert jacobian.shape == (2, 2, 3)
    np.testing.assert_allclose(jacobian[0], 2 * a, atol=2e-3)
    np.testing.assert_allclose(jacobian[1], np.eye(6)[1].reshape(2, 3), atol=1e-3)


def test_central_difference_error_is_the_third_derivative_at_large_steps():
    """(f(x + h) - f(x - h)) / 2h = f' + h^2 f''' / 6: for x^3 the error is exactly h^2."""
    with jax.enable_x64(True):
        assert float(central_jacobian(lambda x: x**3, jnp.array(2.0), 0.1)) == pytest.approx(12 + 0.01, rel=1e-12)
        assert central_difference_step(jnp.float64) == pytest.approx((2.0**-52) ** (1 / 3))


def test_chain_rule_remainder_of_squares_is_the_second_order_term():
    """y = x^2, z = y^2 at 1: dz = 4 dx + 6 dx^2 + ..."""
    with jax.enable_x64(True):
        remainder = chain_rule_remainder(jnp.square, jnp.square, jnp.ones(3), 1e-4, lambda a, b: a * b)
        assert float(remainder) == pytest.approx(6e-8, rel=1e-3)


def test_chain_rule_remainder_detects_a_sum_instead_of_a_product():
    """dz - (2 + 2) dx = 0 at first order at x = 1; at x = 2 the sum is 4 + 8 and the product 32."""
    with jax.enable_x64(True):
        remainder = chain_rule_remainder(jnp.square, jnp.square, jnp.full(3, 2.0), 1e-4, lambda a, b: a + b)
        assert float(remainder) == pytest.approx((32 - 12) * 1e-4, rel=1e-3)


def test_chain_rule_errors_detect_a_wrong_product():
    x, dx, dz = normals(0, (3,), (3,), (3,))
    chains = {"product": jnp.matmul, "wrong order": lambda a, b: b @ a}
    w = jax.random.normal(jax.random.key(9), (3, 3))
    errors = chain_rule_errors(lambda x: jnp.tanh(x @ w), jnp.sin, x, dx, dz, chains)
    assert set(errors) == {
        (chain, oracle) for chain in chains for oracle in ("jacfwd", "jacrev", "jvp", "vjp", "finite_differences")
    }
    assert max(value for (name, oracle), value in errors.items() if name == "product") < 1e-2
    assert max(errors["product", oracle] for oracle in ("jacfwd", "jacrev", "jvp", "vjp")) < 1e-5
    assert min(errors["wrong order", oracle] for oracle in ("jacfwd", "jacrev", "jvp", "vjp")) > 1e-3


@pytest.mark.parametrize("oracle", sorted(ORACLES))
def test_oracles_agree_with_a_net_of_one_weight(oracle):
    """y = w x with x = 2, w = 3, t = 1: E = (y - t)^2 / 2, so dE/dy = dE/dz = 5, dE/dw = 10 and dE/dx = 15."""
    derivatives = net_derivatives(ORACLES[oracle], [jnp.full((1, 1), 3.0)], jnp.full(1, 2.0), jnp.ones(1), lambda z: z)
    expected = Backward(
        dE_dz=(np.array([5.0]),), dE_dy=(np.array([15.0]), np.array([5.0])), dE_dw=(np.array([[10.0]]),)
    )
    jax.tree.map(lambda value, known: np.testing.assert_allclose(value, known, rtol=5e-3), derivatives, expected)


@pytest.mark.parametrize("oracle", sorted(ORACLES))
def test_oracles_agree_with_the_backward_pass(oracle):
    *weights, x, t = normals(0, (4, 3), (3, 2), (4,), (2,))
    printed = backward(weights, forward(weights, x, jnp.tanh), t, UNITS["tanh"].derivative)
    derivatives = net_derivatives(ORACLES[oracle], weights, x, t, jnp.tanh)
    assert float(relative_error(printed, derivatives)) < (1e-2 if oracle == "finite_differences" else 1e-5)
