"""Images with one of two small motifs somewhere in noise: which one counts, where it stands does not."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits

SIDE, MOTIF = 10, 4
"""Pixels along an image and along a motif."""
PLACES = (SIDE - MOTIF + 1) ** 2
CORNERS = [divmod((PLACES // 2 + 19 * number) % PLACES, SIDE - MOTIF + 1) for number in range(PLACES)]
"""Row and column of a motif's corner: first the middle, then scattered over the image."""
SCRAMBLE = np.random.default_rng(0).permutation(SIDE**2)
REST = 512
"""Examples to choose settings by, and as many to judge by."""
NOISE = 0.5
"""Standard deviation of every pixel; a motif adds +1 or -1 to its own."""


def somewhere(
    key: jax.Array, places: int | jax.Array, count: int | jax.Array, most: int, scrambled: bool | jax.Array = False
) -> Splits:
    """Splits of x_NxHxW, each with one of two random motifs in one of the first so many CORNERS; its label says which.

    Of `most` training examples the first `count` are shown, over and over: an epoch shows each equally often, up to
    one, and programs are the same for any count. All but `most` may be traced; tasks of one key share what they can.
    scrambled: all pixels change places, the same for every image, so that neighbours tell nothing more.
    """
    key_noise, key_choice = jax.random.split(key)
    every = most + 2 * REST
    normal = jax.random.normal(key_noise, (2 * MOTIF**2 + every * SIDE**2,))
    motif_2xMxM = jnp.sign(normal[: 2 * MOTIF**2]).reshape(2, MOTIF, MOTIF)
    noise_NxHxW = NOISE * normal[2 * MOTIF**2 :].reshape(every, SIDE, SIDE)
    around = [((row, SIDE - MOTIF - row), (column, SIDE - MOTIF - column)) for row, column in CORNERS]
    image_Px2xHxW = jnp.stack([jnp.pad(motif_2xMxM, ((0, 0), *pad)) for pad in around])

    choice_N = (2 * places * jax.random.uniform(key_choice, (every,))).astype(jnp.int32)
    x_NxHxW = image_Px2xHxW[choice_N // 2, choice_N % 2] + noise_NxHxW
    elsewhere_NxHxW = x_NxHxW.reshape(every, -1)[:, SCRAMBLE].reshape(x_NxHxW.shape)
    x_NxHxW = jnp.where(scrambled, elsewhere_NxHxW, x_NxHxW)
    index_N = jnp.arange(most) % count
    return Splits(
        *(Examples(x_NxHxW[at], choice_N[at] % 2) for at in (index_N, slice(most, -REST), slice(-REST, None)))
    )
