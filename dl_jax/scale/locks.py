"""Files that one living process holds at a time; the system gives them free when it dies, however it dies."""

import fcntl
from pathlib import Path


class Lock:
    """A file to hold. It stays there when it is given free, for whoever deletes its folder."""

    def __init__(self, path: Path):
        self.path, self._file = path, None

    def take(self) -> bool:
        """Whether this process holds it now; False if another one does. Its folder must be there."""
        file = open(self.path, "a+")  # noqa: SIM115  for as long as it is held
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # held, or on a disk that knows no locks
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Give it free."""
        if self._file is not None:
            self._file.close()
            self._file = None
