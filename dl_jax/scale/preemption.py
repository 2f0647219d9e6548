"""A run that is told to stop: SIGTERM is noted, and obeyed where nothing is lost."""

import os
import signal
import sys

from dl_jax.scale.digests import anywhere

SAVED = 99
"""The exit status of a run that was told to stop: all is saved, and the same command goes on from there."""


class Preempted(BaseException):
    """The run was told to stop, and may. Like KeyboardInterrupt it is no error, and no `except Exception` holds it."""


class Stop:
    """Notes SIGTERM while it is entered. A cluster sends it some seconds before it takes the machine away."""

    def __init__(self):
        self.asked, self._before = False, None

    def __enter__(self):
        self._before = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(self, *raised):
        signal.signal(signal.SIGTERM, self._before)

    def _note(self, number, frame):
        if not self.asked:  # a handler may come in the middle of a print, and must not print itself
            os.write(sys.__stderr__.fileno(), b"\nSIGTERM: stops as soon as what was computed is saved.\n")
        self.asked = True

    def everywhere(self) -> bool:
        """Whether any process was told. All processes must ask at the same point of the program, and stop together."""
        return anywhere(self.asked)
