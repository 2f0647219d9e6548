"""Nets on the same pictures as the shallow methods: their answers, and the features of their last hidden layer."""

from collections.abc import Sequence
from functools import partial

import jax.numpy as jnp

from dl_jax.data.by_seed import BySeed
from dl_jax.data.dataset import Examples
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records
from dl_jax.measures import selectivity
from dl_jax.measures.canids import Pictures, apply_to_all, picture_metrics
from dl_jax.measures.kernel_methods import gaussian_ridge
from dl_jax.measures.selectivity import ORIGINAL, OTHER_CLASS, OTHER_SCENE
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import Context
from dl_jax.training.grid import grid, per_program, static
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep

CONV, ONE_HIDDEN = "convnet", "one_hidden_convnet"
NAMED_NUISANCES = ("pose", "illumination", "background", "objects")
"""The four nuisances that statement 109 names."""
RELU = NONLINEARITIES["relu"]
MODELS = {
    CONV: convnet((Stage(12, 5, 1, 2), Stage(16, 3, 2), Stage(16, 3, 2)), (32,), 2, RELU),
    ONE_HIDDEN: convnet((Stage(48, 5, 2, 2),), (), 2, RELU),
}
"""Three convolutional stages and a hidden layer; and one convolutional layer, pooled, of about as many weights."""
LEARNING_RATES = {CONV: (3e-3, 1e-2, 3e-2), ONE_HIDDEN: (8e-4, 2.5e-3, 8e-3)}
BATCH_SIZE = 32
WIDTH = 0.5
"""Width of the Gaussian kernel on features, in units of their median distance."""


def train_nets(
    pictures: BySeed[Pictures],
    train_size: int,
    seeds: Sequence[int],
    steps: int,
    context: Context,
    **axes: str,
) -> Records:
    """Records of both nets at each of their LEARNING_RATES; they learn from the first `train_size` pictures."""
    trials = [
        grid(method=static([method]), learning_rate=rates, seed=seeds) for method, rates in LEARNING_RATES.items()
    ]
    return sweep(
        lambda trial: Learner(MODELS[trial.method], cross_entropy, adam(trial.learning_rate)),
        pictures.map(partial(first, count=train_size)),
        sum(trials[1:], trials[0]),
        steps=steps,
        evaluate=per_program(lambda trial: evaluate if trial.method == CONV else accuracies),
        context=context,
        batch_size=BATCH_SIZE,
        labels="true",
        train_size=train_size,
        **axes,
    )


def first(pictures: Pictures, count: int) -> Pictures:
    """The pictures with the first `count` to train on."""
    return pictures._replace(train=Examples(*(part[:count] for part in pictures.train)))


def judged(pictures: Pictures) -> Pictures:
    """The pictures with those variants that a criterion is about."""
    names = (ORIGINAL, OTHER_CLASS, OTHER_SCENE, *NAMED_NUISANCES)
    variants = {name: x for name, x in pictures.matched_variants.items() if name in names}
    return pictures._replace(matched_variants=variants)


def accuracies(run: Run):
    """Validation and test accuracy."""
    splits = run.splits
    scores = apply_to_all(
        partial(run.learner.model.apply, run.params), {"validation": splits.validation.x, "test": splits.test.x}
    )
    return {
        "validation_accuracy": accuracy(scores["validation"], splits.validation.y),
        "test_accuracy": accuracy(scores["test"], splits.test.y),
    }


def evaluate(run: Run):
    """Metrics of the answers, distances at the last hidden layer, and the accuracy of a Gaussian kernel on it."""

    def features(params, x_NxHxWxC):
        return run.learner.model.layers(params, x_NxHxWxC)[-2].reshape(len(x_NxHxWxC), -1)

    def kernel_accuracy(params):
        output = apply_to_all(partial(features, params), {"train": run.splits.train.x, "test": run.splits.test.x})
        score = gaussian_ridge(Examples(output["train"], run.splits.train.y), 2, WIDTH)
        return accuracy(score(output["test"]), run.splits.test.y)

    pictures = judged(run.splits)
    variants = apply_to_all(partial(features, run.params), pictures.matched_variants)
    kernel_2 = jnp.stack([kernel_accuracy(run.params), kernel_accuracy(run.init_params)])
    return picture_metrics(partial(run.learner.model.apply, run.params), pictures) | {
        "scene_to_class_distance": named(
            selectivity.scene_to_class_distance(variants), features="trained", changed=OTHER_SCENE
        ),
        "class_to_scene_distance": named(selectivity.class_to_scene_distance(variants), features="trained"),
        "kernel_accuracy": named(kernel_2, features=("trained", "untrained")),
    }
