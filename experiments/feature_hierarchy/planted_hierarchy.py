"""Planted pictures: objects made of parts, parts made of motifs, motifs made of edges (the paper's section II).

At each level the classes are made of the same pieces in other arrangements: two motifs have the same edges, two parts
the same motifs, two objects the same parts. So no count of edges and no count of parts separates the objects. Every
nuisance of a picture is given by numbers from 0 to 1.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.synthetic.strokes import Strokes, concatenate, paint, pixel_centres

LENGTH, WIDTH = 0.4, 0.07
"""Length of an edge and radius of its stroke; a picture extends from -1 to 1."""
MOTIFS = ("L", "7", "V", "A")
EDGES = np.array(
    [
        [(-0.2, 0.0, 2), (0.0, -0.2, 0)],
        [(0.2, 0.0, 2), (0.0, 0.2, 0)],
        [(-0.15, 0.0, 3), (0.15, 0.0, 1)],
        [(-0.15, 0.0, 1), (0.15, 0.0, 3)],
    ]
)
"""[motif, edge]: x and y of its middle from that of the motif, and its angle from the x axis in units of 45 degrees."""
PARTS = np.array([(0, 2), (2, 0), (1, 3), (3, 1)])
"""[part]: the motif on the left and that on the right."""
OBJECTS = np.array([(0, 1), (1, 0), (2, 3), (3, 2), (0, 2), (2, 0), (1, 3), (3, 1)])
"""[object]: the part above and that below. Every pair occurs in both orders."""
HALF_DISTANCE = 0.31
"""Half the distance between neighbouring motifs, along x and y."""
DISTRACTORS = 4
NUISANCES = {
    "position": 2,
    "part_shifts": 4,
    "motif_shifts": 8,
    "edge_shifts": 16,
    "contrast": 1,
    "slope": 2,
    "waves": 3,
    "distractors": 4 * DISTRACTORS,
}
"""{nuisance: count of its numbers}. Slope: of the background's brightness along x and y. Waves of the background:
amplitude, direction, phase. Each distractor: x, y, angle, and whether it exists (above 1/2)."""
NUMBERS = NUISANCES | {"scrambling": 8}
REACH = {"position": 0.6, "part_shifts": 0.1, "motif_shifts": 0.1, "edge_shifts": 0.12}
"""Side of the square within which things shift."""
SCRAMBLED = ("none", "parts", "edges")
RENDERED_AT_ONCE = 64
"""Pictures that are rendered at the same time, which bounds the memory."""
Scene = dict[str, jax.Array]
"""{nuisance: its numbers from 0 to 1}; "scrambling" is not a nuisance: it decides how pieces are rearranged."""


def plain_scene() -> Scene:
    """Return the scene with every number at 1/2: nothing shifted, no waves, no distractors."""
    return {name: jnp.full(size, 0.5) for name, size in NUMBERS.items()}


def draw_scene(key: jax.Array, nuisances: Sequence[str] = tuple(NUISANCES)) -> Scene:
    """Return a scene with these nuisances and the scrambling uniformly random, the others as in the plain scene.

    KeyError for an unknown nuisance.
    """
    unknown = set(nuisances) - set(NUISANCES)
    if unknown:
        raise KeyError(f"unknown nuisance {', '.join(sorted(unknown))}; the nuisances are {', '.join(NUISANCES)}")
    uniform = jax.random.uniform(key, (sum(NUMBERS.values()),))
    parts = jnp.split(uniform, np.cumsum(list(NUMBERS.values()))[:-1])
    return {
        name: numbers if name in (*nuisances, "scrambling") else jnp.full_like(numbers, 0.5)
        for name, numbers in zip(NUMBERS, parts, strict=True)
    }


def draw_scenes(key: jax.Array, count: int, nuisances: Sequence[str] = tuple(NUISANCES)) -> tuple[jax.Array, Scene]:
    """Return object_N and scene_N: random objects, each in a scene of its own."""
    key_object, key_scene = jax.random.split(key)
    scene_N = jax.vmap(lambda key: draw_scene(key, nuisances))(jax.random.split(key_scene, count))
    return jax.random.randint(key_object, (count,), 0, len(OBJECTS)), scene_N


def render(kind: jax.Array, scene: Scene, side: int, scrambled: jax.Array | int = 0) -> jax.Array:
    """Return picture_HxWx1 of an object (an index into OBJECTS); the background's mean is 0.

    scrambled: an index into SCRAMBLED. "parts" moves the same parts away from each other; "edges" permutes the
    positions of the same edges, so that there are no motifs and no parts.
    """
    motif_4 = jnp.asarray(PARTS)[jnp.asarray(OBJECTS)[kind]].reshape(4)
    middle_4x2 = _motif_middles(scene, scrambled == 1) + _shift(scene, "motif_shifts")
    edge_8x3 = jnp.asarray(EDGES, jnp.float32)[motif_4].reshape(8, 3)
    at_8x2 = jnp.repeat(middle_4x2, 2, 0) + edge_8x3[:, :2]
    at_8x2 = jnp.where(scrambled == 2, at_8x2[jnp.argsort(scene["scrambling"])], at_8x2)
    brightness = 0.65 + 0.35 * scene["contrast"]
    figure = _edge_strokes(at_8x2 + _shift(scene, "edge_shifts"), edge_8x3[:, 2], brightness)
    other_Dx4 = scene["distractors"].reshape(DISTRACTORS, 4)
    others = _edge_strokes(1.8 * other_Dx4[:, :2] - 0.9, 4 * other_Dx4[:, 2], brightness, other_Dx4[:, 3] > 0.5)
    return _paint(_background(scene, side), concatenate(others, figure))


def render_all(kind_N: jax.Array, scene_N: Scene, scrambled_N: jax.Array, side: int) -> jax.Array:
    """Return x_NxHxWx1, the picture of each object in its scene."""
    examples = (kind_N, scene_N, scrambled_N)
    batch_size = min(RENDERED_AT_ONCE, len(kind_N))
    return jax.lax.map(lambda each: render(*each[:2], side, each[2]), examples, batch_size=batch_size)


def render_motif(kind: jax.Array, at_2: jax.Array, shift_2x2: jax.Array, side: int, drawn: Sequence[float] = (1, 1)):
    """Return picture_HxWx1 of one motif on a background of 0. shift_2x2: of each edge. drawn: 0 leaves an edge out."""
    edge_2x3 = jnp.asarray(EDGES, jnp.float32)[kind]
    at_2x2 = at_2[None] + edge_2x3[:, :2] + shift_2x2
    strokes = _edge_strokes(at_2x2, edge_2x3[:, 2], 0.825, jnp.asarray(drawn) > 0)
    return _paint(jnp.full((side, side, 1), 0.5), strokes)


def parts_of(kind_N: jax.Array) -> jax.Array:
    """Return part_NxP: 1 for the two parts of each object, 0 for the others."""
    return jnp.sum(jax.nn.one_hot(jnp.asarray(OBJECTS)[kind_N], len(PARTS)), 1)


def _shift(scene, nuisance):
    """shift_Kx2 of K things along x and y."""
    return REACH[nuisance] * (scene[nuisance].reshape(-1, 2) - 0.5)


def _edge_strokes(at_Ex2, eighths_E, brightness, exists_E=True):
    """Strokes with these middles and angles (in units of 45 degrees); those that do not exist have no width."""
    angle_E = jnp.pi / 4 * eighths_E
    half_Ex2 = LENGTH / 2 * jnp.stack([jnp.cos(angle_E), jnp.sin(angle_E)], 1)
    radius_E = jnp.broadcast_to(jnp.where(exists_E, WIDTH, -1.0), angle_E.shape)
    colour_Ex1 = jnp.broadcast_to(jnp.asarray(brightness), angle_E.shape)[:, None]
    return Strokes(at_Ex2 - half_Ex2, at_Ex2 + half_Ex2, jnp.stack([radius_E, radius_E], 1), colour_Ex1)


def _paint(background_HxWx1, strokes: Strokes):
    """Paint strokes over a background, and rescale brightness 0 to 1 to inputs of a net: 0 for grey."""
    return 4 * (paint(background_HxWx1, strokes) - 0.5)


def _motif_middles(scene, apart):
    """middle_4x2 of the motifs: above left, above right, below left, below right."""
    across_4x2 = HALF_DISTANCE * jnp.array([(-1.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (1.0, 0.0)])
    part_2x2, by_2 = HALF_DISTANCE * jnp.array([(0.0, 1.0), (0.0, -1.0)]), _shift(scene, "position")[0]
    aside = jnp.where(scene["scrambling"][0] < 0.5, 0.26, -0.26)
    apart_2x2 = jnp.stack([jnp.stack([aside, 0.62]), jnp.stack([-aside, -0.62])])
    part_2x2 = jnp.where(apart, apart_2x2 + 0.2 * by_2[None], part_2x2 + by_2[None]) + _shift(scene, "part_shifts")
    return jnp.repeat(part_2x2, 2, 0) + across_4x2


def _background(scene, side):
    """background_HxWx1: grey with a linear slope and a sine wave."""
    at_HxWx2, (amplitude, direction, phase) = pixel_centres(side), scene["waves"]
    angle = jnp.pi * direction
    across_HxW = at_HxWx2 @ jnp.stack([jnp.cos(angle), jnp.sin(angle)])
    waves_HxW = 0.15 * (amplitude - 0.5) * jnp.sin(5 * across_HxW + 2 * jnp.pi * phase)
    return (0.5 + at_HxWx2 @ (0.3 * (scene["slope"] - 0.5)) + waves_HxW)[..., None]
