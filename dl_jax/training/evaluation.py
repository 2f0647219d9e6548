"""Evaluations that many experiments share; one of your own is any function of a `Run` that returns metrics."""

from typing import Any

import jax.numpy as jnp

from dl_jax.training.losses import accuracy
from dl_jax.training.programs import Run


def classification(run: Run) -> dict[str, Any]:
    """Return `test_accuracy`, `test_loss` (the mean of the learner's loss) and `validation_accuracy`."""
    test, validation = run.splits.test, run.splits.validation
    scores_NxC = run.learner.model.apply(run.params, test.x)
    return {
        "test_accuracy": accuracy(scores_NxC, test.y),
        "test_loss": jnp.mean(run.learner.loss(scores_NxC, test.y)),
        "validation_accuracy": accuracy(run.learner.model.apply(run.params, validation.x), validation.y),
    }
