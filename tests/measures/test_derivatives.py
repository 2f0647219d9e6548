"""Derivatives that are known by hand, and mistakes that must be seen."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.by_seed import at, at_once, normals, rows_by_seed
from dl_jax.measures.derivatives import (
    ORACLES,
    central_jacobian,
    chain_errors,
    net_derivatives,
    relative_error,
    remainder,
)
from dl_jax.models.backpropagation import UNITS, backward, forward
from experiments.fig1cd_backpropagation.mutations import MUTATIONS, PRINTED, equation_errors, mutated


def test_relative_error_is_scaled_by_norms():
    assert float(relative_error(jnp.array([3.0, 4.1]), jnp.array([3.0, 4.0]))) == pytest.approx(0.02, rel=1e-4)
    assert float(relative_error(jnp.zeros(2), jnp.zeros(2))) == 0.0
    assert float(relative_error((jnp.ones(2), jnp.ones(1)), (jnp.ones(2), 2 * jnp.ones(1)))) == 0.5


def test_central_jacobian_of_a_matrix_argument():
    a = jnp.arange(6.0).reshape(2, 3)
    found = central_jacobian(lambda a: jnp.array([jnp.sum(a**2), a[0, 1]]), a)
    assert found.shape == (2, 2, 3)
    np.testing.assert_allclose(found[0], 2 * a, atol=2e-3)
    np.testing.assert_allclose(found[1], np.eye(6)[1].reshape(2, 3), atol=1e-3)


def test_remainder_of_squares_is_the_second_order_term():
    """y = x^2, z = y^2 at 1: dz = 4 dx + 6 dx^2 + ..."""
    with jax.enable_x64(True):
        left = remainder(jnp.square, jnp.square, jnp.ones(3), 1e-4, lambda a, b: a * b)
        assert float(left) == pytest.approx(6e-8, rel=1e-3)


def test_chain_errors_see_a_wrong_product():
    x, dx, dz = normals(jax.random.key(0), (3,), (3,), (3,))
    chains = {"product": jnp.matmul, "wrong order": lambda a, b: b @ a}
    w = jax.random.normal(jax.random.key(1), (3, 3))
    found = chain_errors(lambda x: jnp.tanh(x @ w), jnp.sin, x, dx, dz, chains)
    assert max(value for (name, oracle), value in found.items() if name == "product") < 1e-2
    assert max(found["product", oracle] for oracle in ("jacfwd", "jacrev", "jvp", "vjp")) < 1e-6
    assert min(found["wrong order", oracle] for oracle in ("jacfwd", "jacrev", "jvp", "vjp")) > 1e-3


@pytest.mark.parametrize("oracle", sorted(ORACLES))
def test_oracles_find_the_backward_pass(oracle):
    *weights, x, t = normals(jax.random.key(0), (4, 3), (3, 2), (4,), (2,))
    printed = backward(weights, forward(weights, x, jnp.tanh), t, UNITS["tanh"].derivative)
    asked = net_derivatives(ORACLES[oracle], weights, x, t, jnp.tanh)
    assert float(relative_error(printed, asked)) < (1e-2 if oracle == "finite_differences" else 1e-5)


@pytest.mark.parametrize("name", sorted(UNITS))
def test_every_mutation_is_seen_and_the_printed_equations_pass(name):
    *w, x_BxD, t_BxC = normals(jax.random.key(3), (6, 5), (5, 4), (4, 3), (16, 6), (16, 3))
    weights = [each.at[:, 0].set(jnp.abs(each[:, 0])) / len(each) ** 0.5 for each in w]
    library = {"relu": jax.nn.relu, "tanh": jnp.tanh, "logistic": jax.nn.sigmoid}[name]
    for (equation, mutations, _), errors in equation_errors(weights, x_BxD, t_BxC, UNITS[name], library).items():
        if mutations == ("none",):
            assert float(errors[0]) < 20 * 2.0**-23, equation
        else:
            assert mutations == tuple(MUTATIONS[equation])
            assert float(jnp.min(errors)) > 1e-2, (equation, mutations, errors)


def test_mutated_replaces_one_equation():
    changed = mutated("output", "sign of z")
    assert [name for name in PRINTED._fields if getattr(changed, name) is not getattr(PRINTED, name)] == ["output"]
    assert set(MUTATIONS) == set(PRINTED._fields)


def look(key):
    """A number, a vector along one axis, and a table along two."""
    return {
        at("scalar"): jax.random.normal(key),
        at("vector", dx=(0.1, 0.2)): jnp.array([1.0, 2.0]) / 3,
        at("table", a=("p", "q"), b=(1, 2, 3)): jnp.arange(6.0).reshape(2, 3),
    }


def test_rows_by_seed_names_every_entry():
    rows = rows_by_seed(look, range(4, 6), "float32", unit="m")
    assert {row["seed"] for row in rows} == {4, 5}
    assert {(row["trial"], row["seed"]) for row in rows} == {(0, 4), (1, 5)}
    table = {(row["a"], row["b"]): row["value"] for row in rows if row["metric"] == "table" and row["seed"] == 5}
    assert table["q", 1] == 3.0
    assert [row["value"] for row in rows if row.get("dx") == 0.2] == pytest.approx([2 / 3] * 2)


def test_double_precision_is_double_and_stays_inside():
    parts = [partial(rows_by_seed, look, (0,), precision) for precision in ("float32", "float64", "float32")]
    thirds = [row["value"] for row in at_once(parts) if row.get("dx") == 0.1]
    assert [abs(third - 1 / 3) < 1e-12 for third in thirds] == [False, True, False]
    assert (jnp.ones(()) / 3).dtype == jnp.float32


def test_a_seed_has_its_numbers_whatever_the_others_are():
    alone = rows_by_seed(look, (7,), "float32")[0]["value"]
    assert alone == rows_by_seed(look, (3, 7), "float32")[1]["value"]
