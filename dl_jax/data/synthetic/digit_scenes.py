"""Real handwriting before real photographs: two kinds of digit that resemble each other, in scenes of known nuisances.

The counterpart of `canids` on real pictures. Objects and backgrounds are photographed or scanned; how they are put
together is a function of nuisance vectors with entries from 0 to 1. A pair holds a digit of each kind, the two most
alike, so that "the other kind in the same scene" is the same place, pose, light and background with its partner.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.ndimage import map_coordinates
from scipy.optimize import linear_sum_assignment

from dl_jax.data.dataset import Dataset
from dl_jax.data.synthetic.strokes import pixel_centres

KINDS = {"digits": (4, 9), "mnist": (4, 9), "fashion_mnist": (2, 4)}
"""Labels of the two kinds, by data set: fours and nines, pullovers and coats."""
OBJECTS = 2
NUISANCES = {"pose": 2, "position": 2, "scale": 1, "illumination": 5, "background": 4, "objects": 9 * OBJECTS}
"""Dimensions of each nuisance. Pose: angle, shear. Illumination: brightness, slope along x and y, colour of the light.
Background: which photograph, row, column, zoom. Objects: which other digit, position, angle, scale, colour of each."""
MOST_PAIRS, MOST_OTHERS = 1000, 500
SHRINK = 4
"""Pixels of a photograph, along each side, that become one."""
Scene = dict[str, jax.Array]


class Cutouts(NamedTuple):
    """What scenes are made of, with values from 0 to 1; NumPy or JAX arrays.

    pairs_Px2xHxW: P pairs, of the first kind and the second. others_OxHxW: digits of other kinds. photographs_FxVxUx3.
    """

    pairs: Any
    others: Any
    photographs: Any


def cutouts(dataset: Dataset, kinds: tuple[int, int]) -> Cutouts:
    """Match each picture of the first kind with one of the second, so that the sum of squared distances is least."""
    from sklearn.datasets import load_sample_images

    x = np.concatenate([x for x, _ in (dataset.train, dataset.validation, dataset.test)]).astype(np.float32)
    y = np.concatenate([y for _, y in (dataset.train, dataset.validation, dataset.test)])
    x_NxHxW = x.reshape(*x.shape[:3]) / x.max()
    first, second = (x_NxHxW[y == kind][:MOST_PAIRS] for kind in kinds)
    rows_2 = [each.reshape(len(each), -1) for each in (first, second)]
    square_AxB = np.sum(rows_2[0] ** 2, 1)[:, None] + np.sum(rows_2[1] ** 2, 1)[None] - 2 * rows_2[0] @ rows_2[1].T
    of_first, of_second = linear_sum_assignment(square_AxB)
    images = [np.asarray(image, np.float32) / 255 for image in load_sample_images().images]
    height, width, _ = images[0].shape
    height, width = height // SHRINK, width // SHRINK
    small = [
        image[: height * SHRINK, : width * SHRINK].reshape(height, SHRINK, width, SHRINK, 3).mean((1, 3))
        for image in images
    ]
    others = x_NxHxW[~np.isin(y, kinds)][:MOST_OTHERS]
    pairs = np.stack([first[of_first], second[of_second]], 1)
    return Cutouts(pairs, others, np.stack(small))


def neutral_scene() -> Scene:
    """Return the scene with every nuisance at 1/2: the digit upright in the middle, without other objects."""
    return {name: jnp.full(size, 0.5) for name, size in NUISANCES.items()}


def random_scene(key: jax.Array, nuisances: Sequence[str] = tuple(NUISANCES)) -> Scene:
    """Draw the named nuisances uniformly and leave the others neutral. KeyError for an unknown name."""
    if unknown := set(nuisances) - set(NUISANCES):
        raise KeyError(f"there is no nuisance {', '.join(sorted(unknown))}; there are {', '.join(NUISANCES)}")
    keys = dict(zip(NUISANCES, jax.random.split(key, len(NUISANCES)), strict=True))
    return neutral_scene() | {name: jax.random.uniform(keys[name], (NUISANCES[name],)) for name in nuisances}


def render(of: Cutouts, pair: jax.Array, label: jax.Array, scene: Scene, side: int, detail: float = 1.0) -> jax.Array:
    """Render image_HxWx3 with values from 0 to 1.

    pair: which of the pairs. label: 0 or 1, its kind. detail: 1 shows the digit itself, 0 the mean of its pair.
    """
    of = Cutouts(*map(jnp.asarray, of))
    share = 0.5 + detail * (label - 0.5)
    digit_HxW = (1 - share) * of.pairs[pair, 0] + share * of.pairs[pair, 1]
    pose_2, (scale,), light_5 = scene["pose"], scene["scale"], scene["illumination"]
    image_HxWx3 = 0.7 * _background(of.photographs, scene["background"], side)
    for u_9 in scene["objects"].reshape(OBJECTS, 9):
        which = (u_9[0] * len(of.others)).astype(int)
        at_2 = 2.4 * (u_9[1:3] - 0.5)
        cover_HxW = _placed(of.others[which], 2 * jnp.pi * u_9[3], 0.0, at_2, 0.3 + 0.4 * u_9[4], side)
        cover_HxW = jnp.where(jnp.all(u_9 == 0.5), 0.0, cover_HxW)
        image_HxWx3 = _over(image_HxWx3, cover_HxW, u_9[5:8])
    shift_2 = (scene["position"] - 0.5) * 0.7
    cover_HxW = _placed(digit_HxW, 1.2 * (pose_2[0] - 0.5), pose_2[1] - 0.5, shift_2, 0.5 + 0.4 * scale, side)
    image_HxWx3 = _over(image_HxWx3, cover_HxW, jnp.array([0.93, 0.91, 0.87]))
    slope_HxW = pixel_centres(side) @ (0.7 * (light_5[1:3] - 0.5))
    tint_3 = 1 + 0.3 * (jnp.stack([light_5[3], 0.5 * jnp.ones_like(scale), light_5[4]]) - 0.5)
    lit_HxWx3 = (0.6 + 0.6 * light_5[0]) * (1 + slope_HxW)[..., None] * tint_3[None, None] * image_HxWx3
    return jnp.clip(lit_HxWx3, 0, 1)


def _placed(digit_HxW, angle, shear, shift_2, scale, side):
    """The digit on a square image, rotated, sheared, scaled about its middle and moved; bilinear, 0 beyond its edge."""
    at_HxWx2 = pixel_centres(side) - shift_2[None, None]
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    x_HxW = (cos * at_HxWx2[..., 0] + sin * at_HxWx2[..., 1]) / scale
    y_HxW = (-sin * at_HxWx2[..., 0] + cos * at_HxWx2[..., 1]) / scale
    height, width = digit_HxW.shape
    rows = (1 - y_HxW) * height / 2 - 0.5
    columns = (1 + x_HxW - shear * y_HxW) * width / 2 - 0.5
    return map_coordinates(digit_HxW, [rows, columns], order=1, mode="constant")


def _over(image_HxWx3, cover_HxW, colour_3):
    return image_HxWx3 + cover_HxW[..., None] * (colour_3[None, None] - image_HxWx3)


def _background(photographs, u_4, side):
    """A square of a photograph, from an eighth of its height to half of it."""
    count, height, width, _ = photographs.shape
    which = jnp.minimum((u_4[0] * count).astype(int), count - 1)
    size = height * (0.125 + 0.375 * u_4[3])
    row, column = u_4[1] * (height - 1 - size), u_4[2] * (width - 1 - size)
    at = (jnp.arange(side) + 0.5) / side * size
    rows, columns = jnp.meshgrid(row + at, column + at, indexing="ij")
    sampled = [map_coordinates(photographs[which, :, :, c], [rows, columns], order=1, mode="nearest") for c in range(3)]
    return jnp.stack(sampled, -1)
