"""Folders of results that are written completely or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dl_jax.errors import FlagError


def check_writable(folder: Path) -> None:
    """Raise FlagError unless files can be written to `folder`, which need not exist. Leaves no file behind."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryDirectory(dir=existing, prefix=".writable-"):
            pass
    except OSError as error:
        reason = f"cannot be written to ({error.strerror})" if existing.is_dir() else "is not a folder"
        raise FlagError(f"--output_dir={folder}: {existing} {reason}; name a folder that you may write to") from None


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield a new folder to fill, which then replaces `folder`. If an exception is raised, `folder` is unchanged."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-new-"))
    old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-old-"))
    os.chmod(new, 0o755)
    try:
        yield new
        if folder.exists():
            os.replace(folder, old / folder.name)
        os.replace(new, folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        if (old / folder.name).exists():
            os.replace(old / folder.name, folder)
        old.rmdir()
        raise
    shutil.rmtree(old)
