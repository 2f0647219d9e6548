"""Where results lie: written whole or not at all."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from dl_jax.errors import FlagError


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
