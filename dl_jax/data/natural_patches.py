"""Patches of natural photographs, and the same without what a claim is about: permuted pixels and random phases.

The two photographs of scikit-learn (china.jpg and flower.jpg) are installed with it. A class is a spot of them, as in
exemplar nets (Dosovitskiy, Springenberg, Riedmiller & Brox 2014): which spot it is has to be seen at any shift and in
any light. Labels of larger regions can be read from brightness and blur alone. K spots.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits

CANDIDATES = 4
"""Random spots for each one that is used: those with the most contrast are."""
CONTRAST, BRIGHTNESS = 0.4, 0.5
"""Standard deviations, from patch to patch, of the logarithm of the contrast and of the brightness; that of all pixels
of the photographs is 1."""


@cache
def photographs() -> np.ndarray:
    """Return the photographs, photo_2xHxWx3 uint8."""
    from sklearn.datasets import load_sample_images  # scikit-learn takes a second to import

    return np.stack(load_sample_images().images)


def natural_patches(
    key: jax.Array,
    side: int,
    spots: int = 64,
    train: int = 16384,
    validation: int = 1024,
    test: int = 2048,
    colour: bool = False,
) -> Splits:
    """Draw patches x_NxSxSxC, grey or in colour, labelled by their spot; as many of each spot, to within one.

    The key draws the spots, and for each patch a shift by less than half its side, a contrast and a brightness. The
    splits show the same spots.
    """
    photo_2xHxWxC = jnp.asarray(photographs(), jnp.float32)
    photo_2xHxWxC = photo_2xHxWxC if colour else photo_2xHxWxC.mean(-1, keepdims=True)
    photo_2xHxWxC = (photo_2xHxWxC - photo_2xHxWxC.mean()) / photo_2xHxWxC.std()
    key_spots, *keys = jax.random.split(key, 4)
    spot_Kx3 = _spots(key_spots, photo_2xHxWxC, side, spots)

    def drawn(key, count):
        key_shift, key_contrast, key_brightness = jax.random.split(key, 3)
        label_N = jnp.arange(count) % spots
        shift_Nx2 = jax.random.randint(key_shift, (count, 2), 0, side // 2)
        x_NxSxSxC = _cut(photo_2xHxWxC, spot_Kx3[label_N] + jnp.pad(shift_Nx2, ((0, 0), (1, 0))), side)
        contrast_Nx1x1x1 = jnp.exp(CONTRAST * jax.random.normal(key_contrast, (count, 1, 1, 1)))
        brightness_Nx1x1x1 = BRIGHTNESS * jax.random.normal(key_brightness, (count, 1, 1, 1))
        return Examples(contrast_Nx1x1x1 * x_NxSxSxC + brightness_Nx1x1x1, label_N)

    return Splits(*(drawn(key, count) for key, count in zip(keys, (train, validation, test), strict=True)))


def _spots(key, photo_2xHxWxC, side, spots):
    """spot_Kx3: photograph, row and column of the upper left corner of each spot, unshifted."""
    last_3 = jnp.array([2, *(size - side - side // 2 for size in photo_2xHxWxC.shape[1:3])])
    place_Nx3 = jax.random.randint(key, (CANDIDATES * spots, 3), 0, last_3[None])
    contrast_N = _cut(photo_2xHxWxC, place_Nx3, side).std((1, 2)).mean(-1)
    return place_Nx3[jnp.argsort(-contrast_N)[:spots]]


def _cut(photo_2xHxWxC, place_Nx3, side):
    size = (1, side, side, photo_2xHxWxC.shape[-1])
    return jax.vmap(lambda at: jax.lax.dynamic_slice(photo_2xHxWxC, (*at, 0), size)[0])(place_Nx3)


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
