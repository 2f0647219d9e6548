"""A run that dies each time before it gets anywhere is not started for ever."""

from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from dl_jax.errors import CheckpointError, DataError, FlagError
from dl_jax.scale.locks import Lock
from dl_jax.scale.preemption import Preempted
from dl_jax.scale.processes import agreed, is_first

IN_VAIN = 3
"""So many starts may die without anything new finished or saved; the next one is refused."""
NO_DEATH = (KeyboardInterrupt, Preempted, FlagError, DataError, CheckpointError)
"""How a run ends that was told to, or that is refused what a person can mend."""


class Starts:
    """Counts the starts of a run that died since it got on. Enter it around the run, after the devices are set up.

    Each start holds a file in the folder of the run's unfinished parts. One that nobody holds is of a start that died;
    it counts until a part or a state that is newer lies there. Several processes may share the folder.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._own = Lock(folder / f"start-{uuid4().hex[:8]}.lock")

    def __enter__(self):
        dead = agreed(lambda: [str(path) for path in self._dead()])
        if len(dead) >= IN_VAIN:
            raise FlagError(
                f"this run was started {len(dead)} times, and died each time before it had finished or saved anything "
                f"new; mend what its last words tell, then delete {self.folder}/start-*.lock and start it again"
            )
        if is_first():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._own.take()
        return self

    def __exit__(self, kind, *raised):
        if is_first() and (kind is None or issubclass(kind, NO_DEATH)):
            self._own.path.unlink(missing_ok=True)
            with suppress(OSError):  # not empty, or not there any more
                self.folder.rmdir()
                self.folder.parent.rmdir()
        self._own.release()

    def _dead(self):
        """The files of starts that died since the run got on; those of before are deleted."""
        parts = self.folder.glob("*.jsonl")
        states = (path for path in self.folder.glob("states-*/*/*") if path.name.isdigit())
        got_on = max((path.stat().st_mtime for path in (*parts, *states)), default=0.0)
        for path in sorted(self.folder.glob("start-*.lock")):
            lock = Lock(path)
            with suppress(FileNotFoundError):  # another process was faster
                before = path.stat().st_mtime <= got_on
                if lock.take():
                    if before:
                        path.unlink()
                    else:
                        yield path
            lock.release()
