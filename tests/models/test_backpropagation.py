"""The printed equations against other ways to the same numbers: jax.grad, finite differences, and by hand."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl_jax.models.backpropagation import PRINTED, UNITS, Backward, backward, forward, printed_net
from dl_jax.models.initializers import lecun


def drawn(widths, seed=0):
    """Weights, an input and a target for a net of these widths."""
    generator = np.random.default_rng(seed)
    weights = [jnp.asarray(generator.normal(size=pair) / pair[0] ** 0.5, jnp.float32) for pair in pairwise(widths)]
    return weights, *(jnp.asarray(generator.normal(size=width), jnp.float32) for width in (widths[0], widths[-1]))


def error(weights, x, t, f):
    """E, written without the equations."""
    for w in weights:
        x = f(x @ w)
    return 0.5 * jnp.sum((x - t) ** 2)


def passes(weights, x, t, unit, equations=PRINTED) -> Backward:
    """Both passes, one after the other."""
    return backward(weights, forward(weights, x, unit.f, equations), t, unit.derivative, equations)


def test_two_units_by_hand():
    """x = 2, w = 0.5 and 3, t = 1, rectifiers: z = 1 and 3, y - t = 2, and the rest on paper."""
    weights, x, t = [jnp.array([[0.5]]), jnp.array([[3.0]])], jnp.array([2.0]), jnp.array([1.0])
    passed = forward(weights, x, UNITS["relu"].f)
    assert [float(z[0]) for z in passed.z] == [1.0, 3.0]
    back = backward(weights, passed, t, UNITS["relu"].derivative)
    assert [float(d[0]) for d in back.dE_dy] == [3.0, 6.0, 2.0]
    assert [float(d[0, 0]) for d in back.dE_dw] == [12.0, 2.0]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=5), st.sampled_from(sorted(UNITS)), st.integers(0, 99))
def test_weight_derivatives_are_those_of_jax(widths, name, seed):
    weights, x, t = drawn(widths, seed)
    found = passes(weights, x, t, UNITS[name]).dE_dw
    for ours, theirs in zip(found, jax.grad(error)(weights, x, t, UNITS[name].f), strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, atol=1e-6 + 1e-5 * float(jnp.linalg.norm(theirs)))


@pytest.mark.parametrize("name", ["tanh", "logistic"])
def test_weight_derivatives_are_finite_differences(name):
    with jax.enable_x64(True):
        weights, x, t = (jax.tree.map(lambda a: a.astype(jnp.float64), part) for part in drawn((4, 5, 3)))
        found, h = passes(weights, x, t, UNITS[name]).dE_dw, 1e-5
        for layer, row, column in ((0, 0, 0), (0, 3, 4), (1, 2, 1)):

            def moved(by, layer=layer, row=row, column=column):
                changed = list(weights)
                changed[layer] = weights[layer].at[row, column].add(by)
                return error(changed, x, t, UNITS[name].f)

            assert float(found[layer][row, column]) == pytest.approx(float(moved(h) - moved(-h)) / (2 * h), rel=1e-7)


@pytest.mark.parametrize("name", sorted(UNITS))
def test_derivatives_of_units_are_those_of_jax(name):
    z_N = jnp.array([-3.0, -0.5, 0.25, 1.0, 4.0])
    theirs = jax.vmap(jax.grad(UNITS[name].f))(z_N)
    np.testing.assert_allclose(UNITS[name].derivative(z_N), theirs, rtol=1e-5, atol=1e-6)


def test_rectifier_has_derivative_0_at_its_kink():
    assert float(UNITS["relu"].derivative(jnp.zeros(()))) == 0.0


def test_the_net_learns_by_the_printed_equations():
    x_BxD, model = jnp.ones((3, 4)), printed_net((5,), 2, UNITS["tanh"])
    params = model.init(jax.random.key(0), x_BxD)
    weights = [params[name]["w"] for name in sorted(params)]
    gradient = jax.grad(lambda params: jnp.sum(model.apply(params, x_BxD) ** 2) / 2)(params)
    plain = jax.grad(lambda weights: sum(error(weights, x, jnp.zeros(2), jnp.tanh) for x in x_BxD))(weights)
    for name, theirs in zip(sorted(gradient), plain, strict=True):
        np.testing.assert_allclose(gradient[name]["w"], theirs, rtol=1e-5)
    np.testing.assert_array_equal(model.layers(params, x_BxD)[-1], model.apply(params, x_BxD))


def test_a_mutation_changes_what_the_net_learns_and_not_what_it_says():
    wrong = PRINTED._replace(weight_derivative=lambda y, dE_dz: -PRINTED.weight_derivative(y, dE_dz))
    x_BxD = jnp.ones((3, 4))
    nets = [printed_net((5,), 2, UNITS["tanh"], lecun, equations) for equations in (PRINTED, wrong)]
    params = nets[0].init(jax.random.key(0), x_BxD)
    said = [net.apply(params, x_BxD) for net in nets]
    np.testing.assert_array_equal(*said)
    right, mistaken = (jax.grad(lambda p, net=net: jnp.sum(net.apply(p, x_BxD)))(params) for net in nets)
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a, -b), right, mistaken)
