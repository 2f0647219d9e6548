"""Find the source files that an experiment's results depend on, by following its imports, and compute their digest."""

import ast
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

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


def deciding_code(file: Path, root: Path = ROOT) -> list[Path]:
    """Return the files that say what an experiment measures and judges: its own, without figures, and its measures."""

    def decides(path):
        is_claims = path == file or (file.name == "__init__.py" and path.parent == file.parent)
        return (is_claims and path.name != "figures.py") or _named(path, root).startswith("dl_jax/measures/")

    return [path for path in imported(file, root) if decides(path)]


def substance(paths: list[Path], root: Path = ROOT) -> str:
    """Return a digest of what the files do: their syntax trees, without layout, comments and docstrings.

    It is the same in every version of Python.
    """
    return sha256(repr([(_named(path, root), _tree(path.read_bytes())) for path in paths]).encode()).hexdigest()[:12]


@cache
def _tree(source: bytes) -> Any:
    return _canonical(ast.parse(source))


def _canonical(node):
    if isinstance(node, list):
        return [_canonical(each) for each in node if not _is_docstring(each)]
    if not isinstance(node, ast.AST):
        return node
    parts = ((name, value) for name, value in ast.iter_fields(node) if name not in ("ctx", "kind", "type_comment"))
    return type(node).__name__, [(name, _canonical(value)) for name, value in parts if value not in (None, [])]


def _is_docstring(node) -> bool:
    """A string that stands alone: a docstring, or the description of a constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


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
