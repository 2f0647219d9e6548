"""Ways from the end of one training to that of another: a curve of low objective, and a segment to aligned units."""

from collections.abc import Callable
from itertools import pairwise

import jax
import jax.numpy as jnp
import optax

from dl_jax.data.dataset import Examples
from dl_jax.measures.landscape import LossOfWeights
from dl_jax.models.model import Key, Params

CURVE_STEPS, BATCH_SIZE, LEARNING_RATE = 2000, 128, 0.01
"""What Adam trains the middle point of a curve with."""


def curve_coefficients(position_M: jax.Array) -> jax.Array:
    """coefficient_Mx3 of start, middle point and end at positions from 0 to 1 on a quadratic Bezier curve."""
    t_M = jnp.asarray(position_M)
    return jnp.stack([(1 - t_M) ** 2, 2 * t_M * (1 - t_M), t_M**2], -1)


def low_curve(
    loss_on: Callable[[Examples], LossOfWeights], train: Examples, start_P: jax.Array, end_P: jax.Array, key: Key
) -> jax.Array:
    """Return middle_P of a curve between two weights on which the mean objective is low (Garipov et al. 2018).

    It is trained from the middle of the segment, each step at a random position on a batch of examples.

    loss_on: examples -> the objective on them.
    """
    train = Examples(*map(jnp.asarray, train))
    optimizer = optax.adam(optax.cosine_decay_schedule(LEARNING_RATE, CURVE_STEPS))

    def step(carry, key):
        middle_P, state = carry
        key_position, key_batch = jax.random.split(key)
        index_B = jax.random.randint(key_batch, (BATCH_SIZE,), 0, len(train.y))
        coefficient_3 = curve_coefficients(jax.random.uniform(key_position))
        loss = loss_on(Examples(train.x[index_B], train.y[index_B]))
        gradient_P = jax.grad(lambda middle_P: loss(coefficient_3 @ jnp.stack([start_P, middle_P, end_P])))(middle_P)
        update_P, state = optimizer.update(gradient_P, state)
        return (middle_P + update_P, state), None

    half_P = (start_P + end_P) / 2
    keys_T = jax.random.split(key, CURVE_STEPS)
    (middle_P, _), _ = jax.lax.scan(step, (half_P, optimizer.init(half_P)), keys_T)
    return middle_P


def align_hidden_units(params: Params, reference: Params) -> Params:
    """Reorder, and flip, the odd hidden units of a multilayer net so that they resemble those of another net.

    The function stays. Layer by layer the two units whose weights have the largest product in size become partners;
    then the next two, until all have one. The weights out of a layer count too where they lead to the scores, whose
    order is known.
    """
    names, aligned = sorted(params), dict(params)
    for below, above in pairwise(names):
        first, then = aligned[below], aligned[above]
        product_WxW = reference[below]["w"].T @ first["w"] + reference[below]["b"][:, None] * first["b"][None]
        if above == names[-1]:
            product_WxW += reference[above]["w"] @ then["w"].T
        partner_W, sign_W = _partners(product_WxW)
        aligned[below] = {"w": first["w"][:, partner_W] * sign_W[None], "b": first["b"][partner_W] * sign_W}
        aligned[above] = then | {"w": then["w"][partner_W] * sign_W[:, None]}
    return aligned


def _partners(product_WxW):
    """Return (partner_W, sign_W) by taking the largest product in size of all that are left, again and again."""

    def take(carry, _):
        left_WxW, partner_W, sign_W = carry
        row, column = jnp.unravel_index(jnp.argmax(left_WxW), left_WxW.shape)
        partner_W = partner_W.at[row].set(column)
        sign_W = sign_W.at[row].set(jnp.where(product_WxW[row, column] < 0, -1.0, 1.0))
        return (left_WxW.at[row].set(-1.0).at[:, column].set(-1.0), partner_W, sign_W), None

    width = len(product_WxW)
    start = jnp.abs(product_WxW), jnp.zeros(width, jnp.int32), jnp.ones(width)
    (_, partner_W, sign_W), _ = jax.lax.scan(take, start, length=width)
    return partner_W, sign_W
