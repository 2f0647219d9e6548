"""Linear probes of a layer's features by ridge regression, and the scores of what they predict.

Features and targets come as `Splits` of arrays: probes are fit on train, the penalty is chosen on validation, and
predictions are made for test. M validation and O test examples, N training examples, K targets, P penalties.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Splits

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Candidates for the ridge penalty, in units of the mean squared norm of the centered training features."""


def ridge(features: Splits, targets: Splits, penalties: Sequence[float] = PENALTIES) -> jax.Array:
    """prediction_OxK: the test targets as K linear probes predict them from the features.

    features: arrays [N, ...]; targets: arrays [N, K]. A probe minimizes sum |x w + b - t|^2 + s |w|^2 over the
    training examples; s is, for each target by itself, the penalty with the least squared error on validation.
    """
    return ridge_from_grams(gram_matrices(features), targets, penalties)


def gram_matrices(features: Splits) -> Splits:
    """Inner products of every split's features with the training features, NxN, MxN and OxN for any width.

    Features are centered, and scaled to a mean squared norm of 1 over the training examples.
    """
    train_NxD, *rest = (jnp.reshape(x, (len(x), -1)) for x in jax.tree.leaves(features))
    mean_D = jnp.mean(train_NxD, 0, keepdims=True)
    scale = jnp.mean(jnp.sum((train_NxD - mean_D) ** 2, 1)) + 1e-30
    grams = [(x - mean_D) @ (train_NxD - mean_D).T / scale for x in (train_NxD, *rest)]
    return jax.tree.unflatten(jax.tree.structure(features), grams)


def ridge_from_grams(grams: Splits, targets: Splits, penalties: Sequence[float] = PENALTIES) -> jax.Array:
    """`ridge` from the results of `gram_matrices`."""
    train_NxN, validation_MxN, test_OxN = jax.tree.leaves(grams)
    target_NxK, validation_target_MxK, _ = jax.tree.leaves(targets)
    mean_K = jnp.mean(target_NxK, 0, keepdims=True)

    def with_penalty(penalty):
        weight_NxK = jax.scipy.linalg.solve(
            train_NxN + penalty * jnp.eye(len(train_NxN)), target_NxK - mean_K, assume_a="pos"
        )
        return validation_MxN @ weight_NxK + mean_K, test_OxN @ weight_NxK + mean_K

    # A loop, not vmap: batched LAPACK solves have deadlocked.
    validation_PxMxK, test_PxOxK = jax.lax.map(with_penalty, jnp.asarray(penalties, train_NxN.dtype))
    best_K = jnp.argmin(jnp.mean((validation_PxMxK - validation_target_MxK[None]) ** 2, 1), 0)
    return jnp.take_along_axis(test_PxOxK, best_K[None, None], 0)[0]


def r2(prediction_NxK: jax.Array, target_NxK: jax.Array) -> jax.Array:
    """Coefficient of determination: 1 - squared error / variance, both summed over all targets."""
    variance = jnp.sum((target_NxK - jnp.mean(target_NxK, 0, keepdims=True)) ** 2)
    return 1.0 - jnp.sum((prediction_NxK - target_NxK) ** 2) / (variance + 1e-30)


def binary_accuracy(prediction_NxK: jax.Array, target_NxK: jax.Array) -> jax.Array:
    """Share of targets (0 or 1) whose prediction is on the correct side of 1/2."""
    return jnp.mean((prediction_NxK > 0.5) == (target_NxK > 0.5))


def auc(positive_N: jax.Array, negative_M: jax.Array) -> jax.Array:
    """Area under the ROC curve: probability that a positive score exceeds a negative one; ties count 1/2."""
    return 0.5 + 0.5 * jnp.mean(jnp.sign(positive_N[:, None] - negative_M[None]))
