"""The printed equations agree with jax.grad, with finite differences and with a computation by hand."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl_jax.models.backpropagation import PRINTED, UNITS, Backward, backward, forward, printed_net
from dl_jax.models.initializers import lecun


def random_example(widths, seed=0):
    """Return random weights, an input and a target for a network of these widths."""
    generator = np.random.default_rng(seed)
    weights = [jnp.asarray(generator.normal(size=pair) / pair[0] ** 0.5, jnp.float32) for pair in pairwise(widths)]
    return weights, *(jnp.asarray(generator.normal(size=width), jnp.float32) for width in (widths[0], widths[-1]))


def cost(weights, x, t, f):
    """Compute E without the printed equations."""
    for w in weights:
        x = f(x @ w)
    return 0.5 * jnp.sum((x - t) ** 2)


def derivatives(weights, x, t, unit, equations=PRINTED) -> Backward:
    """Run the forward and the backward pass."""
    return backward(weights, forward(weights, x, unit.f, equations), t, unit.derivative, equations)


def test_two_rectifiers_match_a_computation_by_hand():
    """x = 2, w = 0.5 and 3, t = 1: z = 1 and 3, y - t = 2."""
    weights, x, t = [jnp.array([[0.5]]), jnp.array([[3.0]])], jnp.array([2.0]), jnp.array([1.0])
    activations = forward(weights, x, UNITS["relu"].f)
    assert [float(z[0]) for z in activations.z] == [1.0, 3.0]
    back = backward(weights, activations, t, UNITS["relu"].derivative)
    assert [float(d[0]) for d in back.dE_dy] == [3.0, 6.0, 2.0]
    assert [float(d[0, 0]) for d in back.dE_dw] == [12.0, 2.0]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=5), st.sampled_from(sorted(UNITS)), st.integers(0, 99))
def test_weight_derivatives_equal_jax_grad(widths, name, seed):
    weights, x, t = random_example(widths, seed)
    gradient = derivatives(weights, x, t, UNITS[name]).dE_dw
    for ours, theirs in zip(gradient, jax.grad(cost)(weights, x, t, UNITS[name].f), strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, atol=1e-6 + 1e-5 * float(jnp.linalg.norm(theirs)))


@pytest.mark.parametrize("name", ["tanh", "logistic"])
def test_weight_derivatives_equal_finite_differences(name):
    with jax.enable_x64(True):
        weights, x, t = (jax.tree.map(lambda a: a.astype(jnp.float64), part) for part in random_example((4, 5, 3)))
        gradient, h = derivatives(weights, x, t, UNITS[name]).dE_dw, 1e-5
        for layer, row, column in ((0, 0, 0), (0, 3, 4), (1, 2, 1)):

            def perturbed_cost(by, layer=layer, row=row, column=column):
                changed = list(weights)
                changed[layer] = weights[layer].at[row, column].add(by)
                return cost(changed, x, t, UNITS[name].f)

            slope = float(perturbed_cost(h) - perturbed_cost(-h)) / (2 * h)
            assert float(gradient[layer][row, column]) == pytest.approx(slope, rel=1e-7)


@pytest.mark.parametrize("name", sorted(UNITS))
def test_derivatives_of_units_equal_jax_grad(name):
    z_N = jnp.array([-3.0, -0.5, 0.25, 1.0, 4.0])
    theirs = jax.vmap(jax.grad(UNITS[name].f))(z_N)
    np.testing.assert_allclose(UNITS[name].derivative(z_N), theirs, rtol=1e-5, atol=1e-6)


def test_rectifier_has_derivative_0_at_0():
    assert float(UNITS["relu"].derivative(jnp.zeros(()))) == 0.0


def test_gradients_of_the_printed_net_equal_jax_grad():
    x_BxD, model = jnp.ones((3, 4)), printed_net((5,), 2, UNITS["tanh"])
    params = model.init(jax.random.key(0), x_BxD)
    weights = [params[name]["w"] for name in sorted(params)]
    gradient = jax.grad(lambda params: jnp.sum(model.apply(params, x_BxD) ** 2) / 2)(params)
    expected = jax.grad(lambda weights: sum(cost(weights, x, jnp.zeros(2), jnp.tanh) for x in x_BxD))(weights)
    for name, theirs in zip(sorted(gradient), expected, strict=True):
        np.testing.assert_allclose(gradient[name]["w"], theirs, rtol=1e-5)
    np.testing.assert_array_equal(model.layers(params, x_BxD)[-1], model.apply(params, x_BxD))


def test_a_changed_derivative_equation_changes_gradients_but_no_outputs():
    wrong = PRINTED._replace(weight_derivative=lambda y, dE_dz: -PRINTED.weight_derivative(y, dE_dz))
    x_BxD = jnp.ones((3, 4))
    nets = [printed_net((5,), 2, UNITS["tanh"], lecun, equations) for equations in (PRINTED, wrong)]
    params = nets[0].init(jax.random.key(0), x_BxD)
    np.testing.assert_array_equal(*[net.apply(params, x_BxD) for net in nets])
    printed, changed = (jax.grad(lambda p, net=net: jnp.sum(net.apply(p, x_BxD)))(params) for net in nets)
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a, -b), printed, changed)
