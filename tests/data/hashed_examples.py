"""Examples for the tests of shards and streams: pseudorandom images as a function of their number."""

import numpy as np

CLASSES = 10
RECORD = np.dtype([("x", np.uint8, (16, 16, 1)), ("y", np.uint8)])


def examples(seed, number_N):
    """Return the records of these examples; no two images are equal."""
    byte_Nx256 = (np.asarray(number_N, np.uint64)[:, None] + np.uint64(seed + 1)) * (
        np.arange(1, 257, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    )
    record_N = np.empty(len(number_N), RECORD)
    record_N["x"] = (byte_Nx256 >> np.uint64(40)).astype(np.uint8).reshape(-1, 16, 16, 1)
    record_N["y"] = (byte_Nx256[:, 0] >> np.uint64(33)) % np.uint64(CLASSES)
    return record_N
