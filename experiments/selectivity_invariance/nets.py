"""Nets on the same pictures as the shallow methods: their answers, and the features of their last hidden layer."""

from collections.abc import Sequence
from functools import partial

import jax.numpy as jnp

from dl_jax.data.dataset import Examples
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records
from dl_jax.measures import selectivity
from dl_jax.measures.canids import Pictures, apply_to_all, picture_metrics
from dl_jax.measures.kernel_methods import gaussian_ridge
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import Context
from dl_jax.training.grid import grid, per_program, static
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from experiments.selectivity_invariance.pictures import random_subset

CONV, CONTROL, DENSE = "convnet", "linear_convnet", "mlp"
STAGES, HIDDEN = (Stage(16, 5, 1, 2), Stage(32, 3, 2), Stage(32, 3, 2)), 64
MODELS = {
    CONV: convnet(STAGES, (HIDDEN,), 2, NONLINEARITIES["relu"]),
    CONTROL: convnet(STAGES, (HIDDEN,), 2, NONLINEARITIES["identity"], pooling="mean"),
    DENSE: mlp((128, HIDDEN), 2, NONLINEARITIES["relu"]),
}
"""The convolutional net; the same as one linear map; a net without convolution, which trains longer."""
DENSE_STEPS = 4
"""Training steps of the net without convolution, for each of the others."""
LEARNING_RATES = (5e-4, 1.5e-3, 5e-3)
BATCH_SIZE = 32
EXAMPLES, WIDTH = 256, 0.5
"""Pictures on which a Gaussian kernel is fitted to the features of a net, at most, and its width."""


def train_nets(
    pictures: Pictures, train_sizes: Sequence[int], seeds: Sequence[int], steps: int, context: Context
) -> Records:
    """Records of every net at each of LEARNING_RATES; those that are controls learn from the largest size only."""
    axes = {"learning_rate": LEARNING_RATES, "seed": seeds}
    trials = grid(method=static([CONV]), train_size=static(train_sizes), **axes)
    trials += grid(method=static([CONTROL, DENSE]), train_size=static([max(train_sizes)]), **axes)
    return sweep(
        lambda trial: Learner(MODELS[trial.method], cross_entropy, adam(trial.learning_rate)),
        pictures,
        trials,
        steps=per_program(lambda trial: steps * (DENSE_STEPS if trial.method == DENSE else 1)),
        subset=per_program(lambda trial: random_subset(trial.train_size)),
        evaluate=evaluate,
        context=context,
        batch_size=BATCH_SIZE,
        labels="true",
    )


def evaluate(run: Run):
    """Metrics of the answers, distances at the last hidden layer, and the accuracy of a Gaussian kernel on it."""

    def features(params, x_NxHxWxC):
        return run.learner.model.layers(params, x_NxHxWxC)[-2].reshape(len(x_NxHxWxC), -1)

    def kernel_accuracy(params):
        x = {"train": run.splits.train.x[:EXAMPLES], "test": run.splits.test.x}
        output = apply_to_all(partial(features, params), x)
        score = gaussian_ridge(Examples(output["train"], run.splits.train.y[:EXAMPLES]), 2, WIDTH)
        return accuracy(score(output["test"]), run.splits.test.y)

    variants = apply_to_all(partial(features, run.params), run.splits.matched_variants)
    kernel_2 = jnp.stack([kernel_accuracy(run.params), kernel_accuracy(run.init_params)])
    return picture_metrics(partial(run.learner.model.apply, run.params), run.splits) | {
        "scene_to_class_distance": named(selectivity.scene_to_class_distance(variants), features="trained"),
        "class_to_scene_distance": named(selectivity.class_to_scene_distance(variants), features="trained"),
        "kernel_accuracy": named(kernel_2, features=("trained", "untrained")),
    }
