"""The order in which a stream shows its examples, worked out place by place: nothing is sorted and nothing is kept."""

import numpy as np

ROUNDS = 24


def shuffled(seed: int, place_N: np.ndarray, count: int) -> np.ndarray:
    """number_N, from 0 to count - 1, of the examples at these places (0 or more) of an endless stream.

    Every `count` places in a row from a multiple of `count` on are one pass, which shows each example once, in an
    order of its own. By the swap-or-not shuffle (Hoang, Morris & Rogaway 2012), as `training.batches` on the device;
    here for whole arrays of places, because the host has to read many hundred thousand examples a second.
    """
    pass_N, at_N = np.divmod(np.asarray(place_N, np.uint64), np.uint64(count))
    key_N = _mixed(_mixed(np.uint64(seed)) ^ pass_N)
    for turn in range(ROUNDS):
        turn_N = _mixed(key_N + np.uint64(2 * turn + 1))
        partner_N = (turn_N % np.uint64(count) + np.uint64(count) - at_N) % np.uint64(count)
        coin_N = _mixed(np.maximum(at_N, partner_N) ^ _mixed(turn_N))
        at_N = np.where(coin_N >> np.uint64(63) == 1, partner_N, at_N)
    return at_N.astype(np.int64)


def _mixed(state):
    """A number whose every bit hangs on all bits of the one given (the finish of SplitMix64)."""
    with np.errstate(over="ignore"):
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9) + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
