"""The saved states of a run's trainings, each in a folder of its own beside the finished parts of the run.

A training is known by the part of the run in which it stands and by its number there, which are the same each time
the same run is started. Once the part is kept, its states are needed no longer.
"""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from dl_jax.evidence.records import Row
from dl_jax.scale.atomic import write_text
from dl_jax.scale.checkpoint import Checkpoints
from dl_jax.scale.locks import Lock
from dl_jax.scale.preemption import Preempted, Stop
from dl_jax.scale.processes import agreed, is_first
from dl_jax.training.context import Checkpointer, NoCheckpointer

ORIGIN = "origin.json"
"""Beside the states: what the run is that they are of."""
Keep = Callable[..., list[Row]]


class Trainings:
    """Wraps a run's `keep`, and gives its trainings their places to save. Enter it around the measurement.

    keep:    (name, *computes) -> rows, as `Place.keep`.
    folder:  of the run's unfinished parts.
    about:   what made the numbers; a state that another origin made is refused.
    every_s: seconds from one save of a training to the next.
    """

    def __init__(self, keep: Keep, folder: Path, about: dict[str, Any], stop: Stop, every_s: float = 60.0):
        self._keep, self._folder, self._about = keep, folder, about
        self.stop, self.every_s = stop, every_s
        self._part, self._numbers = "states-outside", count()
        self._open: list[_Saved] = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *raised):
        """What is being written when a run breaks off is finished first; its own error is the one to be told."""
        for saved in tuple(self._open):
            try:
                saved.done()
            except Exception:
                if kind is None:
                    raise

    def keep(self, name: dict[str, Any], *computes: Callable[[], list[Row]]) -> list[Row]:
        """The rows of a part of the run, as `Place.keep`. A safe point: raises Preempted if the run is to stop."""
        computed = []

        def within(at, compute):
            before = self._part, self._numbers
            said = json.dumps([name, at, len(computes)], sort_keys=True, default=str)
            self._part, self._numbers = f"states-{sha256(said.encode()).hexdigest()[:16]}", count()
            computed.append(self._folder / self._part)
            try:
                return list(compute())
            finally:
                self._part, self._numbers = before

        parts = [lambda at=at, compute=compute: within(at, compute) for at, compute in enumerate(computes)]
        rows = self._keep(name, *parts)
        if is_first():
            for folder in computed:
                shutil.rmtree(folder, ignore_errors=True)
        self.safe_point()
        return rows

    def saved(self, name: dict[str, Any]) -> Checkpointer:
        """Where the states of the next training are saved; nowhere if another run of the same is at that training."""
        folder = self._folder / self._part / str(next(self._numbers))
        lock = Lock(folder.with_suffix(".lock"))
        folder.parent.mkdir(parents=True, exist_ok=True)
        if not agreed(lock.take):
            return NoCheckpointer()
        if is_first():
            write_text(self._folder / ORIGIN, json.dumps(self._about, indent=1))
        about = {**self._about, "training": name}
        saved = _Saved(Checkpoints(folder, about, self.every_s), self.stop, lock, self._open)
        self._open.append(saved)
        return saved

    def safe_point(self) -> None:
        """Raises Preempted if the run is to stop, unless a training is under way, which saves its state first."""
        if not self._open and self.stop.everywhere():
            raise Preempted


class _Saved:
    """A training's states, with an ear for the request to stop."""

    def __init__(self, checkpoints, stop, lock, open_ones):
        self._checkpoints, self._stop, self._lock, self._open = checkpoints, stop, lock, open_ones

    def newest(self, like):
        return self._checkpoints.newest(like)

    def after(self, step, tree):
        """Raises Preempted, once the state is on disk, if the run is to stop."""
        stop = self._stop.everywhere()
        if stop or agreed(self._checkpoints.due):
            self._checkpoints.save(step, tree)
        if stop:
            self.done()
            raise Preempted

    def done(self):
        if self in self._open:
            self._open.remove(self)
        try:
            self._checkpoints.close()
        finally:
            self._lock.release()
