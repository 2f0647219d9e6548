"""Pictures without edges: the waves of each picture, set out of step with one another."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits


def random_phase(splits: Splits, seed: int = 0) -> Splits:
    """Every picture of x_NxHxWxC with its own amplitude at every frequency, and the phases of white noise.

    All colours of a picture turn by the same phases, so its colours stay; its mean stays too. What is left are its
    spatial correlations, which is all that decides how a linear filter varies from picture to picture.
    """
    keys = jax.random.split(jax.random.key(seed), 3)
    return Splits(*(_turned(key, split) for key, split in zip(keys, splits, strict=True)))


def _turned(key, split):
    @jax.jit
    def one(at, x_HxWxC):
        noise_HxW = jax.random.normal(jax.random.fold_in(key, at), x_HxWxC.shape[:2])
        turn_HxW = jnp.fft.fft2(noise_HxW)
        turn_HxW = (turn_HxW / (jnp.abs(turn_HxW) + 1e-12)).at[0, 0].set(1.0)
        spectrum_HxWxC = jnp.fft.fft2(x_HxWxC, axes=(0, 1)) * turn_HxW[..., None]
        return jnp.fft.ifft2(spectrum_HxWxC, axes=(0, 1)).real

    x_NxHxWxC = jax.lax.map(lambda each: one(*each), (jnp.arange(len(split.x)), split.x), batch_size=256)
    return Examples(np.asarray(x_NxHxWxC, np.float32), split.y)
