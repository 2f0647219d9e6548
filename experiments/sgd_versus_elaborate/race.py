"""Optimizers on one problem from equal initial weights: what each has reached after a number of passes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Splits
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records
from dl_jax.models.model import Key, Model
from dl_jax.training import full_batch_methods, stochastic_methods
from dl_jax.training.context import Context
from dl_jax.training.grid import grid
from dl_jax.training.losses import Loss, accuracy
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner, mean_loss
from dl_jax.training.stochastic_methods import stochastic
from dl_jax.training.sweep import sweep

STOCHASTIC, FULL_BATCH = tuple(stochastic_methods.METHODS), tuple(full_batch_methods.METHODS)
"""Methods that evaluate a few examples before each step, and methods that evaluate all."""


class Problem(NamedTuple):
    """What is to be learned, and what it may cost.

    data:        the examples, or how they are drawn from a seed's key.
    passes_K:    passes over the training examples after which to evaluate, ascending; the last is the budget.
    batch_size:  of the stochastic methods.
    ridge:       of the objective: the mean loss + ridge/2 |w|^2.
    classifies:  there are classes, and error rates.
    early:       hyperparameters are chosen by the mean of the validation loss over all evaluations, which favours fast
                 methods; otherwise by the last error rate or, without classes, by the last loss.
    """

    name: str
    model: Model
    loss: Loss
    data: Splits | Callable[[Key], Splits]
    passes_K: Sequence[float]
    batch_size: int
    ridge: float = 0.0
    classifies: bool = False
    early: bool = False


def race(
    problem: Problem, method: str, hyperparameters: Sequence[float], seeds: Sequence[int], context: Context
) -> Records:
    """Train with one method, at each value of its hyperparameter; all methods of a seed start from the same weights.

    Metrics:
    objective:        over all training examples, by passes.
    test_error_rate:  by passes; where there are no classes, test_loss.
    validation_score: the higher, the better the hyperparameter.
    seconds:          that one training takes on one device, drawing the examples and evaluating included.
    """
    step_K = evaluation_steps(problem, method)

    def learner(trial):
        return Learner(problem.model, problem.loss, optimizer(method, trial.hyperparameter, problem.ridge))

    return sweep(
        learner,
        problem.data,
        grid(hyperparameter=hyperparameters, seed=seeds),
        steps=step_K[-1],
        eval_steps=step_K,
        evaluate_path=partial(evaluate, problem, step_K),
        batch_size=problem.batch_size,
        context=context,
        timed=True,
        plateau=False,  # the budget is what is compared
        problem=problem.name,
        method=method,
    )


def optimizer(method: str, hyperparameter: float | jax.Array, ridge: float) -> Any:
    """Return the optimizer of a method on the loss + ridge/2 |w|^2: of optax, or a full-batch `Method`."""
    if method in FULL_BATCH:
        return full_batch_methods.METHODS[method](hyperparameter, ridge)
    return stochastic(stochastic_methods.METHODS[method], hyperparameter, ridge)


def evaluation_steps(problem: Problem, method: str) -> list[int]:
    """Return the steps of a sweep after which the passes of the problem have been spent, ascending; some may be equal.

    A step of a full-batch method is a pass, and it takes its first step after the first one.
    """
    if method in FULL_BATCH:
        return [int(passes) for passes in problem.passes_K]
    data = problem.data
    splits = jax.eval_shape(data, jax.random.key(0)) if callable(data) else data
    examples = len(splits.train.x)
    steps_per_pass = examples // min(problem.batch_size, examples)
    return [max(1, round(passes * steps_per_pass)) for passes in problem.passes_K]


def evaluate(problem: Problem, step_K: Sequence[int], run: Run) -> dict[str, Any]:
    """The metrics of `race` but the seconds. run.params: at the distinct evaluation steps."""
    by_error_rate, index_K = problem.classifies and not problem.early, np.unique(step_K, return_inverse=True)[1]

    def error_rate(params, examples):
        return 1.0 - accuracy(run.learner.model.apply(params, examples.x), examples.y)

    def metrics(params):
        squares = sum(jnp.sum(w**2) for w in jax.tree.leaves(params))
        penalty, test = 0.5 * problem.ridge * squares, run.splits.test
        train_loss, test_loss = (mean_loss(run.learner, params, part) for part in (run.splits.train, test))
        of_test = {"test_error_rate": error_rate(params, test)} if problem.classifies else {"test_loss": test_loss}
        return {"objective": train_loss + penalty, **of_test}

    def validation(params):
        examples = run.splits.validation
        return error_rate(params, examples) if by_error_rate else mean_loss(run.learner, params, examples)

    params_K = jax.tree.map(lambda w: w[index_K], run.params)
    metrics_K, validation_K = jax.lax.map(lambda params: (metrics(params), validation(params)), params_K)
    by_passes = {name: named(value_K, passes=problem.passes_K) for name, value_K in metrics_K.items()}
    return by_passes | {"validation_score": -(jnp.mean(validation_K) if problem.early else validation_K[-1])}
