"""A stack of logistic layers, plain and mended."""

import numpy as np

from dl_jax.data.dataset import Examples, Splits
from dl_jax.training.context import local_context
from experiments.depth_5_to_20.stacks import MENDS, stack_rows


def blobs(seed):
    generator = np.random.default_rng(seed)
    y_N = np.arange(200, dtype=np.int32) % 10
    return Examples((3 * np.eye(10)[y_N] + 0.3 * generator.normal(size=(200, 10))).astype(np.float32), y_N)


def test_what_plain_layers_of_logistic_units_cannot_do_a_mend_can():
    splits = Splits(*map(blobs, range(3)))
    rows = stack_rows(12, ("logistic",), splits, (0,), 150, local_context(1))
    best = {
        mend: max(row["value"] for row in rows if row["metric"] == "test_accuracy" and row["mend"] == mend)
        for mend in MENDS
    }
    assert best["plain"] < 0.3
    assert best["skipping"] > 0.8
