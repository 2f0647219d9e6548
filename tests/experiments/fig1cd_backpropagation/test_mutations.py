"""The printed equations pass against independent derivatives, and every mutation of them is detected."""

import jax
import jax.numpy as jnp
import pytest

from dl_jax.models.backpropagation import UNITS
from experiments.fig1cd_backpropagation.mutations import MUTATIONS, PRINTED, equation_errors, mutated


def normals(*shapes):
    return [jax.random.normal(jax.random.key(number), shape) for number, shape in enumerate(shapes)]


@pytest.mark.parametrize("name", sorted(UNITS))
def test_every_mutation_is_detected_and_the_printed_equations_pass(name):
    *w, x_BxD, t_BxC = normals((6, 5), (5, 4), (4, 3), (16, 6), (16, 3))
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
