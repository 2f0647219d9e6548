"""Long trainings, the rule that stops them, and how much of the loss was still to fall (statement 65)."""

from collections.abc import Callable

import jax
import numpy as np

from dl_jax.data.dataset import Examples
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Estimand, Records, measured
from dl_jax.training.context import Context
from dl_jax.training.fit import fit
from dl_jax.training.step import Learner

FLAT = 0.01
"""Share of the initial loss; in a window in which the loss falls by less it has stopped falling."""

Rule = Callable[[float, np.ndarray], int | None]
"""(initial loss, loss_W) -> number of the window after which to stop; None to go on to the end."""


def losses_by_window(
    seed: int,
    learner: Learner,
    train: Examples,
    batch_size: int,
    window: int,
    windows: int,
    context: Context,
) -> Records:
    """Train for `windows` windows of `window` steps; return the first loss and the mean loss of the batches of each."""
    fitted = fit(
        learner,
        train,
        jax.random.key(seed),
        steps=window * windows,
        context=context,
        batch_size=batch_size,
        single_device=True,
    )
    loss_W = fitted.loss_T.reshape(windows, window).mean(1)
    metrics = {"initial_loss": fitted.loss_T[0], "window_loss": named(loss_W, window=range(windows))}
    return measured(metrics, seed=seed)


def stopping_window(initial_loss: float, loss_W: np.ndarray) -> int | None:
    """Return the number of the first window in which the loss has stopped falling; None if there is none."""
    fall_W = loss_W[:-1] - loss_W[1:]
    flat = np.flatnonzero(~(fall_W > FLAT * initial_loss))
    return int(flat[0]) + 1 if len(flat) else None


def left_to_fall(rule: Rule) -> Estimand:
    """Return the part of the whole fall of the loss that comes after the rule stops.

    It is 1 where the rule never stops, or not in the first half of the windows.
    """

    def estimand(records):
        windows = records.axis("window")
        initial_S = records.by_seed("initial_loss")
        loss_SxW = np.transpose([records.by_seed("window_loss", window=number) for number in windows])
        left = []
        for initial_loss, loss_W in zip(initial_S, loss_SxW, strict=True):
            stop = rule(initial_loss, loss_W)
            late = stop is None or stop >= len(windows) // 2
            left.append(1.0 if late else (loss_W[stop] - loss_W[-1]) / (initial_loss - loss_W[-1]))
        return np.asarray(left)

    return estimand
