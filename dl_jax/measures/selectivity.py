"""Selectivity and invariance: how much an answer changes with what matters, beside how much with what does not.

All take what a machine makes of the pictures of `canids.compared`: a dictionary from what was changed to the outputs.
"""

import jax
import jax.numpy as jnp

AS_IT_IS, KIND, SCENE = "as it is", "kind", "scene"
Outputs = dict[str, jax.Array]


def margin(scores_Nx2: jax.Array) -> jax.Array:
    """m_N, the score of the second kind above that of the first."""
    return scores_Nx2[:, 1] - scores_Nx2[:, 0]


def ratios(margin_N: Outputs) -> dict[str, jax.Array]:
    """`kind_over_<change>`: the median response to the other kind, over that to each other change.

    Above 1 the answer hangs more on the detail than on the nuisance; scaling the scores does not change it.
    """
    response = {name: jnp.median(jnp.abs(m_N - margin_N[AS_IT_IS])) for name, m_N in margin_N.items()}
    return {
        f"kind_over_{name}": response[KIND] / jnp.maximum(response[name], 1e-12)
        for name in margin_N
        if name not in (AS_IT_IS, KIND)
    }


def pairs_right(margin_N: Outputs) -> jax.Array:
    """Share of scenes in which both kinds are told right; they are the first kind and the second by turns."""
    now_N, other_N = margin_N[AS_IT_IS] > 0, margin_N[KIND] > 0
    second_N = jnp.arange(len(now_N)) % 2 == 1
    return jnp.mean((now_N == second_N) & (other_N != second_N))


def scene_over_kind(output_NxD: Outputs, share: float = 0.9) -> jax.Array:
    """How many times farther an animal is from itself in another scene than from the other kind in the same scene.

    Of all animals the given share lies at least so much farther: above 1, the other kind is nearer for that many.
    """

    def away_N(name):
        return jnp.linalg.norm((output_NxD[name] - output_NxD[AS_IT_IS]).reshape(len(output_NxD[name]), -1), axis=1)

    return jnp.quantile(away_N(SCENE) / jnp.maximum(away_N(KIND), 1e-12), 1 - share)


def detail_over_scene(output_NxD: Outputs) -> jax.Array:
    """How far the other kind is in the same scene, over how far the same animal is in another; root mean squares."""
    away = {name: jnp.sqrt(jnp.mean((output_NxD[name] - output_NxD[AS_IT_IS]) ** 2)) for name in (KIND, SCENE)}
    return away[KIND] / away[SCENE]


def d_prime(margin_N: jax.Array, label_N: jax.Array) -> jax.Array:
    """How far apart the two kinds' margins are, in standard deviations within a kind."""
    of_kind = [label_N == kind for kind in (0, 1)]
    means = [jnp.mean(margin_N, where=which_N) for which_N in of_kind]
    variances = [jnp.var(margin_N, where=which_N) for which_N in of_kind]
    return (means[1] - means[0]) / jnp.sqrt((variances[0] + variances[1]) / 2 + 1e-12)
