"""Checkpoints of one training, verified by digests when they are restored.

Orbax restores an array with a flipped bit without an error, so the SHA-256 of every shard is stored beside it.
"""

import json
import shutil
import sys
from pathlib import Path
from time import monotonic
from typing import Any

import jax

from dl_jax.errors import CheckpointError
from dl_jax.scale.digests import any_process, differs
from dl_jax.scale.leaves import leaves_to_restore, leaves_to_save, tree_of
from dl_jax.scale.metadata import is_intact, metadata_of, mismatch
from dl_jax.scale.orbax_store import TEMPORARY, OrbaxStore, first_line, silenced_unraisable


class _Damaged(Exception):
    """The restored state is not the saved one."""


class Checkpoints:
    """The newest checkpoints of one training, in a folder of their own that all processes share.

    Nothing is imported or created before the first save or restore, so a short training pays nothing.

    identity: what determines the training (flags, code, data, versions), of JSON's types; checkpoints of a training
              with another identity are refused.
    every_s:  seconds from one save to the next.
    keep:     number of checkpoints on disk; with two, one of them may be damaged.
    """

    def __init__(self, folder: Path, identity: dict[str, Any], every_s: float = 60.0, keep: int = 2):
        self.folder, self.identity = Path(folder).absolute(), json.loads(json.dumps(identity))
        self.every_s = every_s
        self._store, self._saved_at = OrbaxStore(self.folder, keep), monotonic()

    def restore(self, like: Any) -> tuple[int, Any] | None:
        """Return (step, tree) of the newest undamaged checkpoint; None if nothing was saved yet.

        like: the tree's shapes, types and shardings. A leaf is a jax.ShapeDtypeStruct (restored to the first device if
              it has no sharding), a jax.Array, a typed key, or a numpy array, which is restored on the host.

        A damaged checkpoint is reported on stderr and renamed, and the one before it is used. Raises CheckpointError
        if there are checkpoints but none is usable, or if they belong to another training.
        """
        self._store.wait()
        if not self.folder.exists():
            return None
        damaged: list[tuple[int, str]] = []
        for step in self._store.steps():
            with silenced_unraisable():
                tree, reason = self._try_restore(step, like)
            if not reason:
                self._set_aside(damaged, step)
                return step, tree
            damaged.append((step, reason))
        self._check_empty(damaged)
        return None

    def save(self, step: int, tree: Any) -> None:
        """Save the state after `step` steps. The disk is written while the next steps are computed.

        The tree may be donated when this returns, since its values are copied to the host. Raises CheckpointError if
        this checkpoint, or the one before it, cannot be written.
        """
        self._store.wait()
        self._store.save(step, leaves_to_save(tree), metadata_of(self.identity, tree))
        self._saved_at = monotonic()

    def due(self) -> bool:
        """Return whether `every_s` seconds have passed since the last save."""
        return monotonic() - self._saved_at >= self.every_s

    def close(self) -> None:
        """Wait until the last save is on disk. Raises CheckpointError if it could not be written."""
        self._store.close()

    def delete(self) -> None:
        """Close, and delete the folder."""
        self.close()
        if jax.process_index() == 0:
            shutil.rmtree(self.folder, ignore_errors=True)
        any_process(False)  # a barrier: no process continues before the folder is deleted

    def _try_restore(self, step, like):
        """Return (tree, ""), or (None, why the checkpoint is damaged)."""
        try:
            return self._restore(step, like), ""
        except CheckpointError:
            raise
        except Exception as error:  # Orbax raises nearly any exception for damaged files
            return None, first_line(error)

    def _restore(self, step, like):
        metadata = self._store.metadata(step)
        if not is_intact(metadata):
            raise _Damaged("its metadata differs from its SHA-256")
        if different := mismatch(metadata, self.identity, like):
            raise CheckpointError(
                f"{self.folder} has checkpoints of another training, at step {step}: {different}; {self._remedy()}"
            )
        content = metadata["content"]
        leaves, failure = {}, None
        try:
            leaves = self._store.leaves(step, leaves_to_restore(like))
        except Exception as error:
            failure = error
        if any_process(failure is not None):
            raise failure or _Damaged("another process could not restore it")
        names = list(content["leaves"])
        bad = [names[int(number)] for number, leaf in leaves.items() if differs(leaf, content["shards"][number])]
        if any_process(bool(bad)):
            raise _Damaged(f"{', '.join(bad) or 'an array of another process'} differs from its SHA-256")
        return tree_of(like, leaves)

    def _check_empty(self, damaged):
        """Raise CheckpointError unless nothing was ever completely written to the folder."""
        if damaged:
            reasons = "; ".join(f"step {step}: {reason}" for step, reason in damaged)
            raise CheckpointError(f"no checkpoint in {self.folder} can be restored ({reasons}); {self._remedy()}")
        foreign = sorted(path.name for path in self.folder.iterdir() if TEMPORARY not in path.name)
        if foreign:
            raise CheckpointError(f"{self.folder} contains {foreign[0]}, but no checkpoint; {self._remedy()}")

    def _set_aside(self, damaged, good):
        """Report and rename the damaged checkpoints that are newer than the restored one."""
        for step, reason in damaged:
            print(
                f"The checkpoint of step {step} in {self.folder} is damaged ({reason}); resuming from step {good}",
                file=sys.stderr,
            )
            if jax.process_index() == 0:
                aside = self.folder / f"damaged-{step}"
                shutil.rmtree(aside, ignore_errors=True)
                (self.folder / str(step)).rename(aside)
        if damaged:
            any_process(False)  # a barrier: no process reads the folder before they are renamed
            self._store.reload()

    def _remedy(self):
        return f"name another --output_dir, or delete {self.folder} to start again"
