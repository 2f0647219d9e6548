"""Histograms of oriented gradients, HOG (Dalal & Triggs 2005)."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

CLIP, EPS = 0.2, 1e-5
"""L2-Hys normalisation: the clipping threshold, and the constant that avoids 0/0 in blocks without gradients."""


def oriented_gradients(cell: int, orientations: int = 9, block: int = 2) -> Callable[[jax.Array], jax.Array]:
    """Return the function ink_HxW -> features_D that computes the HOG descriptor of an image.

    Every pixel votes for the orientation of its gradient (0 to 180 degrees, in equal bins) with the gradient's length.
    A cell of cell x cell pixels has the mean of its votes; a block of block x block cells concatenates its cells and
    is normalised by L2-Hys (to length 1, clipped, to length 1 again); blocks overlap with a stride of one cell. Rows
    and columns beyond the last whole cell are dropped. Equal to scikit-image's `hog`.
    D = (H/cell - block + 1) (W/cell - block + 1) block^2 orientations.
    """

    def features(ink_HxW):
        down_HxW = jnp.pad(ink_HxW[2:] - ink_HxW[:-2], ((1, 1), (0, 0)))
        right_HxW = jnp.pad(ink_HxW[:, 2:] - ink_HxW[:, :-2], ((0, 0), (1, 1)))
        fraction_HxW = jnp.degrees(jnp.arctan2(down_HxW, right_HxW)) % 180.0 / 180.0
        # The remainder of a tiny negative angle rounds to 180 degrees, which belongs to the last bin.
        bin_HxW = jnp.minimum((fraction_HxW * orientations).astype(int), orientations - 1)
        vote_HxWxO = jnp.hypot(down_HxW, right_HxW)[..., None] * jax.nn.one_hot(bin_HxW, orientations)
        rows, columns = ink_HxW.shape[0] // cell, ink_HxW.shape[1] // cell
        vote_HxWxO = vote_HxWxO[: rows * cell, : columns * cell]
        cell_RxCxO = jnp.mean(vote_HxWxO.reshape(rows, cell, columns, cell, orientations), (1, 3))
        down, right = rows - block + 1, columns - block + 1
        corners = [cell_RxCxO[i : i + down, j : j + right] for i in range(block) for j in range(block)]
        block_RxCxK = jnp.concatenate(corners, -1)
        descriptor_RxCxK = _normalize(jnp.minimum(_normalize(block_RxCxK), CLIP))
        # XLA for GPUs (jax 0.11) fails where it moves this reshape into the products before it.
        return jax.lax.optimization_barrier(descriptor_RxCxK).reshape(-1)

    return features


def _normalize(block_RxCxK):
    return block_RxCxK / jnp.sqrt(jnp.sum(block_RxCxK**2, -1, keepdims=True) + EPS**2)
