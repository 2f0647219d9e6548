"""Samoyeds and white wolves, drawn: two animals that differ in minute detail, under nuisances that change all else.

The paper's own example of what a classifier must see and must not see (section III, "selectivity-invariance").
Everything about a picture is a number from 0 to 1 that is known: the kind of animal, and for each nuisance a vector.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples
from dl_jax.data.synthetic.strokes import Strokes, moved, paint, places, together

CLASSES = ("Samoyed", "white wolf")
OBJECTS = 3
NUISANCES = {"pose": 4, "position": 2, "scale": 1, "illumination": 5, "background": 10, "objects": 8 * OBJECTS}
"""How many numbers each has. Pose: way it faces, tilt, head, stride. Illumination: brightness, slope along x and y,
colour of the light. Background: two colours, horizon, three for its waves. Objects: place, shape and colour of each."""
Scene = dict[str, jax.Array]
"""nuisance -> its numbers in the unit cube; 1/2 everywhere is the plain scene, which has no objects."""

FUR, DARK = (0.93, 0.91, 0.87), (0.08, 0.07, 0.08)
TAIL = {
    0: ((-0.56, 0.12), (-0.66, 0.34), (-0.50, 0.50), (-0.32, 0.40)),  # over the back
    1: ((-0.56, 0.05), (-0.70, -0.10), (-0.76, -0.30), (-0.74, -0.50)),  # hanging
}
NECK = (0.30, 0.10)


def plain() -> Scene:
    """The scene of which nothing is special."""
    return {name: jnp.full(size, 0.5) for name, size in NUISANCES.items()}


def scene(key: jax.Array, nuisances: Sequence[str] = tuple(NUISANCES)) -> Scene:
    """Every nuisance that is named drawn at random, the others as in the plain scene. KeyError at another name."""
    unknown = set(nuisances) - set(NUISANCES)
    if unknown:
        raise KeyError(f"there is no nuisance {', '.join(sorted(unknown))}; there are {', '.join(NUISANCES)}")
    keys = dict(zip(NUISANCES, jax.random.split(key, len(NUISANCES)), strict=True))
    return plain() | {name: jax.random.uniform(keys[name], (NUISANCES[name],)) for name in nuisances}


def render(kind: jax.Array, scene: Scene, side: int, detail: float = 1.0) -> jax.Array:
    """picture_HxWx3 from 0 to 1. kind: 0 Samoyed, 1 wolf. detail: how much of the difference there is, 0 none."""
    pose_4, (scale,), light_5 = scene["pose"], scene["scale"], scene["illumination"]
    wolf = 0.5 + detail * (kind - 0.5)
    animal = _animal(wolf, head=0.8 * (pose_4[2] - 0.5), stride=0.3 * (pose_4[3] - 0.5))
    faces = jnp.where(pose_4[0] < 0.5, -1.0, 1.0)
    mirror_1x2 = jnp.stack([faces, jnp.ones_like(faces)])[None]
    animal = animal._replace(start=animal.start * mirror_1x2, end=animal.end * mirror_1x2)
    by_2 = (scene["position"] - 0.5) * jnp.array([0.6, 0.48])
    animal = moved(animal, 0.6 * (pose_4[1] - 0.5), jnp.zeros(2), by_2, 0.6 + 0.4 * scale)
    there = _objects(scene["objects"].reshape(OBJECTS, 8))
    picture_HxWx3 = paint(_background(scene["background"], side), together(there, animal))
    place_HxWx2 = places(side)
    slope_HxW = place_HxWx2 @ (0.7 * (light_5[1:3] - 0.5))
    tint_3 = 1 + 0.3 * (jnp.stack([light_5[3], 0.5 * jnp.ones_like(scale), light_5[4]]) - 0.5)
    lit_HxWx3 = (0.6 + 0.6 * light_5[0]) * (1 + slope_HxW)[..., None] * tint_3[None, None] * picture_HxWx3
    return jnp.clip(lit_HxWx3, 0, 1)


def canids(
    key: jax.Array, count: int, side: int = 32, nuisances: Sequence[str] = tuple(NUISANCES), detail: float = 1.0
) -> Examples:
    """x_NxHxWx3 and y_N, half of them of each kind, each in a scene of its own."""
    y_N = jnp.arange(count) % 2
    scene_N = jax.vmap(lambda key: scene(key, nuisances))(jax.random.split(key, count))
    return Examples(jax.vmap(lambda y, at: render(y, at, side, detail))(y_N, scene_N), y_N.astype(jnp.int32))


def compared(
    key: jax.Array, count: int, side: int = 32, nuisances: Sequence[str] = tuple(NUISANCES), detail: float = 1.0
) -> dict[str, jax.Array]:
    """x_NxHxWx3 of `count` animals in random scenes, "as it is", and of what each is to be compared with.

    "kind": an animal of the other kind in the same scene. One for each nuisance: the same animal in the same scene, in
    which only that nuisance is drawn again. "scene": the same animal in another scene altogether.
    """
    key_now, key_then = jax.random.split(key)
    kind_N = (jnp.arange(count) % 2).astype(jnp.float32)
    now, then = (
        jax.vmap(lambda key: scene(key, nuisances))(jax.random.split(key, count)) for key in (key_now, key_then)
    )
    pictures = {"as it is": (kind_N, now), "kind": (1 - kind_N, now), "scene": (kind_N, then)}
    pictures |= {name: (kind_N, now | {name: then[name]}) for name in nuisances}
    # All in one call: a program that paints nine times takes long to compile.
    kind_M, scene_M = jax.tree.map(lambda *each: jnp.concatenate(each), *pictures.values())
    x_MxHxWx3 = jax.vmap(lambda kind, at: render(kind, at, side, detail))(kind_M, scene_M)
    return dict(zip(pictures, jnp.split(x_MxHxWx3, len(pictures)), strict=True))


def _animal(wolf, head, stride):
    """It faces right. wolf: from 0 to 1; head: radians up; stride: how far the feet are from under it."""

    def between(samoyed, wolfs):
        return jnp.asarray(samoyed) + wolf * (jnp.asarray(wolfs) - jnp.asarray(samoyed))

    feet = [(0.30, 1.0), (0.18, -1.0), (-0.30, 1.0), (-0.44, -1.0)]
    legs = [_stroke((x, -0.12), (x + side * stride, -0.66), (0.10, 0.055)) for x, side in feet]
    tail = [between(*each) for each in zip(TAIL[0], TAIL[1], strict=True)]
    width = between(0.10, 0.07)
    tails = [_stroke(tail[at], tail[at + 1], (width, width * (0.9 if at < 2 else 0.5))) for at in range(3)]
    trunk = [_stroke((-0.36, 0.0), (0.22, 0.0), (0.23, 0.22)), _stroke((0.22, 0.06), (0.44, 0.32), (0.17, 0.13))]
    tall, tip, long = between(0.13, 0.24), between(0.045, 0.01), between(0.14, 0.28)
    nose = jnp.stack([0.58 + long, 0.30 - 0.1 * long])
    face = [
        _stroke((0.40, 0.46), jnp.stack([jnp.asarray(0.37), 0.46 + tall]), (0.07, tip)),
        _stroke((0.50, 0.47), jnp.stack([jnp.asarray(0.51), 0.47 + tall]), (0.07, tip)),
        _stroke((0.44, 0.38), (0.52, 0.37), (0.16, 0.14)),
        _stroke((0.56, 0.32), nose, (0.09, 0.05)),
        _stroke(nose, nose, (0.04, 0.04), DARK),
        _stroke((0.56, 0.42), (0.56, 0.42), (0.03, 0.03), DARK),
    ]
    turned = moved(together(*face), head, jnp.asarray(NECK), jnp.zeros(2), jnp.ones(()))
    return together(*legs, *tails, *trunk, turned)


def _stroke(start, end, radius, colour=FUR):
    return Strokes(*(jnp.asarray(part, jnp.float32)[None] for part in (start, end, jnp.stack(radius), colour)))


def _objects(u_Ox8):
    """Rocks, poles and bushes behind the animal. In the plain scene they have no width."""
    start_Ox2, length_Ox2 = 2 * u_Ox8[:, :2] - 1, u_Ox8[:, 2:4] - 0.5
    plain_O = jnp.all(u_Ox8 == 0.5, 1)
    radius_O = jnp.where(plain_O, -1.0, 0.05 + 0.15 * u_Ox8[:, 4])
    return Strokes(start_Ox2, start_Ox2 + length_Ox2, jnp.stack([radius_O, radius_O], 1), u_Ox8[:, 5:])


def _background(u_10, side):
    """Sky above ground, with waves."""
    place_HxWx2 = places(side)
    above_HxW = jax.nn.sigmoid(12 * (place_HxWx2[..., 1] - (u_10[6] - 0.5)))
    sky_3, ground_3 = 0.25 + 0.5 * u_10[:3], 0.15 + 0.5 * u_10[3:6]
    angle, frequency = jnp.pi * u_10[7], 3 + 12 * u_10[8]
    across_HxW = place_HxWx2 @ jnp.stack([jnp.cos(angle), jnp.sin(angle)])
    waves_HxW = 1 + 0.15 * jnp.sin(frequency * across_HxW + 2 * jnp.pi * u_10[9])
    return waves_HxW[..., None] * (ground_3[None, None] + above_HxW[..., None] * (sky_3 - ground_3)[None, None])
