"""Images of noise with one of two small motifs: the class is which one it is, not where it stands.

N examples, H x W pixels, P positions, M pixels along a motif.
"""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits

SIDE, MOTIF = 10, 4
"""Pixels along an image and along a motif."""
POSITIONS = (SIDE - MOTIF + 1) ** 2
CORNERS = [divmod((POSITIONS // 2 + 19 * number) % POSITIONS, SIDE - MOTIF + 1) for number in range(POSITIONS)]
"""Row and column of a motif's corner: first the middle, then scattered over the image."""
PERMUTATION = np.random.default_rng(0).permutation(SIDE**2)
REST = 512
"""Validation examples, and as many test examples."""
NOISE = 0.5
"""Standard deviation of every pixel; a motif adds +1 or -1 to its own."""


def somewhere(
    key: jax.Array, positions: int | jax.Array, count: int | jax.Array, most: int, permuted: bool | jax.Array = False
) -> Splits:
    """Draw splits of x_NxHxW, each image with one of two random motifs in one of the first `positions` CORNERS.

    Of `most` training examples the first `count` are repeated: an epoch has each equally often, up to one, and
    programs are the same for any count. All but `most` may be traced; tasks of one key share what they can.
    permuted: all pixels are permuted, the same for every image, so that neighbours are no more alike than others.
    """
    key_noise, key_choice = jax.random.split(key)
    every = most + 2 * REST
    normal = jax.random.normal(key_noise, (2 * MOTIF**2 + every * SIDE**2,))
    motif_2xMxM = jnp.sign(normal[: 2 * MOTIF**2]).reshape(2, MOTIF, MOTIF)
    noise_NxHxW = NOISE * normal[2 * MOTIF**2 :].reshape(every, SIDE, SIDE)
    around = [((row, SIDE - MOTIF - row), (column, SIDE - MOTIF - column)) for row, column in CORNERS]
    image_Px2xHxW = jnp.stack([jnp.pad(motif_2xMxM, ((0, 0), *pad)) for pad in around])

    choice_N = (2 * positions * jax.random.uniform(key_choice, (every,))).astype(jnp.int32)
    x_NxHxW = image_Px2xHxW[choice_N // 2, choice_N % 2] + noise_NxHxW
    moved_NxHxW = x_NxHxW.reshape(every, -1)[:, PERMUTATION].reshape(x_NxHxW.shape)
    x_NxHxW = jnp.where(permuted, moved_NxHxW, x_NxHxW)
    index_N = jnp.arange(most) % count
    return Splits(
        *(Examples(x_NxHxW[at], choice_N[at] % 2) for at in (index_N, slice(most, -REST), slice(-REST, None)))
    )
