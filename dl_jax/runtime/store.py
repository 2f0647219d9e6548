"""Where results lie: written whole or not at all, and the finished parts of a run that was cut off."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from dl_jax.evidence.records import Records, Row
from dl_jax.runtime.flags import FlagError


def check_writable(folder: Path) -> None:
    """FlagError unless files can be written there. Leaves nothing behind."""
    standing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryDirectory(dir=standing, prefix=".writable-"):
            pass
    except OSError as error:
        reason = f"cannot be written to ({error.strerror})" if standing.is_dir() else "is not a folder"
        raise FlagError(f"--output_dir={folder}: {standing} {reason}; name a folder that you may write to") from None


@contextmanager
def whole_folder(folder: Path):
    """A new folder to fill, which takes the place of `folder` when all is written, and vanishes if it fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-new-"))
    old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-old-"))
    os.chmod(fresh, 0o755)
    try:
        yield fresh
        if folder.exists():
            os.replace(folder, old / folder.name)
        os.replace(fresh, folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        if (old / folder.name).exists():
            os.replace(old / folder.name, folder)
        old.rmdir()
        raise
    shutil.rmtree(old)


def write_text(path: Path, text: str) -> None:
    """The whole text, or what was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


class Memory:
    """The finished parts of a run, so that the same run goes on where it was cut off."""

    def __init__(self, folder: Path):
        self.folder = folder

    def keep(self, name: dict[str, Any], compute: Callable[[], list[Row]]) -> list[Row]:
        """The rows of this part: those that were kept, or newly computed and kept."""
        digest = sha256(json.dumps(name, sort_keys=True, default=str).encode()).hexdigest()[:16]
        path = self.folder / f"{digest}.jsonl"
        if not path.exists():
            records = Records(tuple(compute()))
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".fresh")
            records.write(fresh)
            os.replace(fresh, path)
        return list(Records.read(path).rows)

    def forget(self) -> None:
        """The run is whole; its parts are needed no longer."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.parent.exists() and not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()
