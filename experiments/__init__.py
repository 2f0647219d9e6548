"""One claim a file, or a package once it owns more than one file. This folder's listing is the registry."""

import pkgutil
from pathlib import Path


def listing(folder: Path | None = None) -> list[str]:
    """The experiments that there are, by name; `reproduce` among them. Files and packages alike."""
    found = pkgutil.iter_modules([str(folder)] if folder else __path__)
    return sorted(module.name for module in found)
