"""The full-batch methods by name; each has one hyperparameter, which may be traced."""

from collections.abc import Callable

import jax
import optax

from dl_jax.training.conjugate_gradients import polak_ribiere
from dl_jax.training.full_batch import Method, Point
from dl_jax.training.line_search import LOOSE, TIGHT, Direction, searching
from dl_jax.training.newton_cg import newton_direction


def gradient_descent(learning_rate: float | jax.Array, ridge: float = 0.0) -> Method:
    """Steps of the learning rate times the gradient over all examples."""

    def step(loss, point):
        w_P = point.w_P - learning_rate * point.gradient_P
        return Point(w_P, *jax.value_and_grad(loss)(w_P), point.memory, point.passes + 1)

    return Method(lambda w_P: (), step, ridge)


def lbfgs(first: float | jax.Array, ridge: float = 0.0) -> Method:
    """Quasi-Newton directions from the last ten steps (Liu & Nocedal 1989). first: see `searching`."""
    transformation = optax.scale_by_lbfgs(memory_size=10)

    def update(loss, point, memory):
        return *transformation.update(point.gradient_P, memory, point.w_P), 0

    return searching(Direction(transformation.init, update), LOOSE, first, ridge)


def conjugate_gradients(first: float | jax.Array, ridge: float = 0.0) -> Method:
    """Nonlinear conjugate gradients of Polak & Ribière. first: see `searching`."""
    return searching(polak_ribiere(), TIGHT, first, ridge)


def newton_cg(products: int | jax.Array, ridge: float = 0.0) -> Method:
    """Newton's method, each step of at most `products` products with the Hessian."""
    return searching(newton_direction(products), LOOSE, ridge=ridge)


METHODS: dict[str, Callable[..., Method]] = {
    "gradient descent": gradient_descent,
    "L-BFGS": lbfgs,
    "conjugate gradients": conjugate_gradients,
    "Newton-CG": newton_cg,
}
