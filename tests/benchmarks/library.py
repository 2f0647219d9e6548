"""The library as users call it: `sweep` on all cores."""

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime import devices
from dl_jax.training.context import local_context
from dl_jax.training.grid import choice, grid, static
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from tests.benchmarks.tasks import NETS


def reference_sweep(task):
    """One program per depth; nonlinearity and seed are traced."""
    return _swept(
        lambda trial: mlp((task.width,) * trial.depth, task.classes, trial.nonlinearity),
        task,
        "depth",
        depth=static(task.depths),
        nonlinearity=choice(NONLINEARITIES, task.nonlinearities),
        seed=range(task.seeds),
    )


def tiny_nets(task):
    """One program per width; all trials of a device are one batched computation."""
    return _swept(
        lambda trial: mlp((trial.width, trial.width), 2, NONLINEARITIES["tanh"]),
        task,
        "width",
        width=static(task.widths),
        seed=range(task.trials),
    )


def images(task):
    """One program; each core trains one seed at a time."""
    stages, hidden = NETS[task.net]
    stages = [Stage(maps, kernel, padding=padding) for maps, kernel, padding in stages]
    net = convnet(stages, hidden, task.classes, NONLINEARITIES["relu"])
    return _swept(lambda trial: net, task, "net", net=static((task.net,)), seed=range(task.seeds))


def _swept(model, task, part, **axes):
    """Run a sweep with a program for each value of the static axis `part`, and return its times and results."""
    devices.set_up()
    costs = []
    train, test = (Examples(*pair) for pair in task.data())
    records = sweep(
        lambda trial: Learner(model(trial), cross_entropy, sgd(task.learning_rate)),
        Splits(train, test, test),
        grid(**axes),
        steps=task.steps,
        evaluate=_evaluate,
        context=local_context().with_events(cost=costs.append),
        batch_size=task.batch_size,
    )
    parts = [{part: value} | cost._asdict() for value, cost in zip(axes[part].values, costs, strict=True)]
    totals = {name: sum(each[name] for each in parts) for name in ("programs", "compile_s", "run_s", "flops")}
    return totals | {"parts": parts, "cells": _cells(records)}


def _evaluate(run):
    return {"test_accuracy": accuracy(run.learner.model.apply(run.params, run.splits.test.x), run.splits.test.y)}


def _cells(records):
    """Return a dict for each trial: its axes, train_loss, test_accuracy."""
    cells = {}
    for row in records.rows:
        axes = {name: value for name, value in row.items() if name not in ("trial", "metric", "value")}
        cells.setdefault(tuple(axes.items()), axes)[row["metric"]] = row["value"]
    return list(cells.values())
