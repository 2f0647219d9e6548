"""Which part of a model and of its examples lies on which device, as a few rules; XLA adds the communication."""

from math import prod
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AbstractMesh, Mesh, NamedSharding, PartitionSpec

from dl_jax.data.dataset import Examples
from dl_jax.errors import DataError

SMALL = 2**14
"""Numbers; an array of fewer is copied to every device, where parts of it would only cost messages."""


class Sharding(NamedTuple):
    """Each batch is shared out along `axes` of the mesh, and so are the weights, layer by layer: fully sharded data
    parallelism (Rajbhandari et al. 2020; Xu et al. 2020). Along the axis "model" a layer's units are shared out too.
    """

    mesh: Mesh | AbstractMesh
    axes: tuple[str, ...]

    @property
    def parts(self) -> int:
        """Into how many parts a batch is cut."""
        return prod(self.mesh.shape[axis] for axis in self.axes)

    @property
    def is_sharded(self) -> bool:
        """Whether anything is shared out at all."""
        return self.parts * self.mesh.shape["model"] > 1

    @property
    def replicated(self) -> NamedSharding:
        """A copy on every device."""
        return NamedSharding(self.mesh, PartitionSpec())

    @property
    def batches_TxB(self) -> NamedSharding:
        """Batches along a first axis of steps, each cut into its parts."""
        return NamedSharding(self.mesh, PartitionSpec(None, self.axes))

    def abstract(self, tree: Any) -> Any:
        """The shapes of a state, each with the sharding that it shall have."""

        def placed(leaf):
            return jax.ShapeDtypeStruct(
                leaf.shape, leaf.dtype, sharding=NamedSharding(self.mesh, self._spec(leaf.shape))
            )

        return jax.tree.map(placed, tree)

    def _spec(self, shape):
        if prod(shape) < SMALL:
            return PartitionSpec()
        spec, units = [None] * len(shape), self.mesh.shape["model"]
        if units > 1 and shape[-1] % units == 0:
            spec[-1] = "model"
        free = [axis for axis, taken in enumerate(spec) if not taken and shape[axis] % self.parts == 0]
        if self.parts > 1 and free:
            spec[max(free, key=lambda axis: shape[axis])] = self.axes
        return PartitionSpec(*spec)

    def constrain(self, tree: Any) -> Any:
        """Inside a program: the arrays of a state keep the sharding of `abstract`."""
        if not self.is_sharded:
            return tree
        return jax.tree.map(
            lambda leaf, to: jax.lax.with_sharding_constraint(leaf, to.sharding), tree, self.abstract(tree)
        )

    def shard_batch(self, batch: Examples) -> Examples:
        """Inside a program: cut one batch into its parts, if its examples make equal ones."""
        if self.parts == 1 or len(batch.x) % self.parts:
            return batch
        sharding = NamedSharding(self.mesh, PartitionSpec(self.axes))
        return jax.tree.map(lambda part: jax.lax.with_sharding_constraint(part, sharding), batch)

    def put_batches(self, batches: Examples, batch_size: int) -> Examples:
        """x_TxBx..., y_TxB on the devices, of which this process holds its own part of every batch; see `check`."""

        def put(part):
            shape = (len(part), batch_size, *part.shape[2:])
            return jax.make_array_from_process_local_data(self.batches_TxB, np.asarray(part), shape)

        return Examples(*map(put, batches))

    def check_batch_size(self, batch_size: int) -> None:
        """DataError where a batch of `batch_size` examples does not make equal parts."""
        if batch_size % self.parts:
            raise DataError(
                f"a batch of {batch_size} examples is not shared out among {self.parts} devices in equal parts; take a "
                f"multiple of {self.parts}"
            )


def abstract(tree: Any, sharding: NamedSharding) -> Any:
    """The shapes of arrays that shall lie so."""
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), tree)


def device_put(tree: Any, sharding: NamedSharding) -> Any:
    """NumPy arrays that every process has, as arrays on the devices of all of them."""
    if sharding.is_fully_addressable:
        return jax.device_put(tree, sharding)

    def placed(array):
        array = np.asarray(array)
        return jax.make_array_from_callback(array.shape, sharding, lambda part: array[part])

    return jax.tree.map(placed, tree)


def to_host(tree: Any) -> Any:
    """NumPy arrays of what lies on the devices of all processes."""

    def whole(array):
        if isinstance(array, np.ndarray) or array.is_fully_addressable or array.is_fully_replicated:
            return np.asarray(array)
        return multihost_utils.process_allgather(array, tiled=True)

    return jax.tree.map(whole, tree)
