"""Preemption: SIGTERM is recorded, and the run ends at the next point at which nothing is lost."""

import os
import signal
import sys

from dl_jax.scale.digests import any_process

EXIT_PREEMPTED = 99
"""Exit status of a run that ended on SIGTERM: everything is saved, and the same command resumes it."""


class Preempted(BaseException):
    """Raised at a safe point after SIGTERM. A BaseException, so that no `except Exception` swallows it."""


class StopSignal:
    """Records SIGTERM while it is entered. Clusters send it some seconds before they take a host away."""

    def __init__(self):
        self._received, self._before = False, None

    def __enter__(self):
        self._before = signal.signal(signal.SIGTERM, self._record)
        return self

    def __exit__(self, *raised):
        signal.signal(signal.SIGTERM, self._before)

    def _record(self, number, frame):
        if not self._received:  # os.write: a handler may interrupt a print, which is not reentrant
            os.write(sys.__stderr__.fileno(), b"\nSIGTERM: the run stops as soon as it has saved its state.\n")
        self._received = True

    def received(self) -> bool:
        """Return whether any process received SIGTERM. Every process must call this at the same point."""
        return any_process(self._received)
