"""Where plain stacks of many layers stop learning, and what mends it, one thing at a time (statement 107)."""

from collections.abc import Iterable

import jax.numpy as jnp

from dl_jax.data.dataset import Splits
from dl_jax.evidence.records import Row
from dl_jax.models.nonlinearities import one_of
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner
from dl_jax.training.old_sweep import grid, sweep
from experiments.depth_5_to_20.plain_stack import plain_stack

PLAIN, SCALED, NORMALISED, SKIPPING = "plain", "first weights suited", "normalised", "skipping"
MENDS = (PLAIN, SCALED, NORMALISED, SKIPPING)
WIDTH, RATES = 32, (0.01, 0.1)
STANDARD = 3**-0.5
"""The scale of the habit U(-1, 1) / sqrt(fan in)."""
TOGETHER = {"cpu": 1, "gpu": 120, "tpu": 120}


def stack_rows(
    depth: int, nonlinearities: tuple[str, ...], splits: Splits, seeds: Iterable[int], steps: int, context: Context
) -> list[Row]:
    """Rows of accuracy for each of MENDS and each nonlinearity, at each of RATES; ten classes."""

    def learner(trial):
        f, mend = one_of(nonlinearities, trial["nonlinearity"]), trial["mend"]
        model = plain_stack(
            depth,
            WIDTH,
            10,
            f,
            scale=jnp.where(mend == MENDS.index(SCALED), f.gain, STANDARD),
            normalise=mend == MENDS.index(NORMALISED),
            skip=jnp.where(mend == MENDS.index(SKIPPING), 1.0, 0.0),
        )
        return Learner(model, cross_entropy, sgd(trial["setting"]))

    def look(learner, first, last, splits):
        return {
            f"{name}_accuracy": accuracy(learner.model.apply(last, getattr(splits, name).x), getattr(splits, name).y)
            for name in ("validation", "test")
        }

    return sweep(
        learner,
        splits,
        grid(mend=MENDS, nonlinearity=nonlinearities, setting=RATES, seed=seeds),
        steps=steps,
        look=look,
        context=context,
        batch_size=64,
        together=TOGETHER[context.kind],
        task="stacks",
        depth=depth,
    )
