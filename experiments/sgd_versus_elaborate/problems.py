"""The problems of the race, and the hyperparameters that each method may choose from."""

from functools import partial

import numpy as np

from dl_jax.data import catalog
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import binary_cross_entropy, cross_entropy, half_squared_error
from experiments.sgd_versus_elaborate.race import Problem
from experiments.sgd_versus_elaborate.redundant import redundant
from experiments.sgd_versus_elaborate.sparse_linear import sparse_linear
from experiments.sgd_versus_elaborate.tasks import documents, in_one_world, teacher, unlike_units

BUDGET = {"copied images": 1, "documents": 1, "fewer documents": 2, "unlike units": 32, "small net": 64}
"""Passes over the training examples, in units of --epochs: small problems get more of their cheap passes."""
PROBLEMS = tuple(BUDGET)

WORDS, FEATURES = 32, 4096
"""Words in a document, and in the vocabulary."""
RIDGE = 1e-4
"""The ridge penalty of the linear classifier of documents; Bottou's on RCV1 is 1e-4 to 1e-5."""
FEWER = 10
"""The factor by which there are fewer documents the second time."""
INPUTS = 20
"""Inputs of the least squares problem."""
SPREAD = 1000.0
"""The factor by which the units of its inputs differ; the condition number is SPREAD^2."""
FEW = {"unlike units": 200, "small net": 100}
"""Training examples of the two small problems."""

LENGTHS = {
    "images": (4.0, 1.0, 16.0, 0.25, 64.0),
    "documents": (256.0, 64.0, 1024.0, 16.0, 4096.0),
    "few": (1.0, 0.25, 4.0, 0.0625, 16.0),
}
"""Lengths of the first line search, over that of the later ones. From the middle outwards, as all that follow: of
values that are equally good on validation data the first is selected."""
PRODUCTS, FEWEST = (5.0, 2.0, 20.0, 1.0, 100.0), 1.0
"""Products with the Hessian in a step of Newton's method, at most; and the fewest that there can be."""


def searching(kind):
    """The lengths and products that the elaborate methods choose from."""
    return {"L-BFGS": LENGTHS[kind], "conjugate gradients": LENGTHS[kind], "Newton-CG": PRODUCTS}


DOCUMENTS = {
    "SGD": (8.0, 2.0, 32.0, 0.5, 128.0),
    **searching("documents"),
    "Newton-CG": (2.0, 5.0, 1.0, 20.0, 100.0),
}
"""On documents SGD runs as Bottou's did, and against elaborate methods alone."""
HYPERPARAMETERS: dict[str, dict[str, tuple[float, ...]]] = {
    "copied images": {
        "SGD": (0.1, 0.3, 0.03, 1.0, 0.01),
        "SGD with momentum": (0.03, 0.01, 0.1, 0.003, 0.3),
        "Adam": (0.003, 0.01, 0.001, 0.03, 0.0003),
        "gradient descent": (0.4, 0.8, 0.2, 1.6, 0.1),
        **searching("images"),
    },
    "documents": DOCUMENTS,
    "fewer documents": DOCUMENTS,
    "unlike units": {
        "SGD": (0.3, 0.1, 1.0, 0.03, 3.0),
        "SGD with momentum": (0.1, 0.3, 0.03, 1.0, 0.01),
        **searching("few"),
        "Newton-CG": (100.0, 20.0, 400.0, 5.0, 2.0),
    },
    "small net": {
        "SGD": (0.1, 0.3, 0.03, 1.0, 0.01),
        "SGD with momentum": (0.03, 0.1, 0.01, 0.3, 0.003),
        **searching("few"),
    },
}
"""By problem and method: learning rates, lengths of the first line search, or products with the Hessian."""


def evaluated_at(budget: int) -> np.ndarray:
    """Passes after which to evaluate, ascending: each twice the one before, the last the budget."""
    passes_K = budget / 2.0 ** np.arange(20)
    return passes_K[passes_K >= min(1, budget / 8) / 4][::-1]


def problem(name: str, config) -> Problem:
    """Return one of PROBLEMS, by the flags of the experiment."""
    passes_K = evaluated_at(config.epochs * BUDGET[name]).tolist()
    if name == "copied images":
        dataset = catalog.load(config.dataset, config.manual_dir or None)
        net = mlp(config.hidden, len(dataset.class_names), NONLINEARITIES["relu"])
        data = dataset.by_seed(images=True).map_with_key(partial(redundant, copies=config.copies))
        return Problem(name, net, cross_entropy, data, passes_K, 32, classifies=True)
    if name in ("documents", "fewer documents"):
        count = config.documents // (FEWER if name == "fewer documents" else 1)
        data = in_one_world(documents(FEATURES, WORDS), count)
        net = sparse_linear(FEATURES)
        return Problem(name, net, binary_cross_entropy, data, passes_K, 16, RIDGE, classifies=True, early=True)
    if name == "unlike units":
        data = in_one_world(unlike_units(INPUTS, SPREAD), FEW[name])
        return Problem(name, linear(1), half_squared_error, data, passes_K, 10)
    net = mlp((10,), 1, NONLINEARITIES["tanh"])
    return Problem(name, net, half_squared_error, in_one_world(teacher(3, 10), FEW[name]), passes_K, 10)
