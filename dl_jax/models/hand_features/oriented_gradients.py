"""Histograms of oriented gradients: where edges run, and how they run, cell by cell (Dalal & Triggs 2005)."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

CLIP, EPS = 0.2, 1e-5
"""What one entry of a block may be before the block is normalised again, and what keeps flat blocks from 0/0."""


def oriented_gradients(cell: int, orientations: int = 9, block: int = 2) -> Callable[[jax.Array], jax.Array]:
    """ink_HxW -> features_D: for every block of block x block cells its histograms, normalised together.

    Each pixel votes for the direction of its gradient (0 to 180 degrees, in equal bins) with its length; a cell
    of cell x cell pixels holds the mean of its votes; blocks overlap, one begins at every cell. Normalised as
    L2-Hys: to length 1, clipped, to length 1 again. The numbers are those of scikit-image's `hog`. Rows and
    columns that fill no cell at the far edges are left out. D = (H/cell - block + 1) (W/cell - block + 1)
    block^2 orientations.
    """

    def features(ink_HxW):
        down_HxW = jnp.pad(ink_HxW[2:] - ink_HxW[:-2], ((1, 1), (0, 0)))
        right_HxW = jnp.pad(ink_HxW[:, 2:] - ink_HxW[:, :-2], ((0, 0), (1, 1)))
        turn_HxW = jnp.degrees(jnp.arctan2(down_HxW, right_HxW)) % 180.0 / 180.0
        # The remainder of a tiny negative angle is rounded up to a whole turn: it belongs to the last bin.
        bin_HxW = jnp.minimum((turn_HxW * orientations).astype(int), orientations - 1)
        vote_HxWxO = jnp.hypot(down_HxW, right_HxW)[..., None] * jax.nn.one_hot(bin_HxW, orientations)
        rows, columns = ink_HxW.shape[0] // cell, ink_HxW.shape[1] // cell
        vote_HxWxO = vote_HxWxO[: rows * cell, : columns * cell]
        cell_RxCxO = jnp.mean(vote_HxWxO.reshape(rows, cell, columns, cell, orientations), (1, 3))
        down, right = rows - block + 1, columns - block + 1
        corners = [cell_RxCxO[i : i + down, j : j + right] for i in range(block) for j in range(block)]
        block_RxCxK = jnp.concatenate(corners, -1)
        return _of_length_1(jnp.minimum(_of_length_1(block_RxCxK), CLIP)).reshape(-1)

    return features


def _of_length_1(block_RxCxK):
    return block_RxCxK / jnp.sqrt(jnp.sum(block_RxCxK**2, -1, keepdims=True) + EPS**2)
