"""A pseudorandom permutation of the examples per epoch, computed index by index without sorting or storing it."""

import numpy as np

ROUNDS = 24


def shuffled(seed: int, position_N: np.ndarray, count: int) -> np.ndarray:
    """Return example_N, the numbers from 0 to count - 1 of the examples at these positions of an endless stream.

    The positions from k count to (k + 1) count - 1 are epoch k, a random permutation of all examples. The permutation
    is the swap-or-not shuffle (Hoang, Morris & Rogaway 2012), as in `training.batches` on the device; here vectorised
    with NumPy, because the host has to read several hundred thousand examples per second.
    """
    epoch_N, index_N = np.divmod(np.asarray(position_N, np.uint64), np.uint64(count))
    key_N = _hash(_hash(np.uint64(seed)) ^ epoch_N)
    for round_number in range(ROUNDS):
        round_key_N = _hash(key_N + np.uint64(2 * round_number + 1))
        partner_N = (round_key_N % np.uint64(count) + np.uint64(count) - index_N) % np.uint64(count)
        coin_N = _hash(np.maximum(index_N, partner_N) ^ _hash(round_key_N))
        index_N = np.where(coin_N >> np.uint64(63) == 1, partner_N, index_N)
    return index_N.astype(np.int64)


def _hash(state):
    """Mix the bits of 64-bit integers (the finalizer of SplitMix64)."""
    with np.errstate(over="ignore"):
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9) + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
