"""Eager PyTorch at its defaults.

Written for speed: the data is in memory as tensors, a batch is one gather, no step waits to read its loss, gradients
are set to None. `torch.compile` is left out: on a CPU it compiles for longer, and at these sizes its programs ran at
0.8 of the speed of eager mode.
"""

import time
from itertools import pairwise

import torch
from torch import nn

from tests.benchmarks.peers_torch_pinned import report
from tests.benchmarks.tasks import GAINS, MOMENTUM, NETS

NONLINEARITIES = {"relu": nn.ReLU, "tanh": nn.Tanh, "logistic": nn.Sigmoid, "identity": nn.Identity}


def dense_net(widths: tuple[int, ...], nonlinearity: str) -> nn.Sequential:
    """Return a plain net with these widths, inputs first, and the initial weights that all competitors share."""
    layers = []
    for fan_in, fan_out in pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out), NONLINEARITIES[nonlinearity]()]
    dense = layers[::2]
    for layer in dense:
        gain = 1.0 if layer is dense[-1] else GAINS[nonlinearity]
        nn.init.normal_(layer.weight, std=gain / layer.in_features**0.5)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers[:-1])


def convolutional(task) -> nn.Sequential:
    """Return the convolutional net of a task, channels last, which is the faster layout on a CPU."""
    stages, hidden = NETS[task.net]
    layers, maps, side = [], 1, task.side
    for count, kernel, padding in stages:
        convolution = nn.Conv2d(maps, count, kernel, padding=kernel // 2 if padding == "SAME" else 0)
        layers += [convolution, nn.ReLU(), nn.MaxPool2d(2)]
        maps, side = count, (side if padding == "SAME" else side - kernel + 1) // 2
    dense = dense_net((maps * side**2, *hidden, task.classes), "relu")
    for layer in layers[::3]:
        nn.init.normal_(layer.weight, std=GAINS["relu"] / (layer.in_channels * layer.kernel_size[0] ** 2) ** 0.5)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers, nn.Flatten(), *dense).to(memory_format=torch.channels_last)


def train_one(net, seed, train, test, task, steps, **sgd):
    """Train. Returns the mean loss of the last twentieth of the steps, and the test accuracy."""
    x_NxD, y_N = train
    optimizer = torch.optim.SGD(net.parameters(), task.learning_rate, MOMENTUM, **sgd)
    shuffle = torch.Generator().manual_seed(seed)
    losses = []
    while len(losses) < steps:
        order_N = torch.randperm(len(x_NxD), generator=shuffle)
        whole = len(order_N) // task.batch_size * task.batch_size
        for index_B in order_N[:whole].split(task.batch_size)[: steps - len(losses)]:
            loss = nn.functional.cross_entropy(net(x_NxD[index_B]), y_N[index_B])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
    with torch.no_grad():
        accuracy = (net(test[0]).argmax(1) == test[1]).float().mean()
    return {"train_loss": float(torch.stack(losses[-max(1, steps // 20) :]).mean()), "test_accuracy": float(accuracy)}


def tensors(task):
    """Return the training and the test set of a task as tensors."""
    return [(torch.from_numpy(x), torch.from_numpy(y).long()) for x, y in task.data()]


def train_cell(task, data, cell, **sgd):
    """Run one training of the reference sweep. Returns its metrics and its seconds."""
    depth, nonlinearity, seed = cell
    began = time.perf_counter()
    torch.manual_seed(seed)
    net = dense_net((task.inputs, *[task.width] * depth, task.classes), nonlinearity)
    metrics = train_one(net, seed, *data, task, task.steps, **sgd)
    seconds = time.perf_counter() - began
    return {"depth": depth, "nonlinearity": nonlinearity, "seed": seed, "seconds": seconds} | metrics


def images_of(task):
    """Return the training and the test images as x_NxCxHxW, channels last in memory."""
    return [(x.permute(0, 3, 1, 2), y) for x, y in tensors(task)]


def train_images(task, data, seed, **sgd):
    """Train one convolutional net. Returns its metrics and its seconds."""
    began = time.perf_counter()
    torch.manual_seed(seed)
    metrics = train_one(convolutional(task), seed, *data, task, task.steps, **sgd)
    return {"net": task.net, "seed": seed, "seconds": time.perf_counter() - began} | metrics


def images(task):
    """Run one training after the other, with PyTorch's defaults except for the layout."""
    data = images_of(task)
    began = time.perf_counter()
    train_one(convolutional(task), 0, *data, task, 1)
    first_s = time.perf_counter() - began
    return report("net", (task.net,), [train_images(task, data, seed) for seed in range(task.seeds)], first_s, 1)


def reference_sweep(task):
    """Run one training after the other, with PyTorch's defaults."""
    data = tensors(task)
    first_s = first_step(task, data)
    return report("depth", task.depths, [train_cell(task, data, cell) for cell in task.cells()], first_s, 1)


def first_step(task, data, **sgd):
    """Return the seconds of a first step, in which PyTorch loads parts of itself; reported as compile_s."""
    began = time.perf_counter()
    train_one(dense_net((data[0][0].shape[1], 2, 10), "relu"), 0, *data, task, 1, **sgd)
    return time.perf_counter() - began


def tiny_nets(task):
    """Train tiny nets one after the other; a few are timed, and the time of all is extrapolated from them."""
    train, test = data = tensors(task)
    first_s = first_step(task, data)
    parts, cells = [], []
    for width in task.widths:
        began = time.perf_counter()
        for seed in range(min(task.measured, task.trials)):
            torch.manual_seed(seed)
            metrics = train_one(dense_net((2, width, width, 2), "tanh"), seed, train, test, task, task.steps)
            cells.append({"width": width, "seed": seed} | metrics)
        seconds = (time.perf_counter() - began) / min(task.measured, task.trials) * task.trials
        parts.append({"width": width, "compile_s": 0.0, "run_s": seconds})
    run_s = sum(part["run_s"] for part in parts)
    return {"programs": 0, "compile_s": first_s, "run_s": run_s, "parts": parts, "cells": cells}
