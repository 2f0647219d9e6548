"""Images without edges: the Fourier phases of each image replaced by random ones."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits


def random_phase(splits: Splits, seed: int = 0) -> Splits:
    """Return images x_NxHxWxC with their own amplitude at every spatial frequency and the phases of white noise.

    All colours of an image are rotated by the same phases, and its mean is unchanged. The spatial correlations remain,
    and they alone determine how the response of a linear filter varies from image to image.
    """
    keys = jax.random.split(jax.random.key(seed), 3)
    return Splits(*(_rotate_phases(key, examples) for key, examples in zip(keys, splits, strict=True)))


def _rotate_phases(key, examples):
    def rotate(number, x_HxWxC):
        noise_HxW = jax.random.normal(jax.random.fold_in(key, number), x_HxWxC.shape[:2])
        rotation_HxW = jnp.fft.fft2(noise_HxW)
        rotation_HxW = (rotation_HxW / (jnp.abs(rotation_HxW) + 1e-12)).at[0, 0].set(1.0)
        spectrum_HxWxC = jnp.fft.fft2(x_HxWxC, axes=(0, 1)) * rotation_HxW[..., None]
        return jnp.fft.ifft2(spectrum_HxWxC, axes=(0, 1)).real

    x_NxHxWxC = jax.lax.map(lambda each: rotate(*each), (jnp.arange(len(examples.x)), examples.x), batch_size=256)
    return Examples(np.asarray(x_NxHxWxC, np.float32), examples.y)
