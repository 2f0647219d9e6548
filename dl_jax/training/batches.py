"""The examples of each step: every epoch a fresh shuffle, cut into batches, as a function of (order, step) alone."""

import jax
import jax.numpy as jnp

from dl_jax.models.model import Key

ROUNDS = 24
"""With 8 rounds positions are visibly not uniform; from 16 on no test that we know rejects that they are."""


def shuffle_bits(key: Key) -> jax.Array:
    """The random numbers that all shuffles of a training come from."""
    return jax.random.bits(key, (2, ROUNDS))


def batch_indices(order_2xR: jax.Array, first_step: jax.Array, steps: int, examples: int, batch_size: int) -> jax.Array:
    """index_TxB of the examples at `steps` steps, however a training is cut into calls.

    Examples that do not fill an epoch's last batch wait for the next shuffle. No list is sorted: the
    position of an example in the shuffle is worked out from its number, by the swap-or-not shuffle
    (Hoang, Morris & Rogaway 2012), so that a step costs what its batch costs, however many examples.
    """
    size = min(batch_size, examples)
    per_epoch = examples // size
    step_T = first_step + jnp.arange(steps)
    epoch_T = (step_T // per_epoch).astype(jnp.uint32)
    mirror_RxT, salt_RxT = _mixed(order_2xR[:, :, None], epoch_T[None, None])
    mirror_RxT = mirror_RxT % jnp.uint32(examples)

    def swap_or_not(r, at_TxB):
        """Every place has a partner, its mirror image; the two swap if the bit of the pair says so."""
        mirror_Tx1, salt_Tx1 = mirror_RxT[r][:, None], salt_RxT[r][:, None]
        wrapped_Tx1 = jnp.where(at_TxB <= mirror_Tx1, 0, jnp.uint32(examples))
        partner_TxB = mirror_Tx1 + wrapped_Tx1 - at_TxB
        swaps_TxB = _mixed(jnp.maximum(at_TxB, partner_TxB), salt_Tx1) >> 31 == 1
        return jnp.where(swaps_TxB, partner_TxB, at_TxB)

    place_TxB = (step_T % per_epoch)[:, None] * size + jnp.arange(size)[None]
    return jax.lax.fori_loop(0, ROUNDS, swap_or_not, place_TxB.astype(jnp.uint32)).astype(jnp.int32)


def subsample(key: Key, examples: int, count: int) -> jax.Array:
    """index_M of `count` of the examples (of all, if there are fewer), drawn without replacement."""
    return batch_indices(shuffle_bits(key), jnp.int32(0), 1, examples, count)[0]


def _mixed(number, salt):
    """A number whose every bit hangs on all bits of the two."""
    number = (number ^ salt) * jnp.uint32(0x9E3779B1)
    number = (number ^ (number >> 15)) * jnp.uint32(0x85EBCA77)
    return number ^ (number >> 13)
