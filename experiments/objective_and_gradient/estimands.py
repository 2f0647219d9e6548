"""What the criteria of objective_and_gradient estimate."""

import numpy as np

from dl_jax.evidence.estimands import metric
from dl_jax.measures.weight_space import STATES
from experiments.objective_and_gradient.learning import ALONG, UNITS
from experiments.objective_and_gradient.random_search import RANDOM_SEARCH
from experiments.objective_and_gradient.small_steps import JUMP_CHANGES, TINY


def farthest(values):
    """The value that is farthest from 0."""
    return max(values, key=abs)


def largest_size(values):
    """How far the farthest value is from 0."""
    return np.max(np.abs(values))


def slope_error(way, expected):
    """The slope of a tiny step minus the expected one, in units of |dE/dw|, where it differs most."""
    return metric("slope", lambda slopes: farthest(np.subtract(slopes, expected)), way=way, length=TINY)


def distance_from_order_1(parameters):
    """How far the slope of log(largest jump) over log(change) is from 1, at the net and weights where it is farthest.

    The slope is 1 for smooth scores and 0 where jumps do not shrink with the change.
    """

    def estimand(records):
        orders = []
        for nonlinearity, state in ((name, state) for name in UNITS for state in STATES):
            at = {"parameters": parameters, "nonlinearity": nonlinearity, "state": state}
            jump_TxS = [records.by_seed("largest_jump", change=change, **at) for change in JUMP_CHANGES]
            orders.append(np.polyfit(np.log(JUMP_CHANGES), np.log(jump_TxS), 1)[0])
        return np.max(np.abs(np.subtract(orders, 1)), axis=0)

    return estimand


def removed(method, reduce=None, direction=ALONG):
    """The share of the training loss that is removed at the end, reduced over depths and nonlinearities."""
    return metric("loss_removed", reduce, direction=direction, method=method)


def log_left(removed_1):
    """How many powers of ten smaller the loss has become."""
    return -np.log10(1 - np.asarray(removed_1)).item()


def searched(tried):
    """The same for random search."""
    return metric("loss_removed", log_left, method=RANDOM_SEARCH, tried=tried)
