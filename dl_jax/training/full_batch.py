"""Optimisers that look at all examples before every step: what SGD is measured against (section III).

Prices are in passes, a pass being one gradient of every example. An error with its gradient costs one pass,
a line search one for each point that it tries, a product of the Hessian with a vector two: the gradient, and
the tangent of it. Arithmetic on the weights alone is free, which favours these methods.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

Error = Callable[[jax.Array], jax.Array]
"""E(w_P): the objective averaged over all examples, of the weights in one row."""

PRODUCT = 2
"""Passes that a product of the Hessian with a vector costs."""
TRIES = 20
"""Points that a line search may try."""
LOOSE, TIGHT = 0.9, 0.1
"""How flat a line search wants it, for (quasi-)Newton steps and for conjugate ones (Nocedal & Wright 2006, 3.1)."""
SOLVED = 1e-3
"""A Newton step is solved for until this part of the gradient is left over."""


class Point(NamedTuple):
    """Where a method stands, the error and its gradient there, what it remembers, and the passes spent so far."""

    w_P: jax.Array
    error: jax.Array
    gradient_P: jax.Array
    memory: Any
    passes: jax.Array


class Method(NamedTuple):
    """begin: w_P -> memory. step: (E, point) -> the next point, which has cost at least one pass more."""

    begin: Callable[[jax.Array], Any]
    step: Callable[[Error, Point], Point]


def minimise(method: Method, error: Error, w_P: jax.Array, passes_K: Sequence[int]) -> tuple[jax.Array, jax.Array]:
    """Descend from w_P. Returns w_KxP and error_K: what was held when so many passes (ascending) had been spent.

    A step that is not wholly paid for by then does not count.
    """
    passes_K = jnp.asarray(passes_K)

    def going(held):
        return held[0].passes < passes_K[-1]

    def once(held):
        point = method.step(error, held[0])
        paid_K = point.passes <= passes_K
        w_KxP = jnp.where(paid_K[:, None], point.w_P[None], held[1])
        return point, w_KxP, jnp.where(paid_K, point.error, held[2])

    first, gradient_P = jax.value_and_grad(error)(w_P)
    point = Point(w_P, first, gradient_P, method.begin(w_P), jnp.ones((), passes_K.dtype))
    held = (point, jnp.tile(w_P, (len(passes_K), 1)), jnp.full(len(passes_K), first))
    return jax.lax.while_loop(going, once, held)[1:]


class Rival(NamedTuple):
    """One method with its setting: where to go, as an optax transformation, and how far the line search looks.

    curvature: it ends where the slope is below this part of what it was (Wolfe's second condition),
    tries:     or at this point; a method that tries one point goes there, come what may.
    first:     how many times as far as others it looks at its first step, which nothing is known of.
    """

    direction: optax.GradientTransformation
    curvature: float
    tries: int = TRIES
    first: float | jax.Array = 1.0


def gradient_descent(rate: float | jax.Array) -> Rival:
    """Against the gradient of all examples, always by `rate` times its length."""
    return Rival(optax.scale(rate), jnp.inf, tries=1)


def lbfgs(first: float | jax.Array) -> Rival:
    """Quasi-Newton directions from the last ten steps (Liu & Nocedal 1989); the first one looks as far as `first`."""
    return Rival(optax.scale_by_lbfgs(memory_size=10), LOOSE, first=first)


def conjugate_gradients(first: float | jax.Array) -> Rival:
    """Nonlinear conjugate gradients of Polak & Ribière, begun anew where they would lead up; `first` as above."""
    return Rival(_conjugate(), TIGHT, first=first)


def newton_cg(products: int | jax.Array) -> Rival:
    """Newton's step, solved for by conjugate gradients with at most so many products with the Hessian, and cut short
    where the error curves down (Nocedal & Wright 2006, algorithm 7.1)."""
    return Rival(_newton(products), LOOSE)


METHODS: dict[str, Callable[[Any], Rival]] = {
    "gradient descent": gradient_descent,
    "L-BFGS": lbfgs,
    "conjugate gradients": conjugate_gradients,
    "Newton-CG": newton_cg,
}
"""By name; each takes one setting."""


def batch(names: Sequence[str], index: int | jax.Array, setting: float | jax.Array) -> Method:
    """One of METHODS, by its index among the names; index and setting may be traced, so that one program serves all.

    A line search that finds nothing lower, as happens when rounding is all that is left, leaves the point as it is.
    """
    rivals = [METHODS[name](setting) for name in names]
    directions = [optax.with_extra_args_support(rival.direction) for rival in rivals]
    tries = jnp.asarray([rival.tries for rival in rivals])[index]
    curvature = jnp.asarray([rival.curvature for rival in rivals])[index]
    first = jnp.stack([jnp.asarray(rival.first, float) for rival in rivals])[index]
    search = optax.scale_by_zoom_linesearch(tries, curv_rtol=curvature, initial_guess_strategy="one")

    def begin(w_P):
        return tuple(direction.init(w_P) for direction in directions), search.init(w_P)

    def step(error, point):
        known = {"value": point.error, "grad": point.gradient_P, "value_fn": error}

        def turned(at):
            def turn(memories):
                uphill_P, own = directions[at].update(point.gradient_P, memories[at], point.w_P, **known)
                products = jnp.asarray(getattr(own, "products", 0), point.passes.dtype)
                return uphill_P, (*memories[:at], own, *memories[at + 1 :]), products

            return turn

        memories, searched = point.memory
        uphill_P, memories, products = jax.lax.switch(index, [turned(at) for at in range(len(rivals))], memories)
        reach = jnp.where(jnp.isinf(searched.value), first, 1.0)  # it has no value before the first search
        update_P, searched = search.update(-reach * uphill_P, searched, point.w_P, **known)
        passes = point.passes + searched.info.num_linesearch_steps + PRODUCT * products
        goes = (searched.value <= point.error) | (tries == 1)
        there = (point.w_P + update_P, searched.value, searched.grad)
        held = jax.tree.map(lambda new, old: jnp.where(goes, new, old), there, point[:3])
        return Point(*held, (memories, searched), passes.astype(point.passes.dtype))

    return Method(begin, step)


class _Conjugate(NamedTuple):
    error: jax.Array
    gradient_P: jax.Array
    direction_P: jax.Array


def _conjugate() -> optax.GradientTransformationExtraArgs:
    """Polak & Ribière's directions, as long as would make the error fall as it fell last (their eq. 3.60)."""

    def begin(w_P):
        return _Conjugate(jnp.full((), jnp.inf, w_P.dtype), jnp.zeros_like(w_P), jnp.zeros_like(w_P))

    def turn(gradient_P, last, w_P=None, *, value, **_):
        squared = last.gradient_P @ last.gradient_P
        beta = gradient_P @ (gradient_P - last.gradient_P) / jnp.where(squared > 0, squared, 1.0)
        direction_P = gradient_P + jnp.maximum(beta, 0.0) * last.direction_P
        direction_P = jnp.where(gradient_P @ direction_P > 0, direction_P, gradient_P)
        slope, fell = gradient_P @ direction_P, last.error - value
        first = jnp.minimum(1.0, 1.0 / jnp.linalg.norm(direction_P))
        length = jnp.where(jnp.isfinite(fell) & (fell > 0), 2.0 * fell / slope, first)
        return length * direction_P, _Conjugate(value, gradient_P, direction_P)

    return optax.GradientTransformationExtraArgs(begin, turn)


class _Newton(NamedTuple):
    products: jax.Array


class _Solving(NamedTuple):
    step_P: jax.Array
    left_P: jax.Array
    along_P: jax.Array
    products: jax.Array
    curved_down: jax.Array


def _newton(most) -> optax.GradientTransformationExtraArgs:
    """H^-1 times the gradient, as far as `most` products with H come; the gradient itself if it curves down at once."""

    def turn(gradient_P, last, w_P=None, *, value_fn, **_):
        del last

        def going(s):
            far = jnp.linalg.norm(s.left_P) > SOLVED * jnp.linalg.norm(gradient_P)
            return (s.products < most) & far & ~s.curved_down

        def once(s):
            curved_P = jax.jvp(jax.grad(value_fn), (w_P,), (s.along_P,))[1]
            curvature, squared = s.along_P @ curved_P, s.left_P @ s.left_P
            down = curvature <= 0
            length = squared / jnp.where(down, 1.0, curvature)
            left_P = s.left_P - length * curved_P
            along_P = left_P + (left_P @ left_P) / squared * s.along_P
            onward_P = s.step_P + length * s.along_P
            stay_P = jnp.where(s.products == 0, s.along_P, s.step_P)
            return _Solving(jnp.where(down, stay_P, onward_P), left_P, along_P, s.products + 1, down)

        begun = _Solving(jnp.zeros_like(w_P), gradient_P, gradient_P, jnp.zeros((), jnp.int32), jnp.asarray(False))
        solved = jax.lax.while_loop(going, once, begun)
        return solved.step_P, _Newton(solved.products)

    return optax.GradientTransformationExtraArgs(lambda w_P: _Newton(jnp.zeros((), jnp.int32)), turn)
