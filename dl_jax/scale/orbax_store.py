"""Checkpoints on disk by Orbax, which writes each step to a folder that is renamed when it is complete."""

import gc
import logging
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dl_jax.errors import CheckpointError

TEMPORARY = ".orbax-checkpoint-tmp"
"""Part of the name of a step's folder until it is complete."""


class OrbaxStore:
    """The newest `keep` steps in a folder. Orbax is imported, and the folder is created, at the first use.

    Every process must call the methods at the same points of the program.
    """

    def __init__(self, folder: Path, keep: int):
        self.folder, self.keep = folder, keep
        self._manager: Any = None
        self._saving: int | None = None

    def steps(self) -> list[int]:
        """Return the steps that are saved, newest first. Call `wait` before: the last one may never be complete."""
        return sorted(self._opened().all_steps(), reverse=True)

    def save(self, step: int, leaves: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Copy the leaves to the host, and write them from a thread. CheckpointError if that cannot start."""
        import orbax.checkpoint as ocp

        args = ocp.args.Composite(state=ocp.args.StandardSave(leaves), meta=ocp.args.JsonSave(metadata))
        manager, self._saving = self._opened(), step
        try:
            manager.save(step, args=args, force=True)
        except Exception as error:
            raise self._not_written(error) from error

    def wait(self) -> None:
        """Wait until the last save is on disk. CheckpointError if it could not be written."""
        if self._saving is None:
            return
        try:
            self._manager.wait_until_finished()
        except Exception as error:
            raise self._not_written(error) from error
        self._saving = None

    def metadata(self, step: int) -> dict[str, Any]:
        """Return the metadata of a step. Orbax raises nearly any exception if files are damaged."""
        import orbax.checkpoint as ocp

        return self._opened().restore(step, args=ocp.args.Composite(meta=ocp.args.JsonRestore()))["meta"]

    def leaves(self, step: int, like: dict[str, Any]) -> dict[str, Any]:
        """Return the leaves of a step, with the shapes and shardings of `like`. Raises as `metadata` does."""
        import orbax.checkpoint as ocp

        args = ocp.args.Composite(state=ocp.args.StandardRestore(like))
        return self._opened().restore(step, args=args)["state"]

    def reload(self) -> None:
        """Read the folder again, after steps were moved out of it."""
        self._opened().reload()

    def close(self) -> None:
        """Wait for the last save, and stop Orbax's threads. CheckpointError if the save could not be written."""
        try:
            self.wait()
        finally:
            manager, self._manager = self._manager, None
            if manager is not None:
                manager.close()

    def _opened(self):
        if self._manager is None:
            import orbax.checkpoint as ocp  # defines absl flags, so an experiment must not import it at the top
            from orbax.checkpoint import checkpoint_managers

            logging.getLogger("absl").addFilter(_is_not_from_orbax)
            latest = checkpoint_managers.LatestN(self.keep)
            options = ocp.CheckpointManagerOptions(preservation_policy=latest, cleanup_tmp_directories=True)
            try:
                self._manager = ocp.CheckpointManager(self.folder, options=options)
            except Exception as error:
                raise CheckpointError(f"{self.folder} cannot be used for checkpoints: {first_line(error)}") from error
        return self._manager

    def _not_written(self, error):
        step, self._saving = self._saving, None
        full = any(sign in str(error) for sign in ("No space left", "RESOURCE_EXHAUSTED"))
        return CheckpointError(
            f"the checkpoint of step {step} could not be written to {self.folder}: "
            f"{'no space is left on the disk' if full else first_line(error)}; the checkpoint before it remains, and "
            "the same command resumes from there once there is space"
        )


@contextmanager
def silenced_unraisable():
    """Discard the errors of reads that Orbax abandons after the first one fails; Python would print each to stderr.

    The first error is raised as an exception, and reported by the caller.
    """
    before, sys.unraisablehook = sys.unraisablehook, lambda unraisable: None
    try:
        yield
        gc.collect()
    finally:
        sys.unraisablehook = before


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, shortened; its type if it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]


def _is_not_from_orbax(record):
    """Filter Orbax's lines out of the log: its errors come as exceptions."""
    return "orbax" not in record.pathname
