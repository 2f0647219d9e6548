"""One pass over a stream: every example is seen once, so the error before each step is that on examples never seen."""

from typing import Any

import jax
import numpy as np

from dl_jax.data.dataset import Stream
from dl_jax.evidence.records import Row
from dl_jax.training.context import Context, Cost
from dl_jax.training.fit import fit
from dl_jax.training.flops import matrix_products, step_flops
from dl_jax.training.step import Learner
from experiments.hundreds_of_millions.moved import watched

POINTS = 200
"""A curve keeps so many points at most, each the mean of the steps that it stands for."""


def one_pass(
    learner: Learner, shown: Stream, seed: int, steps: int, batch_size: int, context: Context, **axes: Any
) -> list[Row]:
    """Train once; rows of what happened, with `axes` as columns. The caller sees to it that no example comes twice.

    Metrics: "error" by step, "error_at_first" and "error_at_last" (nats; the mean of the last quarter of the steps),
    "weights_moved" (the fewest that any step changed), "examples_seen", "examples_per_s", "flops" (useful ones, a
    second) and "compile_s".
    No rows where the place only plans.
    """
    costs: list[Cost] = []

    def spend(cost):
        costs.append(cost)
        context.events.cost(cost)

    def compute():
        watching = learner._replace(optimizer=watched(learner.optimizer))
        here = context.with_events(cost=spend)
        state, error_T = fit(watching, shown, jax.random.key(seed), steps, context=here, batch_size=batch_size)
        if context.events.dry_run:
            return
        at = {"trial": 0, "seed": seed, **axes}
        for part_T in np.array_split(np.arange(steps), min(steps, POINTS)):
            yield {**at, "step": int(part_T[-1]), "metric": "error", "value": float(error_T[part_T].mean())}
        (cost,) = costs
        x_BxD = jax.ShapeDtypeStruct((batch_size, *shown.example.x.shape), shown.example.x.dtype)
        # A training that goes on where it was saved spends less than all of it.
        steps_here = cost.flops / step_flops(matrix_products(learner.model.apply, state.params, x_BxD))
        values = {
            "error_at_first": error_T[0],
            "error_at_last": error_T[-max(1, steps // 4) :].mean(),
            "weights_moved": state.optimizer.fewest,
            "examples_seen": steps * batch_size,
            "examples_per_s": steps_here * batch_size / cost.run_s,
            "flops": cost.flops / cost.run_s,
            "compile_s": cost.compile_s,
        }
        yield from ({**at, "metric": metric, "value": float(value)} for metric, value in values.items())

    name = {"one pass": axes, "seed": seed, "steps": steps, "batch_size": batch_size}
    return context.events.cached(name, lambda: list(compute()))
