"""Weights kept on the way are those that shorter trainings end with."""

import jax
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.fit import fit
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import OPTIMIZERS
from dl_jax.training.snapshots import remembering
from dl_jax.training.step import Learner
from dl_jax.training.sweep import grid, sweep

pytestmark = pytest.mark.usefixtures("quick_to_compile")

GENERATOR = np.random.default_rng(0)
TRAIN = Examples(GENERATOR.normal(size=(40, 3)).astype(np.float32), GENERATOR.integers(0, 2, 40).astype(np.int32))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_copies_are_the_weights_of_shorter_trainings(name, context):
    plain = Learner(mlp((4,), 2, NONLINEARITIES["tanh"]), cross_entropy, OPTIMIZERS[name](0.1))
    state, error_T = fit(remembering(plain, (1, 5, 8)), TRAIN, jax.random.key(0), 5, context=context, batch_size=8)
    then = state.params["then"]
    shorter, shorter_T = fit(plain, TRAIN, jax.random.key(0), 1, context=context, batch_size=8)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a[0], b, rtol=1e-6), then, shorter.params)
    np.testing.assert_allclose(error_T[:1], shorter_T, rtol=1e-6)
    assert all(not np.any(w[2]) for w in jax.tree.leaves(then))
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a, b[1]), state.params["now"], then)


def test_a_sweep_sees_them(context):
    plain = Learner(mlp((4,), 2, NONLINEARITIES["tanh"]), cross_entropy, OPTIMIZERS["sgd"](0.1))

    def look(learner, first, last, splits):
        return {"first_bias": last["then"]["layer_01"]["b"][:, 0]}

    trials = grid(seed=(0, 1))
    rows = sweep(
        lambda trial: remembering(plain, (1, 3)), Splits(TRAIN, TRAIN, TRAIN), trials,
        steps=3, look=look, context=context, batch_size=8,
    )  # fmt: skip
    kept = [row for row in rows if row["metric"] == "first_bias"]
    assert [(row["seed"], row["layer"]) for row in kept] == [(0, 1), (0, 2), (1, 1), (1, 2)]
    assert len({row["value"] for row in kept}) == 4
