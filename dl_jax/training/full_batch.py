"""Full-batch optimizers: methods that evaluate all examples before every step, on a budget of passes over the data.

A pass is one gradient over all examples. An objective with its gradient costs one pass, a line search one for each
point that it tries, a product of the Hessian with a vector two: the gradient, and its tangent. Arithmetic on the
weights alone is free, which favours these methods over stochastic ones.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Objective = Callable[[jax.Array], jax.Array]
"""w_P -> the loss, averaged over all examples, of the weights as one vector."""


class Point(NamedTuple):
    """The state of a full-batch method.

    w_P, value, gradient_P: the weights, and the objective and its gradient there.
    memory:                 what the method remembers of earlier points.
    passes:                 spent so far, a whole number.
    """

    w_P: jax.Array
    value: jax.Array
    gradient_P: jax.Array
    memory: Any
    passes: jax.Array


class Method(NamedTuple):
    """A full-batch optimizer, which a `Learner` may have in the place of a stochastic one.

    init: w_P -> the memory before the first step.
    step: (loss, point) -> the next point, after at least one more pass.
    """

    init: Callable[[jax.Array], Any]
    step: Callable[[Objective, Point], Point]
    ridge: float = 0.0

    def regularized(self, loss: Objective) -> Objective:
        """The loss + ridge/2 |w|^2, which the method minimizes."""
        return lambda w_P: loss(w_P) + 0.5 * self.ridge * w_P @ w_P


class Descent(NamedTuple):
    """A minimization on a budget.

    point:   the newest; the step to it may have cost more than the budget so far.
    w_P:     the weights after the last step that was wholly paid for.
    value_T: the objective at the weights that 1, 2, ..., T passes pay for; NaN where that is not known yet.
    """

    point: Point
    w_P: jax.Array
    value_T: jax.Array


def start(method: Method, loss: Objective, w_P: jax.Array, budget: int) -> Descent:
    """Return the minimization before its first step; the gradient at w_P is the first of `budget` passes."""
    value, gradient_P = jax.value_and_grad(method.regularized(loss))(w_P)
    point = Point(w_P, value, gradient_P, method.init(w_P), jnp.ones((), jnp.int32))
    return Descent(point, w_P, jnp.full(budget, value))


def advance(method: Method, loss: Objective, descent: Descent, passes: int | jax.Array) -> Descent:
    """Go on until `passes` passes (traced or not) have been spent in all. A step that is not wholly paid for by then
    does not count yet."""
    loss, time_T = method.regularized(loss), jnp.arange(1, len(descent.value_T) + 1)

    def count(point, w_P, value_T):
        w_P = jnp.where(point.passes <= passes, point.w_P, w_P)
        return Descent(point, w_P, jnp.where(time_T >= point.passes, point.value, value_T))

    def step(descent):
        return count(method.step(loss, descent.point), *descent[1:])

    return jax.lax.while_loop(lambda descent: descent.point.passes < passes, step, count(*descent))
