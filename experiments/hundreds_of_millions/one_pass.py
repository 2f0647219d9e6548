"""One pass over a stream: every example is used once, so the loss before each step is a loss on new examples."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Stream
from dl_jax.evidence.named import Label, named
from dl_jax.evidence.records import Records, measured
from dl_jax.models.model import Params
from dl_jax.training.context import Context
from dl_jax.training.fit import fit
from dl_jax.training.flops import matrix_products, step_flops
from dl_jax.training.step import Learner

POINTS = 200
"""Points of the loss curve at most; each is the mean over the steps since the last one."""


def one_pass(
    learner: Learner, examples: Stream, seed: int, *, steps: int, batch_size: int, context: Context, **axes: Label
) -> Records:
    """Train once, and return the records of it, with `axes` as columns.

    The stream must have `steps` times `batch_size` examples or more, or the loss is not on new examples.

    Metrics: `loss` by step, `first_loss`, and `last_loss` (the mean over the last quarter of the steps), in nats;
    `weights_changed` by the step that changes the fewest; `examples_seen`; `examples_per_s`; `flops`, which are useful
    FLOP/s; and `compile_s`.
    """
    state, loss_T, changed_T, cost = fit(
        learner,
        examples,
        jax.random.key(seed),
        steps=steps,
        context=context,
        batch_size=batch_size,
        monitor=weights_changed,
    )
    points = np.array_split(np.arange(steps), min(steps, POINTS))
    x_BxD = jax.ShapeDtypeStruct((batch_size, *examples.example.x.shape), examples.example.x.dtype)
    flops_per_example = step_flops(matrix_products(learner.model.apply, state.params, x_BxD)) / batch_size
    return measured(
        {
            "loss": named([loss_T[point].mean() for point in points], step=[int(point[-1]) for point in points]),
            "first_loss": loss_T[0],
            "last_loss": loss_T[-max(1, steps // 4) :].mean(),
            "weights_changed": changed_T.min(),
            "examples_seen": steps * batch_size,
            "examples_per_s": cost.flops_per_s / flops_per_example,
            "flops": cost.flops_per_s,
            "compile_s": cost.compile_s,
        },
        seed=seed,
        **axes,
    )


def weights_changed(before: Params, after: Params) -> jax.Array:
    """Return how many weights differ after a step. An update that is lost in rounding changes nothing.

    The count of each array is exact, and their sum, in float32, to one part in ten million.
    """
    counts = jax.tree.map(lambda w, new_w: jnp.sum(new_w != w, dtype=jnp.int32).astype(jnp.float32), before, after)
    return sum(jax.tree.leaves(counts), jnp.float32(0))
