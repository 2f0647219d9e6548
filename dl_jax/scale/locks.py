"""Exclusive locks on files; the operating system releases them when their process ends in any way."""

import fcntl
from pathlib import Path
from typing import IO


class Lock:
    """An exclusive lock on a file. The file remains after release."""

    def __init__(self, path: Path):
        self.path = path
        self._file: IO[str] | None = None

    def acquire(self) -> bool:
        """Lock without waiting. Return False if another process has the lock. The file's folder must exist."""
        file = open(self.path, "a+")  # noqa: SIM115  open as long as the lock is held
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # locked, or a file system without locks
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Release the lock if it is held."""
        if self._file is not None:
            self._file.close()
            self._file = None
