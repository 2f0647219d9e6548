"""The library as users call it: `sweep` on all cores."""

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime import devices
from dl_jax.training.context import local_context
from dl_jax.training.grid import choice, grid
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from tests.benchmarks.tasks import NETS


def reference_sweep(task):
    """One program per depth; nonlinearity and seed are traced."""

    def learner(depth):
        return lambda trial: Learner(
            mlp((task.width,) * depth, task.classes, trial.nonlinearity),
            cross_entropy,
            sgd(task.learning_rate),
        )

    trials = grid(nonlinearity=choice(NONLINEARITIES, task.nonlinearities), seed=range(task.seeds))
    return _swept("depth", task.depths, learner, task, trials)


def tiny_nets(task):
    """One program per width; all trials of a device are one batched computation."""
    devices.set_up()

    def learner(width):
        net = mlp((width, width), 2, NONLINEARITIES["tanh"])
        return lambda trial: Learner(net, cross_entropy, sgd(task.learning_rate))

    trials = grid(seed=range(task.trials))
    return _swept("width", task.widths, learner, task, trials)


def images(task):
    """One program; each core trains one seed at a time."""
    stages, hidden = NETS[task.net]
    stages = [Stage(maps, kernel, padding=padding) for maps, kernel, padding in stages]

    def learner(name):
        net = convnet(stages, hidden, task.classes, NONLINEARITIES["relu"])
        return lambda trial: Learner(net, cross_entropy, sgd(task.learning_rate))

    return _swept("net", (task.net,), learner, task, grid(seed=range(task.seeds)))


def _swept(axis, values, learner, task, trials):
    devices.set_up()
    costs = []
    context = local_context().with_events(cost=costs.append)
    train, test = (Examples(*pair) for pair in task.data())
    results = [
        sweep(
            learner(value),
            Splits(train, test, test),
            trials,
            steps=task.steps,
            evaluate=_evaluate,
            context=context,
            batch_size=task.batch_size,
            **{axis: value},
        )
        for value in values
    ]
    parts = [{axis: value} | cost._asdict() for value, cost in zip(values, costs, strict=True)]
    totals = {name: sum(part[name] for part in parts) for name in ("programs", "compile_s", "run_s", "flops")}
    return totals | {"parts": parts, "cells": _cells(results)}


def _evaluate(run):
    return {"test_accuracy": accuracy(run.learner.model.apply(run.params, run.splits.test.x), run.splits.test.y)}


def _cells(results):
    """Return a dict for each trial: its axes, train_loss, test_accuracy."""
    cells = {}
    for row in (row for records in results for row in records.rows):
        axes = {name: value for name, value in row.items() if name not in ("trial", "metric", "value")}
        cells.setdefault(tuple(axes.items()), axes)[row["metric"]] = row["value"]
    return list(cells.values())
