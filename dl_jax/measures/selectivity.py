"""Selectivity and invariance: how much an output changes with the class, relative to its change with nuisances.

The functions take a dictionary {variant: outputs for N matched images}, as for the images of
`data.synthetic.canids.matched_variants`: the original, the other class in the same scene, the same object with one
nuisance drawn again, and the same object in another scene.
"""

import jax
import jax.numpy as jnp

ORIGINAL, OTHER_CLASS, OTHER_SCENE = "as it is", "kind", "scene"
"""Names of three variants; every other name is a nuisance."""
Outputs = dict[str, jax.Array]


def margin(scores_Nx2: jax.Array) -> jax.Array:
    """margin_N: the score of class 1 minus that of class 0."""
    return scores_Nx2[:, 1] - scores_Nx2[:, 0]


def class_to_nuisance_ratios(margin_N: Outputs) -> dict[str, jax.Array]:
    """{variant: ratio}: the median change of the margin with the class, over that with each other variant.

    Above 1 the margin depends more on the class than on the nuisance. Independent of the scale of the scores.
    """
    change = {name: jnp.median(jnp.abs(m_N - margin_N[ORIGINAL])) for name, m_N in margin_N.items()}
    return {
        name: change[OTHER_CLASS] / jnp.maximum(change[name], 1e-12)
        for name in margin_N
        if name not in (ORIGINAL, OTHER_CLASS)
    }


def pair_accuracy(margin_N: Outputs) -> jax.Array:
    """Share of scenes in which both classes are classified correctly.

    The originals with even indices are of class 0, those with odd indices of class 1.
    """
    original_N, other_N = margin_N[ORIGINAL] > 0, margin_N[OTHER_CLASS] > 0
    label_N = jnp.arange(len(original_N)) % 2 == 1
    return jnp.mean((original_N == label_N) & (other_N != label_N))


def scene_to_class_distance(output_NxD: Outputs, share: float = 0.9) -> jax.Array:
    """Distance to the same object in another scene, over the distance to the other class in the same scene.

    The value that is reached by `share` of the images: above 1, the other class is the nearer one for that share.
    """

    def distance_N(name):
        return jnp.linalg.norm((output_NxD[name] - output_NxD[ORIGINAL]).reshape(len(output_NxD[name]), -1), axis=1)

    return jnp.quantile(distance_N(OTHER_SCENE) / jnp.maximum(distance_N(OTHER_CLASS), 1e-12), 1 - share)


def class_to_scene_distance(output_NxD: Outputs) -> jax.Array:
    """Root mean square distance to the other class in the same scene, over that to the same object in another scene."""
    distance = {
        name: jnp.sqrt(jnp.mean((output_NxD[name] - output_NxD[ORIGINAL]) ** 2)) for name in (OTHER_CLASS, OTHER_SCENE)
    }
    return distance[OTHER_CLASS] / distance[OTHER_SCENE]
