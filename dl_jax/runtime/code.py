"""Find the source files that an experiment's results depend on, by following its imports, and compute their digest."""

import ast
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
JUDGING = ("evidence", "report")
"""Packages of the library that turn records into verdicts and figures."""
NOT_MEASURING = (*JUDGING, "runtime", "scale")
"""Packages that cannot change a measured number, except MEASURING_EVIDENCE."""
MEASURING_EVIDENCE = ("dl_jax/evidence/records.py", "dl_jax/evidence/selection.py")
"""Modules of `evidence` that experiments call while they measure."""


def measuring_code(file: Path, root: Path = ROOT) -> list[Path]:
    """Return the files that the records of an experiment depend on, sorted.

    These are the experiment's own files (`file`, or its whole package if `file` is an `__init__.py`) and the library
    modules that they import, directly or indirectly. Code that only judges, draws or launches is left out.
    """
    return [path for path in imported(file, root) if _measures(_named(path, root))]


def judging_code(file: Path, root: Path = ROOT) -> list[Path]:
    """Return the library modules that the verdicts and figures of an experiment depend on, sorted."""
    return [path for path in imported(file, root) if _named(path, root).startswith(_packages(JUDGING))]


def digest(paths: list[Path], root: Path = ROOT) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of the files' names and contents."""
    hashed = sha256()
    for path in paths:
        hashed.update(f"{_named(path, root)}\0".encode() + path.read_bytes() + b"\0")
    return hashed.hexdigest()[:12]


def imported(file: Path, root: Path = ROOT) -> list[Path]:
    """Return an experiment's own files and the library modules that they import, directly or indirectly, sorted."""
    pending = sorted(file.parent.glob("*.py")) if file.name == "__init__.py" else [file]
    files = set(pending)
    while pending:
        new = set(_imports(pending.pop(), root)) - files
        files |= new
        pending += new
    return sorted(files)


def _named(path, root):
    """Return the path relative to the checkout, so that the digest does not depend on its location."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _measures(name):
    return not name.startswith(_packages(NOT_MEASURING)) or name in MEASURING_EVIDENCE


def _packages(names):
    return tuple(f"dl_jax/{name}/" for name in names)


def _imports(path, root) -> Iterator[Path]:
    """Yield the files of the library and of the experiments that a file imports."""
    for name in _imported_names(path.read_bytes()):
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            base = root.joinpath(*parts[:count])
            yield from (each for each in (base.with_suffix(".py"), base / "__init__.py") if each.is_file())


@cache
def _imported_names(source: bytes) -> tuple[str, ...]:
    """Return imported dotted names, which may be modules or their attributes: `from a.b import c` gives a.b.c."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(name for name in names if name.partition(".")[0] in ("dl_jax", "experiments"))
