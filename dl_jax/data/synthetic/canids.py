"""Drawn Samoyeds and white wolves: two classes that differ in small details, under large nuisance variation.

The paper's example of the selectivity-invariance dilemma (section III). An image is a function of its class and of
known nuisance vectors with entries from 0 to 1.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples
from dl_jax.data.synthetic.strokes import Strokes, concatenate, paint, pixel_centres, transform

CLASSES = ("Samoyed", "white wolf")
OBJECTS = 3
RENDERED_AT_ONCE = 128
"""Images of a batch: so few that a CPU keeps them in its cache."""
NUISANCES = {"pose": 4, "position": 2, "scale": 1, "illumination": 5, "background": 10, "objects": 8 * OBJECTS}
"""Dimensions of each nuisance. Pose: direction, tilt, head, stride. Illumination: brightness, slope along x and y,
colour of the light. Background: two colours, horizon, three for its waves. Objects: position, shape, colour of each."""
Scene = dict[str, jax.Array]
"""Nuisance -> its vector in the unit cube. 1/2 everywhere is the neutral scene, which has no background objects."""

FUR, DARK = (0.93, 0.91, 0.87), (0.08, 0.07, 0.08)
TAIL = {
    0: ((-0.56, 0.12), (-0.66, 0.34), (-0.50, 0.50), (-0.32, 0.40)),  # Samoyed: over the back
    1: ((-0.56, 0.05), (-0.70, -0.10), (-0.76, -0.30), (-0.74, -0.50)),  # wolf: hanging
}
NECK = (0.30, 0.10)


def neutral_scene() -> Scene:
    """Return the scene with every nuisance at 1/2."""
    return {name: jnp.full(size, 0.5) for name, size in NUISANCES.items()}


def random_scene(key: jax.Array, nuisances: Sequence[str] = tuple(NUISANCES)) -> Scene:
    """Draw the named nuisances uniformly and leave the others neutral. KeyError for an unknown name.

    The draw of a nuisance depends on the key alone, not on which others are named.
    """
    unknown = set(nuisances) - set(NUISANCES)
    if unknown:
        raise KeyError(f"there is no nuisance {', '.join(sorted(unknown))}; there are {', '.join(NUISANCES)}")
    keys = dict(zip(NUISANCES, jax.random.split(key, len(NUISANCES)), strict=True))
    return neutral_scene() | {name: jax.random.uniform(keys[name], (NUISANCES[name],)) for name in nuisances}


def render(label: jax.Array, scene: Scene, side: int, detail: float = 1.0) -> jax.Array:
    """Render image_HxWx3 with values from 0 to 1.

    label: 0 Samoyed, 1 wolf. detail: the size of the difference between the classes, from 0 (none) to 1.
    """
    pose_4, (scale,), light_5 = scene["pose"], scene["scale"], scene["illumination"]
    wolf = 0.5 + detail * (label - 0.5)
    animal = _animal(wolf, head=0.8 * (pose_4[2] - 0.5), stride=0.3 * (pose_4[3] - 0.5))
    direction = jnp.where(pose_4[0] < 0.5, -1.0, 1.0)
    mirror_1x2 = jnp.stack([direction, jnp.ones_like(direction)])[None]
    animal = animal._replace(start=animal.start * mirror_1x2, end=animal.end * mirror_1x2)
    shift_2 = (scene["position"] - 0.5) * jnp.array([0.6, 0.48])
    animal = transform(animal, 0.6 * (pose_4[1] - 0.5), jnp.zeros(2), shift_2, 0.6 + 0.4 * scale)
    objects = _objects(scene["objects"].reshape(OBJECTS, 8))
    image_HxWx3 = paint(_background(scene["background"], side), concatenate(objects, animal))
    position_HxWx2 = pixel_centres(side)
    slope_HxW = position_HxWx2 @ (0.7 * (light_5[1:3] - 0.5))
    tint_3 = 1 + 0.3 * (jnp.stack([light_5[3], 0.5 * jnp.ones_like(scale), light_5[4]]) - 0.5)
    lit_HxWx3 = (0.6 + 0.6 * light_5[0]) * (1 + slope_HxW)[..., None] * tint_3[None, None] * image_HxWx3
    return jnp.clip(lit_HxWx3, 0, 1)


def random_scenes(key: jax.Array, count: int, nuisances: Sequence[str] = tuple(NUISANCES)) -> Scene:
    """Draw scene_N, with the axis N first."""
    return jax.vmap(lambda key: random_scene(key, nuisances))(jax.random.split(key, count))


def render_bytes(label_N: jax.Array, scene_N: Scene, side: int, detail: float = 1.0) -> jax.Array:
    """Render x_NxHxWx3 as uint8 from 0 to 255, batch by batch: memory is that of the images."""

    def one(case):
        return jnp.round(255 * render(*case, side, detail)).astype(jnp.uint8)

    return jax.lax.map(one, (label_N, scene_N), batch_size=RENDERED_AT_ONCE)


def canids(
    key: jax.Array, count: int, side: int = 32, nuisances: Sequence[str] = tuple(NUISANCES), detail: float = 1.0
) -> Examples:
    """Draw x_NxHxWx3 and y_N with alternating labels, every example in its own random scene."""
    y_N = jnp.arange(count) % 2
    scene_N = random_scenes(key, count, nuisances)
    x_NxHxWx3 = jax.vmap(lambda label, scene: render(label, scene, side, detail))(y_N, scene_N)
    return Examples(x_NxHxWx3, y_N.astype(jnp.int32))


def _animal(wolf, head, stride):
    """Return the strokes of an animal that faces right.

    wolf: 0 Samoyed to 1 wolf. head: elevation in radians. stride: distance of the feet from below the body.
    """

    def between(samoyed, wolfs):
        return jnp.asarray(samoyed) + wolf * (jnp.asarray(wolfs) - jnp.asarray(samoyed))

    feet = [(0.30, 1.0), (0.18, -1.0), (-0.30, 1.0), (-0.44, -1.0)]
    legs = [_stroke((x, -0.12), (x + side * stride, -0.66), (0.10, 0.055)) for x, side in feet]
    tail = [between(*points) for points in zip(TAIL[0], TAIL[1], strict=True)]
    width = between(0.10, 0.07)
    tail_strokes = [_stroke(tail[i], tail[i + 1], (width, width * (0.9 if i < 2 else 0.5))) for i in range(3)]
    trunk = [_stroke((-0.36, 0.0), (0.22, 0.0), (0.23, 0.22)), _stroke((0.22, 0.06), (0.44, 0.32), (0.17, 0.13))]
    ear_height, ear_tip, muzzle = between(0.13, 0.24), between(0.045, 0.01), between(0.14, 0.28)
    nose = jnp.stack([0.58 + muzzle, 0.30 - 0.1 * muzzle])
    face = [
        _stroke((0.40, 0.46), jnp.stack([jnp.asarray(0.37), 0.46 + ear_height]), (0.07, ear_tip)),
        _stroke((0.50, 0.47), jnp.stack([jnp.asarray(0.51), 0.47 + ear_height]), (0.07, ear_tip)),
        _stroke((0.44, 0.38), (0.52, 0.37), (0.16, 0.14)),
        _stroke((0.56, 0.32), nose, (0.09, 0.05)),
        _stroke(nose, nose, (0.04, 0.04), DARK),
        _stroke((0.56, 0.42), (0.56, 0.42), (0.03, 0.03), DARK),
    ]
    rotated_head = transform(concatenate(*face), head, jnp.asarray(NECK), jnp.zeros(2), jnp.ones(()))
    return concatenate(*legs, *tail_strokes, *trunk, rotated_head)


def _stroke(start, end, radius, colour=FUR):
    return Strokes(*(jnp.asarray(part, jnp.float32)[None] for part in (start, end, jnp.stack(radius), colour)))


def _objects(u_Ox8):
    """Return the strokes of the background objects, with negative radii (invisible) in the neutral scene."""
    start_Ox2, length_Ox2 = 2 * u_Ox8[:, :2] - 1, u_Ox8[:, 2:4] - 0.5
    neutral_O = jnp.all(u_Ox8 == 0.5, 1)
    radius_O = jnp.where(neutral_O, -1.0, 0.05 + 0.15 * u_Ox8[:, 4])
    return Strokes(start_Ox2, start_Ox2 + length_Ox2, jnp.stack([radius_O, radius_O], 1), u_Ox8[:, 5:])


def _background(u_10, side):
    """Paint sky above ground, modulated by a sine wave."""
    position_HxWx2 = pixel_centres(side)
    above_HxW = jax.nn.sigmoid(12 * (position_HxWx2[..., 1] - (u_10[6] - 0.5)))
    sky_3, ground_3 = 0.25 + 0.5 * u_10[:3], 0.15 + 0.5 * u_10[3:6]
    angle, frequency = jnp.pi * u_10[7], 3 + 12 * u_10[8]
    across_HxW = position_HxWx2 @ jnp.stack([jnp.cos(angle), jnp.sin(angle)])
    waves_HxW = 1 + 0.15 * jnp.sin(frequency * across_HxW + 2 * jnp.pi * u_10[9])
    return waves_HxW[..., None] * (ground_3[None, None] + above_HxW[..., None] * (sky_3 - ground_3)[None, None])
