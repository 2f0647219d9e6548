"""Long trainings, the rule that stops them, and how much of the loss was still to fall (statement 65)."""

import jax
import numpy as np

from dl_jax.data.by_seed import BySeed
from dl_jax.data.dataset import Splits
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Missing, Records, measured
from dl_jax.training.context import Context
from dl_jax.training.fit import fit
from dl_jax.training.step import Learner

FLAT = 0.01
"""Share of the initial loss; in a window in which the loss falls by less it has stopped falling."""


def losses_by_window(
    seed: int,
    learner: Learner,
    data: BySeed[Splits],
    batch_size: int,
    window: int,
    windows: int,
    context: Context,
) -> Records:
    """Train for `windows` windows of `window` steps, on examples of the seed.

    The metrics are the first loss, the mean loss of the batches of each window, and the window with the first batch
    whose loss is not lower than that of the batch before.
    """
    fitted = fit(
        learner,
        data.of(seed).train,
        jax.random.key(seed),
        steps=window * windows,
        context=context,
        batch_size=batch_size,
        single_device=True,
    )
    loss_W = fitted.loss_T.reshape(windows, window).mean(1)
    first_rise = int(np.argmax(~(fitted.loss_T[1:] < fitted.loss_T[:-1]))) + 1
    metrics = {
        "initial_loss": fitted.loss_T[0],
        "window_loss": named(loss_W, window=range(windows)),
        "window_of_first_rise": first_rise // window,
    }
    return measured(metrics, seed=seed)


def stopping_window(initial_loss: float, loss_W: np.ndarray) -> int | None:
    """Return the number of the first window in which the loss has stopped falling; None if there is none."""
    fall_W = loss_W[:-1] - loss_W[1:]
    flat = np.flatnonzero(~(fall_W > FLAT * initial_loss))
    return int(flat[0]) + 1 if len(flat) else None


def left_to_fall(records: Records) -> np.ndarray:
    """Return the part of the whole fall of the loss that comes after `stopping_window`, at every seed.

    It is 1 where the rule never stops, or not in the first half of the windows.
    """
    initial_S, loss_SxW = window_losses(records)
    return _left(initial_S, loss_SxW, map(stopping_window, initial_S, loss_SxW))


def left_after_first_rise(records: Records) -> np.ndarray:
    """Return the same where training stops at the first batch whose loss is not lower: nothing is averaged."""
    return _left(*window_losses(records), records.by_seed("window_of_first_rise").astype(int))


def falls_in_second_half(records: Records) -> np.ndarray:
    """Return the share of the loss at half of all windows by which it is lower at the end, at every seed."""
    _, loss_SxW = window_losses(records)
    return 1.0 - loss_SxW[:, -1] / loss_SxW[:, loss_SxW.shape[1] // 2 - 1]


def window_losses(records: Records) -> tuple[np.ndarray, np.ndarray]:
    """Return initial_S and loss_SxW of the trainings. Missing without any."""
    windows = records.axis("window") or (0,)
    loss_WxS = [records.by_seed("window_loss", window=number) for number in windows]
    if not np.size(loss_WxS):
        raise Missing("no window_loss")
    return records.by_seed("initial_loss"), np.transpose(loss_WxS)


def _left(initial_S, loss_SxW, stop_S):
    left = []
    for initial_loss, loss_W, stop in zip(initial_S, loss_SxW, stop_S, strict=True):
        late = stop is None or stop >= len(loss_W) // 2
        left.append(1.0 if late else (loss_W[stop] - loss_W[-1]) / (initial_loss - loss_W[-1]))
    return np.asarray(left)
