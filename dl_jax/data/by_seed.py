"""Data that each seed draws anew: pure functions of the seed's key, and of arrays that all seeds share.

Seeds are the unit of every verdict. Where all of them have one draw of the data, an interval over seeds says nothing
about the next draw.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

T = TypeVar("T")

CHANGES = 2**30
"""Keys of random changes are folded in from here on: `fold_in` of small numbers gives the keys of `split`."""


class BySeed(NamedTuple, Generic[T]):
    """Data of type T (`Splits`, or others with the fields train, validation and test) that each seed draws anew.

    shared:  the arrays of which all seeds have one copy; programs take them as arguments.
    draw:    (shared, key) -> what is the seed's own; traced. Indices and statistics, where copies would fill memory.
    build:   (shared, drawn) -> the seed's data; traced.
    changes: how many random changes have been made to them.

    It is a function of a key; `of` takes a seed, and returns what the trials of this seed have in a `sweep`.
    """

    shared: Any
    draw: Callable[[Any, jax.Array], Any]
    build: Callable[[Any, Any], T]
    changes: int = 0

    def __call__(self, key: jax.Array) -> T:
        return self.build(self.shared, self.draw(self.shared, key))

    def of(self, seed: int) -> T:
        """Return the data of a seed as NumPy arrays."""
        drawn = _drawn(self.draw, self.shared, data_key(jax.random.key(seed)))
        return jax.device_get(_built(self.build, self.shared, drawn))

    @property
    def shapes(self) -> T:
        """The shapes and dtypes of a seed's data, as jax.ShapeDtypeStruct."""
        return jax.eval_shape(self.__call__, jax.random.key(0))

    def map(self, change: Callable[[T], Any]) -> "BySeed":
        """Return the data after a change, such as another scale or other inputs; traced."""
        return self._replace(build=lambda shared, drawn: change(self.build(shared, drawn)))

    def map_with_key(self, change: Callable[[jax.Array, T], Any]) -> "BySeed":
        """Return the data after a random change, (key, data) -> data, such as permuted labels; traced.

        The key is the seed's, another one for each change, and none with which the data are drawn.
        """

        def draw(shared, key):
            return self.draw(shared, key), jax.random.key_data(changes_key(key, self.changes))

        def build(shared, drawn):
            return change(jax.random.wrap_key_data(drawn[1]), self.build(shared, drawn[0]))

        return BySeed(self.shared, draw, build, self.changes + 1)


def data_key(key: jax.Array) -> jax.Array:
    """Return the key with which the data are drawn of the seed that has this key."""
    return jax.random.split(key, 3)[0]


def changes_key(key: jax.Array, number: int) -> jax.Array:
    """Return the key of a random change of the data that are drawn with `key`."""
    return jax.random.fold_in(key, CHANGES + number)


def as_by_seed(data: Any) -> BySeed:
    """Return as `BySeed` what a `sweep` takes: one for all seeds, a function of the seed's key, or `BySeed` itself."""
    if isinstance(data, BySeed):
        return data
    if callable(data):
        return BySeed((), lambda shared, key: data(key), lambda shared, drawn: drawn)
    return BySeed(data, lambda shared, key: (), lambda shared, drawn: shared)


def precomputed(data: Callable[[jax.Array], T], seeds: Sequence[int]) -> BySeed[T]:
    """Draw the data of these seeds now, once each, for all their trials: for data that take long to draw.

    What is the seeds' own is all in memory at once. Any other seed gets data of NaN, or labels that are not a class.
    """
    source = as_by_seed(data)
    key_S = [data_key(jax.random.key(seed)) for seed in seeds]
    drawn_S = [jax.device_get(_drawn(source.draw, source.shared, key)) for key in key_S]
    key_Sx2 = np.stack([np.asarray(jax.random.key_data(key)) for key in key_S])

    def draw(shared, key):
        matches_S = jnp.all(shared[1] == jax.random.key_data(key)[None], 1)
        return jnp.where(jnp.any(matches_S), jnp.argmax(matches_S), len(matches_S))

    def build(shared, at):
        drawn = jax.tree.map(lambda leaf_S: jnp.asarray(leaf_S).at[at].get(mode="fill"), shared[2])
        return source.build(shared[0], drawn)

    shared = source.shared, key_Sx2, jax.tree.map(lambda *leaves: np.stack(leaves), *drawn_S)
    return BySeed(shared, draw, build, source.changes)


class Sizes(NamedTuple):
    """Numbers of examples."""

    train: int
    validation: int
    test: int


def sizes(data: Any) -> Sizes:
    """Return how many examples each split has that a seed gets, of any data that a `sweep` takes."""
    splits = as_by_seed(data).shapes
    return Sizes(*(len(part.y) for part in (splits.train, splits.validation, splits.test)))


@partial(jax.jit, static_argnums=0)
def _drawn(draw, shared, key):
    return draw(shared, key)


@partial(jax.jit, static_argnums=0)
def _built(build, shared, drawn):
    return build(shared, drawn)
