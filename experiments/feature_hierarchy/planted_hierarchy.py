"""A planted hierarchy: objects made of parts, parts of motifs, motifs of edges, and nothing but arrangement tells.

The paper's own account of pictures (section II). Each level is made of the same pieces as its sisters, elsewhere: two
motifs share their edges, two parts their motifs, two objects their parts. So no count of edges tells the objects
apart, nor any count of parts. Everything else about a picture is a number from 0 to 1 that is known.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.synthetic.strokes import Strokes, concatenate, paint, pixel_centres

LENGTH, WIDTH = 0.4, 0.07
"""Of an edge, and the radius of its stroke; the picture goes from -1 to 1."""
MOTIFS = ("L", "7", "V", "A")
EDGES = np.array(
    [
        [(-0.2, 0.0, 2), (0.0, -0.2, 0)],
        [(0.2, 0.0, 2), (0.0, 0.2, 0)],
        [(-0.15, 0.0, 3), (0.15, 0.0, 1)],
        [(-0.15, 0.0, 1), (0.15, 0.0, 3)],
    ]
)
"""[motif, edge]: place of its middle from that of the motif, and how many eighths of a turn it is from the level."""
PARTS = np.array([(0, 2), (2, 0), (1, 3), (3, 1)])
"""[part]: the motif on the left, and that on the right."""
OBJECTS = np.array([(0, 1), (1, 0), (2, 3), (3, 2), (0, 2), (2, 0), (1, 3), (3, 1)])
"""[object]: the part above, and that below. Every pair comes in both orders."""
APART = 0.31
"""Half the way between neighbouring motifs, across and down."""
DISTRACTORS = 4
NUISANCES = {
    "position": 2, "part_shifts": 4, "motif_shifts": 8, "edge_shifts": 16, "contrast": 1, "slope": 2, "waves": 3,
    "distractors": 4 * DISTRACTORS,
}  # fmt: skip
"""How many numbers each has. Slope: of the light along x and y. Waves: strength, direction, phase. Distractors, four
numbers each: place, orientation, and whether it is there (above 1/2)."""
NUMBERS = NUISANCES | {"lot": 8}
REACH = {"position": 0.6, "part_shifts": 0.1, "motif_shifts": 0.1, "edge_shifts": 0.12}
"""Side of the square within which things shift."""
SCRAMBLED = ("none", "parts", "edges")
AT_ONCE = 64
Scene = dict[str, jax.Array]
"""nuisance -> its numbers in the unit cube; the lot is no nuisance and says how things are scrambled, if they are."""


def plain() -> Scene:
    """The scene of which nothing is special: 1/2 everywhere, no waves, no distractors."""
    return {name: jnp.full(size, 0.5) for name, size in NUMBERS.items()}


def scene(key: jax.Array, nuisances: Sequence[str] = tuple(NUISANCES)) -> Scene:
    """Every nuisance that is named drawn at random, the others as in the plain scene; and a lot to scramble by.

    KeyError at another name.
    """
    unknown = set(nuisances) - set(NUISANCES)
    if unknown:
        raise KeyError(f"there is no nuisance {', '.join(sorted(unknown))}; there are {', '.join(NUISANCES)}")
    drawn = jnp.split(jax.random.uniform(key, (sum(NUMBERS.values()),)), np.cumsum(list(NUMBERS.values()))[:-1])
    return {
        name: numbers if name in (*nuisances, "lot") else jnp.full_like(numbers, 0.5)
        for name, numbers in zip(NUMBERS, drawn, strict=True)
    }


def shift(scene: Scene, name: str) -> jax.Array:
    """by_Kx2: what the numbers of a nuisance of REACH amount to."""
    return REACH[name] * (scene[name].reshape(-1, 2) - 0.5)


def render(kind: jax.Array, scene: Scene, side: int, scrambled: jax.Array | int = 0) -> jax.Array:
    """picture_HxWx1, 0 where it is grey. kind: the object.

    scrambled: a place in SCRAMBLED. "parts" sets the same parts apart, out of line; "edges" lets the same edges swap
    places by the order of the numbers of the lot, so that motifs and parts are gone.
    """
    motif_4 = jnp.asarray(PARTS)[jnp.asarray(OBJECTS)[kind]].reshape(4)
    middle_4x2 = _middles(scene, scrambled == 1) + shift(scene, "motif_shifts")
    edge_8x3 = jnp.asarray(EDGES, jnp.float32)[motif_4].reshape(8, 3)
    at_8x2 = jnp.repeat(middle_4x2, 2, 0) + edge_8x3[:, :2]
    at_8x2 = jnp.where(scrambled == 2, at_8x2[jnp.argsort(scene["lot"])], at_8x2)
    light = 0.65 + 0.35 * scene["contrast"]
    figure = edges(at_8x2 + shift(scene, "edge_shifts"), edge_8x3[:, 2], light)
    other_Dx4 = scene["distractors"].reshape(DISTRACTORS, 4)
    others = edges(1.8 * other_Dx4[:, :2] - 0.9, 4 * other_Dx4[:, 2], light, other_Dx4[:, 3] > 0.5)
    return painted(_background(scene, side), concatenate(others, figure))


def motif(kind: jax.Array, at_2: jax.Array, shift_2x2: jax.Array, side: int, which: Sequence[float] = (1, 1)):
    """picture_HxWx1 of one motif on plain ground, its edges shifted by so much. which: edges of weight 0 are gone."""
    edge_2x3 = jnp.asarray(EDGES, jnp.float32)[kind]
    at_2x2 = at_2[None] + edge_2x3[:, :2] + shift_2x2
    return painted(jnp.full((side, side, 1), 0.5), edges(at_2x2, edge_2x3[:, 2], 0.825, jnp.asarray(which) > 0))


def edges(at_Ex2: jax.Array, eighths_E: jax.Array, light: jax.Array | float, there_E: jax.Array | bool = True):
    """Strokes with these middles and orientations, all of one light; those that are not there have no width."""
    angle_E = jnp.pi / 4 * eighths_E
    half_Ex2 = LENGTH / 2 * jnp.stack([jnp.cos(angle_E), jnp.sin(angle_E)], 1)
    radius_E = jnp.broadcast_to(jnp.where(there_E, WIDTH, -1.0), angle_E.shape)
    colour_Ex1 = jnp.broadcast_to(jnp.asarray(light), angle_E.shape)[:, None]
    return Strokes(at_Ex2 - half_Ex2, at_Ex2 + half_Ex2, jnp.stack([radius_E, radius_E], 1), colour_Ex1)


def painted(ground_HxWx1: jax.Array, strokes: Strokes) -> jax.Array:
    """The strokes over the ground, in the units that machines are shown: 0 where it is grey."""
    return 4 * (paint(ground_HxWx1, strokes) - 0.5)


def described(key: jax.Array, count: int, nuisances: Sequence[str] = tuple(NUISANCES)) -> tuple[jax.Array, Scene]:
    """(kind_N, scene_N): so many objects drawn by lot, each in a scene of its own."""
    key_kind, key_scene = jax.random.split(key)
    scene_N = jax.vmap(lambda key: scene(key, nuisances))(jax.random.split(key_scene, count))
    return jax.random.randint(key_kind, (count,), 0, len(OBJECTS)), scene_N


def rendered(kind_N: jax.Array, scene_N: Scene, scrambled_N: jax.Array, side: int) -> jax.Array:
    """x_NxHxWx1. AT_ONCE together, which many thousands would take too much memory for."""
    every = (kind_N, scene_N, scrambled_N)
    return jax.lax.map(lambda each: render(*each[:2], side, each[2]), every, batch_size=min(AT_ONCE, len(kind_N)))


def parts_of(kind_N: jax.Array) -> jax.Array:
    """there_NxP: 1 for the two parts of each object."""
    return jnp.sum(jax.nn.one_hot(jnp.asarray(OBJECTS)[kind_N], len(PARTS)), 1)


def _middles(scene, apart):
    """middle_4x2 of the motifs: above left, above right, below left, below right."""
    across_4x2 = APART * jnp.array([(-1.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (1.0, 0.0)])
    part_2x2, by_2 = APART * jnp.array([(0.0, 1.0), (0.0, -1.0)]), shift(scene, "position")[0]
    aside = jnp.where(scene["lot"][0] < 0.5, 0.26, -0.26)
    apart_2x2 = jnp.stack([jnp.stack([aside, 0.62]), jnp.stack([-aside, -0.62])])
    part_2x2 = jnp.where(apart, apart_2x2 + 0.2 * by_2[None], part_2x2 + by_2[None]) + shift(scene, "part_shifts")
    return jnp.repeat(part_2x2, 2, 0) + across_4x2


def _background(scene, side):
    """Grey, lighter to one side, with waves. ground_HxWx1."""
    place_HxWx2, (strength, direction, phase) = pixel_centres(side), scene["waves"]
    angle = jnp.pi * direction
    across_HxW = place_HxWx2 @ jnp.stack([jnp.cos(angle), jnp.sin(angle)])
    waves_HxW = 0.15 * (strength - 0.5) * jnp.sin(5 * across_HxW + 2 * jnp.pi * phase)
    return (0.5 + place_HxWx2 @ (0.3 * (scene["slope"] - 0.5)) + waves_HxW)[..., None]
