"""The weights on the way: copies that ride along with a training as weights which nothing learns."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import optax

from dl_jax.models.model import Model
from dl_jax.training.step import Learner


def remembering(learner: Learner, steps_K: Sequence[int]) -> Learner:
    """The learner, that also keeps a copy of its weights once so many steps (1 or more) were taken.

    Its params are {"now": params, "then": params with a leading axis K}. A copy is 0 until its step comes.
    """
    model, optimizer = learner.model, learner.optimizer

    def init(key, x_BxD):
        now = model.init(key, x_BxD)
        return {"now": now, "then": jax.tree.map(lambda w: jnp.zeros((len(steps_K), *w.shape), w.dtype), now)}

    def start(params):
        return optimizer.init(params["now"]), jnp.zeros((), jnp.int32)

    def update(gradient, memory, params):
        memory, taken = memory
        change, memory = optimizer.update(gradient["now"], memory, params["now"])
        next_K = jnp.asarray(steps_K) == taken + 1

        def copies(w, change):
            return jnp.where(next_K.reshape(-1, *[1] * w.ndim), (w + change)[None], 0.0)

        return {"now": change, "then": jax.tree.map(copies, params["now"], change)}, (memory, taken + 1)

    watched = Model(
        init,
        lambda params, x_BxD: model.apply(params["now"], x_BxD),
        lambda params, x_BxD: model.layers(params["now"], x_BxD),
    )
    return Learner(watched, learner.loss, optax.GradientTransformation(start, update))
