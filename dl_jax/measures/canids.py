"""Pictures of two kinds of object, split for learning, and the metrics of a classifier on them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples
from dl_jax.evidence.named import named
from dl_jax.measures import selectivity
from dl_jax.training.losses import accuracy


class Pictures(NamedTuple):
    """Splits of pictures x_NxHxWx3, and sets of pictures that differ in one respect (`matched_variants`)."""

    train: Examples
    validation: Examples
    test: Examples
    matched_variants: dict[str, jax.Array]


def centred(x: jax.Array) -> jax.Array:
    """Map colours from 0..1 to -2..2."""
    return 4.0 * (x - 0.5)


def picture_metrics(score: Callable[[jax.Array], jax.Array], pictures: Pictures) -> dict[str, Any]:
    """Return the accuracy of a classifier, x -> scores_Nx2, and how its score depends on class and nuisances.

    pair_accuracy:  share of scenes in which both classes are classified correctly.
    response_ratio: by `nuisance`: the median change of the margin with the class, over that with this nuisance;
                    nuisance "scene" stands for all of them at once.
    """
    variants = pictures.matched_variants
    scores = apply_to_all(score, {"validation": pictures.validation.x, "test": pictures.test.x} | variants)
    margins = {name: selectivity.margin(scores[name]) for name in variants}
    ratios = selectivity.class_to_nuisance_ratios(margins)
    return {
        "validation_accuracy": accuracy(scores["validation"], pictures.validation.y),
        "test_accuracy": accuracy(scores["test"], pictures.test.y),
        "pair_accuracy": selectivity.pair_accuracy(margins),
        "response_ratio": named(jnp.stack([*ratios.values()]), nuisance=[*ratios]),
    }


def apply_to_all(function: Callable[[jax.Array], jax.Array], x: dict[str, jax.Array]) -> dict[str, jax.Array]:
    """Return {name: function(x)} from a single call: a program that calls a net many times takes long to compile."""
    ends = np.cumsum([len(each) for each in x.values()])[:-1]
    return dict(zip(x, jnp.split(function(jnp.concatenate(list(x.values()))), ends), strict=True))
