"""Which code the numbers of an experiment depend on, read from the imports, and a digest of it."""

import ast
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
JUDGING = ("evidence", "report")
"""Packages of the library that turn records into verdicts and figures."""
NOT_MEASURING = (*JUDGING, "runtime", "scale")
"""Packages that no measured number passes through, except MEASURING_EVIDENCE."""
MEASURING_EVIDENCE = ("dl_jax/evidence/records.py", "dl_jax/evidence/selection.py")
"""Parts of `evidence` that experiments use while they measure."""


def measuring_code(file: Path, root: Path = ROOT) -> list[Path]:
    """The files that the records of the experiment in this file depend on: its own (all of them, if it is a package),
    and the library modules that they import, transitively. Code that only judges, draws or launches is left out."""
    return [path for path in imported(file, root) if _measures(_named(path, root))]


def judging_code(file: Path, root: Path = ROOT) -> list[Path]:
    """The library modules that its verdicts and figures depend on, besides the records."""
    return [path for path in imported(file, root) if _named(path, root).startswith(_packages(JUDGING))]


def digest(paths: list[Path], root: Path = ROOT) -> str:
    """Twelve hexadecimal digits that change when one of the files does."""
    found = sha256()
    for path in paths:
        found.update(f"{_named(path, root)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()[:12]


def imported(file: Path, root: Path = ROOT) -> list[Path]:
    """An experiment's own files and all library modules that they import, transitively, sorted."""
    waiting = sorted(file.parent.glob("*.py")) if file.name == "__init__.py" else [file]
    found = set(waiting)
    while waiting:
        new = set(_imports(waiting.pop(), root)) - found
        found |= new
        waiting += new
    return sorted(found)


def _named(path, root):
    """A path that is the same wherever the checkout lies."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _measures(name):
    return not name.startswith(_packages(NOT_MEASURING)) or name in MEASURING_EVIDENCE


def _packages(names):
    return tuple(f"dl_jax/{name}/" for name in names)


def _imports(path, root) -> Iterator[Path]:
    """The files of the library, and of the experiment's own package, that a file imports."""
    for name in _imported_names(path.read_bytes()):
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            base = root.joinpath(*parts[:count])
            yield from (each for each in (base.with_suffix(".py"), base / "__init__.py") if each.is_file())


@cache
def _imported_names(source: bytes) -> tuple[str, ...]:
    """Dotted names that may be modules: `from a.b import c` gives a.b.c."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(name for name in names if name.partition(".")[0] in ("dl_jax", "experiments"))
