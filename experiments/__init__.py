"""The experiments: one claim of the paper per module, or per package where it has several files."""

import pkgutil
from pathlib import Path


def listing(folder: Path | None = None) -> list[str]:
    """Return the names of all experiments and `reproduce`, sorted: the modules and packages in this folder.

    folder: another folder to list, so that a launcher need not import this package.
    """
    modules = pkgutil.iter_modules([str(folder)] if folder else __path__)
    return sorted(module.name for module in modules)
