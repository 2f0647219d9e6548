"""Curves of low objective around a known hill, and hidden units that are put in order again."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.loss_landscape.connections import align_hidden_units, curve_coefficients, low_curve

pytestmark = pytest.mark.usefixtures("quick_to_compile")

X_NxD = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)


def test_a_curve_starts_and_ends_where_it_should_and_comes_near_its_middle_point():
    np.testing.assert_allclose(
        curve_coefficients(jnp.array([0.0, 0.5, 1.0])), [[1, 0, 0], [0.25, 0.5, 0.25], [0, 0, 1]]
    )


def test_the_curve_leads_around_a_hill():
    """The hill in the middle of the segment is 1 high. It lies a little to one side, so the curve goes to the other."""
    start_P, end_P, hill_P = jnp.array([-3.0, 0.0]), jnp.array([3.0, 0.0]), jnp.array([0.0, 0.1])

    def loss_on(examples):
        return lambda w_P: jnp.exp(-jnp.sum((w_P - hill_P) ** 2)) + 0 * jnp.sum(examples.x)

    train = Examples(X_NxD, np.zeros(50, np.int32))
    middle_P = low_curve(loss_on, train, start_P, end_P, jax.random.key(0))
    curve_Mx2 = curve_coefficients(jnp.linspace(0, 1, 41)) @ jnp.stack([start_P, middle_P, end_P])
    loss = loss_on(train)
    assert float(loss((start_P + end_P) / 2)) > 0.9
    assert float(jnp.max(jax.vmap(loss)(curve_Mx2))) < 0.2
    assert middle_P[1] < 0


@pytest.mark.parametrize("hidden", [(7,), (7, 6)])
def test_units_in_any_order_and_with_any_sign_are_aligned_again(hidden):
    model = mlp(hidden, 3, NONLINEARITIES["tanh"])
    params = jax.tree.map(lambda w: w + 0.1 * w.size**-0.5, model.init(jax.random.key(1), X_NxD))
    disordered = dict(params)
    names = sorted(params)
    for number, (below, above) in enumerate(pairwise(names)):
        generator = np.random.default_rng(number)
        width = hidden[number]
        order_W, sign_W = generator.permutation(width), generator.choice([-1.0, 1.0], width).astype(np.float32)
        into, out = disordered[below], disordered[above]
        disordered[below] = {"w": into["w"][:, order_W] * sign_W[None], "b": into["b"][order_W] * sign_W}
        disordered[above] = out | {"w": out["w"][order_W] * sign_W[:, None]}
    assert not np.allclose(disordered[names[0]]["w"], params[names[0]]["w"])
    aligned = align_hidden_units(disordered, params)
    np.testing.assert_allclose(model.apply(aligned, X_NxD), model.apply(params, X_NxD), rtol=1e-4, atol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), aligned, params)
