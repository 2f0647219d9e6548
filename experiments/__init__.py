"""The experiments: one claim of the paper per module, or per package where it has several files."""

import pkgutil
from pathlib import Path

COMMANDS = ("ledger", "multiverse", "reproduce")
"""Modules that run experiments or look after them."""


def claims() -> list[str]:
    """Return the names of all experiments, sorted."""
    return [name for name in listing() if name not in COMMANDS]


def listing(folder: Path | None = None) -> list[str]:
    """Return the names of all experiments and commands, sorted: the modules and packages in this folder.

    folder: another folder to list, so that a launcher need not import this package.
    """
    modules = pkgutil.iter_modules([str(folder)] if folder else __path__)
    return sorted(module.name for module in modules)
