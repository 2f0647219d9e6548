"""Properties that figure 2 claims of a convolutional net: shift equivariance, feed-forward flow, scores that rank.

L modules or layers, M maps, N images, C classes; in image shapes C is colours.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from dl_jax.models.model import Params

Maps = Callable[[jax.Array], tuple[jax.Array, ...]]
"""x_BxHxWxC -> y_BxHxWxM of every module."""
Layers = Callable[[Params], Sequence[jax.Array]]
"""params -> the outputs of every layer with weights for fixed images, from the input up."""


def shift_difference(
    maps: Maps,
    picture_HxWxC: jax.Array,
    by: int,
    jumps_L: Sequence[int],
    reach: int,
    seen: Callable[[jax.Array], jax.Array] = lambda y_HxWxM: y_HxWxM,
) -> jax.Array:
    """difference_L: root mean square difference between the maps of a shifted image and the shifted maps of the image.

    Relative to the root mean square of the maps: 0 for an equivariant module. The image is shifted down and right by
    `by` pixels. Maps with one unit per `jump` pixels are shifted by whole units: `by / jump` rounded down or up,
    whichever fits better. The image is surrounded by zeros, and units with a field across the border are left out.

    jumps_L: pixels per unit of each module. reach: side of the largest receptive field in pixels, at least `by`.
    seen: a transformation of the maps before they are compared (a control).
    """
    largest_jump = max(jumps_L)
    margin = -(-2 * (reach + by) // largest_jump) * largest_jump  # a multiple, so that pooling windows stay aligned

    def maps_at(offset):
        before, after = margin + offset, margin - offset
        return maps(jnp.pad(picture_HxWxC, ((before, after), (before, after), (0, 0)))[None])

    def difference(y_HxWxM, shifted_HxWxM, jump):
        border = reach // jump + 2

        def after_units(units):
            y, shifted = (
                each[border + d : d - border, border + d : d - border]
                for each, d in ((y_HxWxM, 0), (shifted_HxWxM, units))
            )
            return jnp.sqrt(jnp.mean((shifted - y) ** 2) / (jnp.mean(y**2) + 1e-30))

        return jnp.minimum(after_units(by // jump), after_units(-(-by // jump)))

    modules = zip(maps_at(0), maps_at(by), jumps_L, strict=True)
    return jnp.stack([difference(seen(y[0]), seen(shifted[0]), jump) for y, shifted, jump in modules])


def unshare_weights(y_HxWxM: jax.Array) -> jax.Array:
    """Control without shared weights: channels cyclically shifted by a random number, position by position."""
    maps = y_HxWxM.shape[-1]
    first_HxW = jax.random.randint(jax.random.key(0), y_HxWxM.shape[:-1], 0, maps)
    return jnp.take_along_axis(y_HxWxM, (first_HxW[..., None] + jnp.arange(maps)[None, None]) % maps, -1)


def changes_by_layer(layers: Layers, params: Params) -> jax.Array:
    """change_LxL: relative change of the outputs of layer l (column) when the weights of layer k (row) are negated.

    In a feed-forward net the columns before k are exactly 0: outputs below the change are bitwise equal.
    """
    before_L = layers(params)

    def relative(y, y_after):
        return jnp.sqrt(jnp.mean((y_after - y) ** 2) / (jnp.mean(y**2) + 1e-30))

    return jnp.stack(
        [
            jnp.stack([relative(*pair) for pair in zip(before_L, layers(params | negate(params, [name])), strict=True)])
            for name in sorted(params)
        ]
    )


def negate(params: Params, names: Sequence[str]) -> Params:
    """Return these layers only, with all weights and biases negated."""
    return {name: jax.tree.map(jnp.negative, params[name]) for name in names}


def gradient_change(error: Callable[[Params], jax.Array], params: Params) -> jax.Array:
    """Relative change of dE/dw of the lowest layer when the weights of all layers above it are negated.

    error: params -> E. The norm of the difference over the sum of the norms: 0 for equal gradients, 1 for opposite
    ones.
    """
    lowest, *above = sorted(params)
    before, after = (
        jax.grad(error)(each)[lowest]["w"].reshape(-1) for each in (params, params | negate(params, above))
    )
    return jnp.linalg.norm(after - before) / (jnp.linalg.norm(before) + jnp.linalg.norm(after) + 1e-30)


def ranking_by_class(scores_NxC: jax.Array, label_N: jax.Array) -> jax.Array:
    """auc_C: area under the ROC curve of each class's score, its own images against all others; ties count 1/2.

    1/2 for a score that is independent of the class. NaN for a class with no images or with all of them.
    """

    def of_class(score_N, belongs_N):
        ordered_N = jnp.sort(score_N)
        rank_N = (jnp.searchsorted(ordered_N, score_N) + jnp.searchsorted(ordered_N, score_N, side="right")) / 2
        count = jnp.sum(belongs_N)
        # The rank sum counts the pairs within the class too: count^2 / 2 of them, since both orders occur.
        return (jnp.sum(rank_N * belongs_N) - count**2 / 2) / (count * (len(score_N) - count))

    belongs_CxN = jnp.arange(scores_NxC.shape[1])[:, None] == label_N[None]
    return jax.vmap(of_class)(scores_NxC.T, belongs_CxN)
