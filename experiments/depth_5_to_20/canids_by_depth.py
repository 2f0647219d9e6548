"""Depth and nothing else: nets of equal parts that learn Samoyeds from white wolves, at two budgets of steps."""

from collections.abc import Iterable
from functools import partial

from dl_jax.evidence.records import Row
from dl_jax.measures.canids import Pictures, seen
from dl_jax.models.nonlinearities import one_of
from dl_jax.training.context import Context
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.step import Learner
from dl_jax.training.old_sweep import grid, sweep
from experiments.depth_5_to_20.equal_parameters import equal_parts

UNITS, WIDTH, PATCH, STRIDE = 120, 32, 12, 6
"""Hidden units in all, numbers in the stream, and the squares of pixels that are looked at."""
RATES = (1e-3, 3e-3)
TOGETHER = {"cpu": 1, "gpu": 40, "tpu": 40}


def depth_rows(
    depth: int,
    nonlinearities: tuple[str, ...],
    pictures: Pictures,
    seeds: Iterable[int],
    steps: int,
    looks: int,
    context: Context,
) -> list[Row]:
    """Rows of what is seen of each net at each of RATES, at even distances on the way to `steps`."""

    def learner(trial):
        f = one_of(nonlinearities, trial["nonlinearity"])
        return Learner(equal_parts(UNITS, depth, WIDTH, 2, f, PATCH, STRIDE), cross_entropy, adam(trial["setting"]))

    def look(learner, first, last, pictures):
        return seen(partial(learner.model.apply, last), pictures)

    return sweep(
        learner,
        pictures,
        grid(nonlinearity=nonlinearities, setting=RATES, seed=seeds),
        steps=steps,
        look=look,
        context=context,
        batch_size=32,
        looks=looks,
        together=TOGETHER[context.kind],
        task="animals",
        depth=depth,
    )
