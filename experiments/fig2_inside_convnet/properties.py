"""What figure 2 says of a convolutional net: its maps follow the picture, and nothing flows down."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from dl_jax.models.model import Params

Maps = Callable[[jax.Array], tuple[jax.Array, ...]]
"""x_BxHxWxC -> y_BxHxWxM of every module."""
Layers = Callable[[Params], Sequence[jax.Array]]
"""params -> the outputs of every layer of weights for the same pictures, the input's side first."""


def unlike_shifted(
    maps: Maps,
    picture_HxWxC: jax.Array,
    by: int,
    jumps_L: Sequence[int],
    reach: int,
    seen: Callable[[jax.Array], jax.Array] = lambda y_HxWxM: y_HxWxM,
) -> jax.Array:
    """miss_L: how far the maps of a picture moved `by` pixels down and right are from its maps, moved as well.

    Root mean square, relative to the maps. A map with one place for `jump` pixels is moved by whole places, by the one
    of the two nearest numbers that fits better. The picture lies on a ground of zeros so wide that no unit which sees
    it sees an edge; reach: pixels that the highest unit sees. seen: what is made of the maps before they are compared.
    """
    whole = max(jumps_L)
    wide = -(-2 * (reach + by) // whole) * whole

    def of(off):
        return maps(jnp.pad(picture_HxWxC, ((wide + off, wide - off), (wide + off, wide - off), (0, 0)))[None])

    def miss(here_HxWxM, there_HxWxM, jump):
        edge = reach // jump + 2

        def at(places):
            here, there = (
                y[edge + d : d - edge, edge + d : d - edge] for y, d in ((here_HxWxM, 0), (there_HxWxM, places))
            )
            return jnp.sqrt(jnp.mean((there - here) ** 2) / (jnp.mean(here**2) + 1e-30))

        return jnp.minimum(at(by // jump), at(-(-by // jump)))

    pairs = zip(of(0), of(by), jumps_L, strict=True)
    return jnp.stack([miss(seen(here[0]), seen(there[0]), jump) for here, there, jump in pairs])


def dealt(y_HxWxM: jax.Array) -> jax.Array:
    """The maps of a net that shares no weights: the same kernels at each place, but dealt out from another one on."""
    maps = y_HxWxM.shape[-1]
    first_HxW = jax.random.randint(jax.random.key(0), y_HxWxM.shape[:-1], 0, maps)
    return jnp.take_along_axis(y_HxWxM, (first_HxW[..., None] + jnp.arange(maps)[None, None]) % maps, -1)


def changed(layers: Layers, params: Params) -> jax.Array:
    """change_LxL: the relative change of the outputs of layer l, in column l, when the weights of layer k turn round.

    Of row k, the columns before k are below the change. Exactly 0 means that every output is bitwise as it was.
    """
    before_L = layers(params)

    def relative(y, y_then):
        return jnp.sqrt(jnp.mean((y_then - y) ** 2) / (jnp.mean(y**2) + 1e-30))

    return jnp.stack(
        [
            jnp.stack([relative(*pair) for pair in zip(before_L, layers(params | turned(params, [name])), strict=True)])
            for name in sorted(params)
        ]
    )


def turned(params: Params, names: Sequence[str]) -> Params:
    """These layers alone, with all their weights negated."""
    return {name: jax.tree.map(jnp.negative, params[name]) for name in names}


def gradient_changed(error: Callable[[Params], jax.Array], params: Params) -> jax.Array:
    """By how much dE/dw of the lowest layer differs when the weights of all layers above it turn round.

    The length of the difference over the sum of the lengths: 0 for no change, 1 for the opposite direction or another
    size altogether.
    """
    lowest, *above = sorted(params)
    here, there = (jax.grad(error)(each)[lowest]["w"].reshape(-1) for each in (params, params | turned(params, above)))
    return jnp.linalg.norm(there - here) / (jnp.linalg.norm(here) + jnp.linalg.norm(there) + 1e-30)


def ranking_by_class(scores_NxC: jax.Array, label_N: jax.Array) -> jax.Array:
    """auc_C: how often an image of the class has a higher score for it than an image of another; ties count half.

    1/2 for a score that knows nothing. NaN for a class with no image, or with all.
    """

    def one(score_N, belongs_N):
        ordered_N = jnp.sort(score_N)
        below_N = (jnp.searchsorted(ordered_N, score_N) + jnp.searchsorted(ordered_N, score_N, side="right")) / 2
        count = jnp.sum(belongs_N)
        # Ranks of the class against all, less the pairs within the class, each of which counts once in both orders.
        return (jnp.sum(below_N * belongs_N) - count**2 / 2) / (count * (len(score_N) - count))

    belongs_CxN = jnp.arange(scores_NxC.shape[1])[:, None] == label_N[None]
    return jax.vmap(one)(scores_NxC.T, belongs_CxN)
