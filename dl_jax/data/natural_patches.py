"""Patches of natural photographs, and the same without what a claim is about: permuted pixels and random phases.

The two photographs of scikit-learn (china.jpg and flower.jpg) are installed with it. A patch is labelled by the region
of the photographs that it lies in. G regions, K blocks of a region.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits

HEIGHT, WIDTH = 420, 640
"""Pixels of each photograph; the last seven rows are left out."""
ROWS, COLUMNS = 3, 4
"""Regions of a photograph."""
BLOCKS = 4
"""Blocks along a side of a region. A patch lies in one block and a block in one split: splits share no pixel."""
SHARES = (10, 2, 4)
"""Blocks of every region to train on, to choose hyperparameters on, and to test on."""
REGIONS = 2 * ROWS * COLUMNS
"""Number of classes."""
LARGEST_SIDE = HEIGHT // ROWS // BLOCKS
"""Pixels along the largest patch."""


@cache
def photographs() -> np.ndarray:
    """Return the photographs, photo_2xHxWx3 uint8."""
    from sklearn.datasets import load_sample_images  # scikit-learn takes a second to import

    return np.stack([photo_HxWx3[:HEIGHT, :WIDTH] for photo_HxWx3 in load_sample_images().images])


def natural_patches(
    key: jax.Array, side: int, train: int = 8192, validation: int = 1024, test: int = 2048, colour: bool = False
) -> Splits:
    """Draw patches x_NxSxSxC, grey or in colour, labelled by their region; as many of each region, to within one.

    The key draws which blocks belong to which split, and where in its block each patch lies. Every colour channel has
    mean 0 and variance 1 over the training patches. ValueError if a patch is larger than a block.
    """
    if side > LARGEST_SIDE:
        raise ValueError(f"a patch of {side} pixels is larger than a block of {LARGEST_SIDE}")
    key_blocks, *keys = jax.random.split(key, 4)
    photo_2xHxWxC = jnp.asarray(photographs(), jnp.float32)
    photo_2xHxWxC = photo_2xHxWxC if colour else photo_2xHxWxC.mean(-1, keepdims=True)
    block_GxK = jax.vmap(lambda key: jax.random.permutation(key, BLOCKS**2))(jax.random.split(key_blocks, REGIONS))
    parts = zip(keys, jnp.split(block_GxK, np.cumsum(SHARES)[:-1], 1), (train, validation, test), strict=True)
    drawn = [_patches(key, photo_2xHxWxC, blocks_GxK, side, count) for key, blocks_GxK, count in parts]
    mean_1x1x1xC, deviation_1x1x1xC = (reduce(drawn[0].x, (0, 1, 2), keepdims=True) for reduce in (jnp.mean, jnp.std))
    return Splits(*(Examples((x - mean_1x1x1xC) / deviation_1x1x1xC, y) for x, y in drawn))


def _patches(key, photo_2xHxWxC, block_GxK, side, count):
    height, width = HEIGHT // ROWS // BLOCKS, WIDTH // COLUMNS // BLOCKS
    key_block, key_row, key_column = jax.random.split(key, 3)
    region_N = jnp.arange(count) % REGIONS
    block_N = block_GxK[region_N, jax.random.randint(key_block, (count,), 0, block_GxK.shape[1])]
    photo_N, place_N = jnp.divmod(region_N, ROWS * COLUMNS)
    row_N = (place_N // COLUMNS * BLOCKS + block_N // BLOCKS) * height
    column_N = (place_N % COLUMNS * BLOCKS + block_N % BLOCKS) * width
    row_N += jax.random.randint(key_row, (count,), 0, height - side + 1)
    column_N += jax.random.randint(key_column, (count,), 0, width - side + 1)
    size = (1, side, side, photo_2xHxWxC.shape[-1])
    cut = jax.vmap(lambda *at: jax.lax.dynamic_slice(photo_2xHxWxC, (*at, 0), size)[0])
    return Examples(cut(photo_N, row_N, column_N), region_N)


def permuted_pixels(key: jax.Array, splits: Splits) -> Splits:
    """Return images x_NxHxWxC with their pixels in another order, the same for all images of all splits."""
    height, width = splits.train.x.shape[1:3]
    order_P = jax.random.permutation(key, height * width)

    def permuted(examples):
        x_NxPxC = jnp.reshape(examples.x, (len(examples.x), height * width, -1))
        return Examples(x_NxPxC[:, order_P].reshape(examples.x.shape), examples.y)

    return Splits(*map(permuted, splits))


def random_phase(key: jax.Array, splits: Splits, isotropic: bool = False) -> Splits:
    """Return images x_NxHxWxC without edges: their own Fourier amplitudes, and the phases of white noise.

    All colours of an image are rotated by the same phases, and its mean is unchanged. The spatial correlations remain,
    and they alone determine how the response of a linear filter varies from image to image.

    isotropic: give all frequencies of a ring (one cycle per image wide) the root mean square amplitude of the ring, so
    that no orientation is left either.
    """
    keys = jax.random.split(key, 3)
    return Splits(*(_rotate_phases(key, examples, isotropic) for key, examples in zip(keys, splits, strict=True)))


def _rotate_phases(key, examples, isotropic):
    height, width = examples.x.shape[1:3]

    def rotate(number, x_HxWxC):
        noise_HxW = jax.random.normal(jax.random.fold_in(key, number), (height, width))
        rotation_HxW = jnp.fft.fft2(noise_HxW)
        rotation_HxW = rotation_HxW / (jnp.abs(rotation_HxW) + 1e-12)
        spectrum_HxWxC = jnp.fft.fft2(x_HxWxC, axes=(0, 1))
        kept_HxWxC = _same_on_rings(jnp.abs(spectrum_HxWxC)) if isotropic else spectrum_HxWxC
        rotated_HxWxC = (kept_HxWxC * rotation_HxW[..., None]).at[0, 0].set(spectrum_HxWxC[0, 0])
        return jnp.fft.ifft2(rotated_HxWxC, axes=(0, 1)).real

    x_NxHxWxC = jax.lax.map(lambda each: rotate(*each), (jnp.arange(len(examples.x)), examples.x), batch_size=256)
    return Examples(x_NxHxWxC.astype(jnp.float32), examples.y)


def _same_on_rings(amplitude_HxWxC):
    """The root mean square over each ring of frequencies about 0, at all frequencies of the ring."""
    height, width, colours = amplitude_HxWxC.shape
    cycles_HxW = np.hypot(np.fft.fftfreq(height)[:, None] * height, np.fft.fftfreq(width)[None] * width)
    ring_P = np.round(cycles_HxW).astype(int).reshape(-1)
    power_RxC = jax.ops.segment_sum(jnp.reshape(amplitude_HxWxC**2, (-1, colours)), ring_P, ring_P.max() + 1)
    mean_RxC = power_RxC / np.maximum(np.bincount(ring_P), 1)[:, None]
    return jnp.sqrt(mean_RxC)[ring_P].reshape(amplitude_HxWxC.shape)
