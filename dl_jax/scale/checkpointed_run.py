"""Checkpoints of the long trainings of a run, stored beside the run's cached parts.

A training is identified by the part of the run that it belongs to and by its number within that part; both are equal
each time the same run is started. When a part is cached, the checkpoints of its trainings are deleted.
"""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from dl_jax.evidence.records import Records
from dl_jax.scale.atomic import write_text
from dl_jax.scale.checkpoint import Checkpoints
from dl_jax.scale.locks import Lock
from dl_jax.scale.preemption import Preempted, StopSignal
from dl_jax.scale.processes import broadcast_from_first, is_first
from dl_jax.training.context import Checkpointer, NoCheckpointer

ORIGIN = "origin.json"
"""File beside the checkpoints with the identity of their run."""
GetOrCompute = Callable[..., Records]


class CheckpointedRun:
    """Provides the `cached` and `checkpointer` events of a run. Enter it around the measurement.

    get_or_compute: (key, *computes) -> records, as `Cache.get_or_compute`.
    folder:         of the run's cached parts.
    identity:       what determines the run's numbers; checkpoints of a run with another identity are refused.
    stop:           the signal on which the run saves and ends.
    every_s:        seconds between two checkpoints of a training.
    """

    def __init__(
        self, get_or_compute: GetOrCompute, folder: Path, identity: dict[str, Any], stop: StopSignal, every_s=60.0
    ):
        self._get_or_compute, self._folder, self._identity = get_or_compute, folder, identity
        self.stop, self.every_s = stop, every_s
        self._part, self._numbers = "states-outside", count()
        self._open: list[_RunCheckpointer] = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *raised):
        """Finish the writes in progress; their errors are raised unless the run itself failed."""
        for checkpointer in tuple(self._open):
            try:
                checkpointer.close()
            except Exception:
                if kind is None:
                    raise

    def get_or_compute(self, key: dict[str, Any], *computes: Callable[[], Records]) -> Records:
        """Return the records as `Cache.get_or_compute`; then raise Preempted if SIGTERM was received."""
        computed = []

        def within(index, compute):
            before = self._part, self._numbers
            part = json.dumps([key, index, len(computes)], sort_keys=True, default=str)
            self._part, self._numbers = f"states-{sha256(part.encode()).hexdigest()[:16]}", count()
            computed.append(self._folder / self._part)
            try:
                return Records.gather([compute()])
            finally:
                self._part, self._numbers = before

        parts = [lambda index=index, compute=compute: within(index, compute) for index, compute in enumerate(computes)]
        rows = self._get_or_compute(key, *parts)
        if is_first():
            for folder in computed:
                shutil.rmtree(folder, ignore_errors=True)
        self.raise_if_preempted()
        return rows

    def checkpointer(self, key: dict[str, Any]) -> Checkpointer:
        """Return the checkpointer of the next training; NoCheckpointer if an equal run is at the same training now.

        key: describes the training; checkpoints with another key are refused.
        """
        folder = self._folder / self._part / str(next(self._numbers))
        lock = Lock(folder.with_suffix(".lock"))
        folder.parent.mkdir(parents=True, exist_ok=True)
        if not broadcast_from_first(lock.acquire):
            return NoCheckpointer()
        if is_first():
            write_text(self._folder / ORIGIN, json.dumps(self._identity, indent=1))
        identity = {**self._identity, "training": key}
        checkpointer = _RunCheckpointer(Checkpoints(folder, identity, self.every_s), self.stop, lock, self._open)
        self._open.append(checkpointer)
        return checkpointer

    def raise_if_preempted(self) -> None:
        """Raise Preempted if SIGTERM was received, unless a training is in progress, which first saves its state."""
        if not self._open and self.stop.received():
            raise Preempted


class _RunCheckpointer:
    """The checkpointer of one training, which also saves on SIGTERM."""

    def __init__(self, checkpoints, stop, lock, open_checkpointers):
        self._checkpoints, self._stop, self._lock, self._open = checkpoints, stop, lock, open_checkpointers

    def restore(self, like):
        return self._checkpoints.restore(like)

    def save_if_due(self, step, tree):
        """Save if due. On SIGTERM save, wait until the state is on disk, and raise Preempted."""
        stop = self._stop.received()
        if stop or broadcast_from_first(self._checkpoints.due):
            self._checkpoints.save(step, tree)
        if stop:
            self.close()
            raise Preempted

    def close(self):
        if self in self._open:
            self._open.remove(self)
        try:
            self._checkpoints.close()
        finally:
            self._lock.release()
