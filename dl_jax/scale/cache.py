"""A cache on disk of the parts of a run, for a restart after an interruption and for processes that share a run.

A part is written completely or not at all. Before a process computes a part it claims it: a claim is a file whose
modification time is renewed while its owner lives, so that the parts of a killed process are taken over. If two
processes compute the same part, the second overwrites the first with equal rows.
"""

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from dl_jax.evidence.records import Records
from dl_jax.scale.processes import broadcast_from_first, is_first

RENEWAL_S, STALE_S, POLL_S = 10.0, 60.0, 0.5
"""Seconds between renewals of a claim, until an unrenewed claim is stale, and between polls for others' parts."""


class FinishedElsewhere(Exception):
    """Another process has finished the run, and its results are written."""


class Cache:
    """The parts of one run, one JSON-lines file each.

    folder:   of this run alone; created when needed.
    finished: returns whether another process has finished the run; its parts may then have been deleted.
    progress: (label, done, total) -> None, called while this process waits for parts that others compute.
    """

    def __init__(
        self,
        folder: Path,
        finished: Callable[[], bool] = lambda: False,
        progress: Callable[[str, int, int], None] = lambda label, done, total: None,
    ):
        self.folder, self.finished, self.progress = folder, finished, progress
        self._renewals: dict[Path, tuple[float, float]] = {}

    def get_or_compute(self, key: dict[str, Any], *computes: Callable[[], Records]) -> Records:
        """Return the records of all computes, in order, each read from the cache or computed and written to it.

        key: identifies the computes together, and is hashed as JSON; equal keys give the same records.

        Processes that call this with the same key and folder share the computes out among themselves. Raises
        FinishedElsewhere if another process has finished the run and deleted its parts.
        """
        digest = sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()[:16]
        count = len(computes)
        paths = [self.folder / f"{digest}{f'-{part}-of-{count}' * (count > 1)}.jsonl" for part in range(count)]
        parts: dict[int, Records] = {}
        while len(parts) < count:
            missing = [part for part in range(count) if part not in parts]
            written, claimed, finished = broadcast_from_first(partial(self._next, paths, missing))
            for part in written:
                parts[part] = _read(paths[part])
            if claimed is not None:
                with _renewed(paths[claimed]):
                    self._write(paths[claimed], Records.gather([computes[claimed]()]))
            elif finished:
                raise FinishedElsewhere
            elif not written:
                self.progress("waiting for other processes", len(parts), count)
                time.sleep(POLL_S)
        return Records.gather(parts[part] for part in range(count))

    def _next(self, paths, missing):
        """Return (parts that are written, the part to compute here or None, whether the run is finished)."""
        written = [part for part in missing if paths[part].exists()]
        if written or self.finished():
            return written, None, not written
        self.folder.mkdir(parents=True, exist_ok=True)
        return written, next((part for part in missing if self._claim(_claim_of(paths[part]))), None), False

    def _claim(self, claim):
        """Return whether this process now owns the claim."""
        if claim.exists() and self._is_abandoned(claim):
            claim.unlink(missing_ok=True)
        try:
            with open(claim, "x") as file:
                json.dump({"host": socket.gethostname(), "pid": os.getpid()}, file)
        except FileExistsError:
            return False
        return True

    def _is_abandoned(self, claim):
        """Return whether the owner died on this host, or has not renewed the claim for STALE_S of this host's clock."""
        try:
            renewed, owner = claim.stat().st_mtime, json.loads(claim.read_text() or "{}")
        except (OSError, ValueError):
            return False
        if owner.get("host") == socket.gethostname() and not _is_alive(owner["pid"]):
            return True
        last, since = self._renewals.get(claim, (None, 0.0))
        if last != renewed:
            self._renewals[claim] = renewed, time.monotonic()
            return False
        return time.monotonic() - since > STALE_S

    def _write(self, path, records):
        if is_first():
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(f".{os.getpid()}")
            records.write(temporary)
            os.replace(temporary, path)

    def delete(self) -> None:
        """Delete all parts, once the results of the run are written."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):  # other runs have parts there, or another process has deleted it
            self.folder.parent.rmdir()


def _read(path):
    """Return the records of a part. Every process reads the arrays itself, because they may be large."""
    rows = broadcast_from_first(lambda: list(Records.read(path).rows))
    return Records(tuple(rows), Records.read(path).arrays)


def _claim_of(path):
    return path.with_suffix(".claim")


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


@contextmanager
def _renewed(path):
    """Renew the claim on a part from a thread, and delete the claim at the end."""
    claim, over = _claim_of(path), threading.Event()

    def renew():
        while not over.wait(RENEWAL_S):
            with suppress(OSError):  # another process found the claim stale and deleted it
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
