"""The finished parts of a run: a run that was cut off finds its own, and processes that share a folder each other's.

A part is written whole or not at all. Who computes one claims it first; a claim is a file whose time is renewed while
its owner lives, so that what a killed process began is taken over. Computing a part twice does no harm.
"""

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from dl_jax.evidence.records import Records, Row
from dl_jax.scale.processes import agreed, is_first

RENEWED_S, STALE_S, AGAIN_S = 10.0, 60.0, 0.5
"""Seconds: how often a claim is renewed, how old makes it stale, how often to look whether others are done."""


class Whole(Exception):
    """Another process has finished the run."""


class Memory:
    """The parts in a folder. whole: whether another process has finished the run, so that they may be gone.

    tell: (what, done, of) -> None, called while others are waited for.
    """

    def __init__(
        self,
        folder: Path,
        whole: Callable[[], bool] = lambda: False,
        tell: Callable[[str, int, int], None] = lambda what, done, of: None,
    ):
        self.folder, self.whole, self.tell = folder, whole, tell
        self.seen: dict[Path, tuple[float, float]] = {}

    def keep(self, name: dict[str, Any], *computes: Callable[[], list[Row]]) -> list[Row]:
        """The rows of all parts in order: those that were kept, or newly computed and kept. Raises Whole."""
        digest = sha256(json.dumps(name, sort_keys=True, default=str).encode()).hexdigest()[:16]
        count = len(computes)
        paths = [self.folder / f"{digest}{f'-{at}-of-{count}' * (count > 1)}.jsonl" for at in range(count)]
        found: dict[int, list[Row]] = {}
        while len(found) < count:
            missing = [at for at in range(count) if at not in found]
            there, mine, whole = agreed(lambda missing=missing: self._next(paths, missing))
            for at in there:
                found[at] = agreed(lambda at=at: list(Records.read(paths[at]).rows))
            if mine is not None:
                with _renewed(paths[mine]):
                    self._write(paths[mine], Records(tuple(computes[mine]())))
            elif whole:
                raise Whole
            elif not there:
                self.tell("waiting for other processes", len(found), count)
                time.sleep(AGAIN_S)
        return [row for at in range(count) for row in found[at]]

    def _next(self, paths, missing):
        """(which are there, which is to be computed here, whether the run is whole)."""
        there = [at for at in missing if paths[at].exists()]
        if there or self.whole():
            return there, None, not there
        self.folder.mkdir(parents=True, exist_ok=True)
        return there, next((at for at in missing if self._claim(_claim_of(paths[at]))), None), False

    def _claim(self, claim):
        """Whether this process may compute what the claim is for."""
        if claim.exists() and self._abandoned(claim):
            claim.unlink(missing_ok=True)
        try:
            with open(claim, "x") as file:
                json.dump({"host": socket.gethostname(), "pid": os.getpid()}, file)
        except FileExistsError:
            return False
        return True

    def _abandoned(self, claim):
        """Whether its owner is no more: dead on this machine, or silent for long by the clock of this one."""
        try:
            renewed, owner = claim.stat().st_mtime, json.loads(claim.read_text() or "{}")
        except (OSError, ValueError):
            return False
        if owner.get("host") == socket.gethostname() and not _alive(owner["pid"]):
            return True
        last, since = self.seen.get(claim, (None, 0.0))
        if last != renewed:
            self.seen[claim] = renewed, time.monotonic()
            return False
        return time.monotonic() - since > STALE_S

    def _write(self, path, records):
        if is_first():
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{os.getpid()}")
            records.write(fresh)
            os.replace(fresh, path)

    def forget(self) -> None:
        """The run is whole; its parts are needed no longer."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):  # not empty, or another process was faster
            self.folder.parent.rmdir()


def _claim_of(path):
    return path.with_suffix(".claim")


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


@contextmanager
def _renewed(path):
    """The claim is renewed meanwhile, and given up at the end."""
    claim, over = _claim_of(path), threading.Event()

    def renew():
        while not over.wait(RENEWED_S):
            with suppress(OSError):  # taken over by another, who thought this process dead
                os.utime(claim)

    thread = threading.Thread(target=renew, daemon=True)
    if is_first():
        thread.start()
    try:
        yield
    finally:
        over.set()
        if is_first():
            thread.join()
            claim.unlink(missing_ok=True)
