"""The states of a training on disk: saved while it goes on, and believed only where their digests agree.

Orbax writes and reads the arrays, each step into a folder that appears whole or not at all. It restores a flipped bit
without a word, so the SHA-256 of every array is kept beside them.
"""

import gc
import json
import logging
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import jax

from dl_jax.errors import CheckpointError
from dl_jax.scale.description import changes, describe, whole
from dl_jax.scale.digests import anywhere, differs
from dl_jax.scale.leaves import restored, to_restore, to_save

UNFINISHED = ".orbax-checkpoint-tmp"
"""What the name of a step's folder contains until the step is whole."""


class _Damaged(Exception):
    """What was restored is not what was saved."""


class Checkpoints:
    """The newest states of one training, in a folder of their own, which all processes see.

    Nothing is read, written or imported until it is needed: a training that is never saved costs nothing.

    about:   what the training is (flags, code, data, versions), of JSON's types; saved states of another are refused.
    every_s: seconds from one save to the next.
    keep:    how many states stay on disk; one may turn out to be damaged.
    """

    def __init__(self, folder: Path, about: dict[str, Any], every_s: float = 60.0, keep: int = 2):
        self.folder, self.about = Path(folder).absolute(), json.loads(json.dumps(about))
        self.every_s, self.keep = every_s, keep
        self._open, self._saving, self._saved_at = None, None, monotonic()

    def newest(self, like: Any) -> tuple[int, Any] | None:
        """(step, tree) of the newest state that is whole; None if nothing was saved yet.

        like: the tree's shapes and types, and where its leaves shall lie: a jax.ShapeDtypeStruct with its sharding (on
              the first device without one), a jax.Array, a typed key, or a numpy array, which stays on the host.

        A damaged state is named on stderr and put aside, and the one before is taken. CheckpointError if states are
        there and none can be used, or if they are those of another training.
        """
        self._wait()
        if not self.folder.exists():
            return None
        damaged = []
        for step in sorted(self._manager().all_steps(), reverse=True):
            with _dropped_in_silence():
                tree, why = self._tried(step, like)
            if not why:
                self._put_aside(damaged, step)
                return step, tree
            damaged.append((step, why))
        self._check_empty(damaged)
        return None

    def save(self, step: int, tree: Any) -> None:
        """Save the tree as the state after `step` steps. What the disk does goes on while the next steps are computed.

        The tree may be donated afterwards: its numbers are on the host when this returns. CheckpointError if this
        state, or the one saved before, cannot be written.
        """
        self._wait()
        import orbax.checkpoint as ocp

        args = ocp.args.Composite(
            state=ocp.args.StandardSave(to_save(tree)), meta=ocp.args.JsonSave(describe(self.about, tree))
        )
        manager, self._saving = self._manager(), step
        try:
            manager.save(step, args=args, force=True)
        except Exception as error:
            raise self._not_written(error) from error
        self._saved_at = monotonic()

    def due(self) -> bool:
        """Whether it is time to save again."""
        return monotonic() - self._saved_at >= self.every_s

    def close(self) -> None:
        """Wait until what was saved is on disk. CheckpointError if it could not be written."""
        try:
            self._wait()
        finally:
            manager, self._open = self._open, None
            if manager is not None:
                manager.close()

    def forget(self) -> None:
        """Delete the folder: the training is over, and what it gave is kept elsewhere."""
        self.close()
        if jax.process_index() == 0:
            shutil.rmtree(self.folder, ignore_errors=True)
        anywhere(False)  # no process goes on before it is gone

    def _manager(self):
        if self._open is None:
            import orbax.checkpoint as ocp  # it defines flags, which must not be there when an experiment is imported
            from orbax.checkpoint import checkpoint_managers

            logging.getLogger("absl").addFilter(_not_of_orbax)
            latest = checkpoint_managers.LatestN(self.keep)
            options = ocp.CheckpointManagerOptions(preservation_policy=latest, cleanup_tmp_directories=True)
            try:
                self._open = ocp.CheckpointManager(self.folder, options=options)
            except Exception as error:
                raise CheckpointError(f"{self.folder} cannot be used for saved states: {_one_line(error)}") from error
        return self._open

    def _wait(self):
        """Until the last save is on disk: before that, `all_steps` names a step that may never be whole."""
        if self._saving is None:
            return
        try:
            self._open.wait_until_finished()
        except Exception as error:
            raise self._not_written(error) from error
        self._saving = None

    def _not_written(self, error):
        step, self._saving = self._saving, None
        full = any(sign in str(error) for sign in ("No space left", "RESOURCE_EXHAUSTED"))
        return CheckpointError(
            f"the state after step {step} could not be written to {self.folder}: "
            f"{'no space is left on the disk' if full else _one_line(error)}; the one before it is kept, "
            "and once there is room the same command goes on from there"
        )

    def _tried(self, step, like):
        """(tree, ""), or (None, what is wrong with it)."""
        try:
            return self._restored(step, like), ""
        except CheckpointError:
            raise
        except Exception as error:  # for what is broken Orbax raises nearly anything
            return None, _one_line(error)

    def _restored(self, step, like):
        import orbax.checkpoint as ocp

        description = self._manager().restore(step, args=ocp.args.Composite(meta=ocp.args.JsonRestore()))["meta"]
        if not whole(description):
            raise _Damaged("its description differs from its SHA-256")
        changed = changes(description, self.about, like)
        if changed:
            raise CheckpointError(
                f"{self.folder} holds another training, saved after step {step}: {changed}; {self._way_out()}"
            )
        told = description["told"]
        found, failed = {}, None
        try:
            args = ocp.args.Composite(state=ocp.args.StandardRestore(to_restore(like)))
            found = self._manager().restore(step, args=args)["state"]
        except Exception as error:
            failed = error
        if anywhere(failed is not None):
            raise failed or _Damaged("another process could not restore it")
        bad = [list(told["leaves"])[int(at)] for at, leaf in found.items() if differs(leaf, told["pieces"][at])]
        if anywhere(bool(bad)):
            raise _Damaged(f"{', '.join(bad) or 'an array of another process'} differs from its SHA-256")
        return restored(like, found)

    def _check_empty(self, damaged):
        """CheckpointError unless the folder is one in which nothing was finished yet."""
        if damaged:
            told = "; ".join(f"step {step}: {why}" for step, why in damaged)
            raise CheckpointError(f"no saved state in {self.folder} can be restored ({told}); {self._way_out()}")
        foreign = sorted(path.name for path in self.folder.iterdir() if UNFINISHED not in path.name)
        if foreign:
            raise CheckpointError(f"{self.folder} holds {foreign[0]}, but no saved state; {self._way_out()}")

    def _put_aside(self, damaged, good):
        for step, why in damaged:
            print(
                f"The state after step {step} in {self.folder} is damaged ({why}); going on from step {good}",
                file=sys.stderr,
            )
            if jax.process_index() == 0:
                aside = self.folder / f"damaged-{step}"
                shutil.rmtree(aside, ignore_errors=True)
                (self.folder / str(step)).rename(aside)
        if damaged:
            anywhere(False)  # no process looks before they are aside
            self._manager().reload()

    def _way_out(self):
        return f"name another --output_dir, or delete {self.folder} to start again"


@contextmanager
def _dropped_in_silence():
    """Where one array cannot be read, Orbax drops the reads of the others, and Python would tell of each on stderr
    whenever it comes upon it. They are thrown away here; what went wrong is told once, by the caller."""
    told, sys.unraisablehook = sys.unraisablehook, lambda dropped: None
    try:
        yield
        gc.collect()
    finally:
        sys.unraisablehook = told


def _one_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]


def _not_of_orbax(record):
    """Whether a line of the log is to be shown. What goes wrong in Orbax comes as an exception, and is told in one."""
    return "orbax" not in record.pathname
