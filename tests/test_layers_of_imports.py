"""Imports go down the list of packages only, outside libraries have their packages, and files are small: by source."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path.relative_to(ROOT) for folder in ("dl_jax", "experiments") for path in (ROOT / folder).rglob("*.py"))
LINES = 200

BELOW = {
    "errors": (),
    "paper": ("errors",),
    "evidence": ("errors",),
    "models": ("errors",),
    "data": ("errors",),
    "training": ("errors", "evidence", "models", "data.dataset", "data.by_seed"),
    "measures": ("errors", "evidence", "models", "training", "data"),
    "report": ("errors", "paper", "evidence"),
    "scale": ("errors", "evidence", "training"),
    "runtime": ("errors", "paper", "evidence", "models", "data", "training", "measures", "report", "scale"),
}
"""What each package may import, besides itself. `dl_jax/__init__.py` imports the public names, when first used."""

PUBLIC = ("dl_jax/__init__.py", "dl_jax/runtime/api_page.py")
"""The public names, and the page about them."""

COMMANDS = tuple(f"experiments/{name}.py" for name in ("ledger", "multiverse", "reproduce"))
LISTING = (*COMMANDS, "dl_jax/runtime/library.py")
"""Files that import experiments by name, from the folder's listing."""

CONTEXT = ("context.events", "context.kind", "context.mesh")
"""An experiment hands its context on and never opens it."""
LOOPS = ("jax.jit", "lax.scan", "value_and_grad", "shard_map")
"""Compiled programs and loops over steps: the main file of an experiment leaves them to the library and its parts."""

OUTSIDE = {
    "absl": ("dl_jax/runtime/",),
    "flax.linen": ("dl_jax/models/", "dl_jax/measures/", "experiments/"),
    "flax": ("dl_jax/training/", "dl_jax/models/"),
    "optax": ("dl_jax/training/", "experiments/"),
    "tensorflow_datasets": ("dl_jax/data/",),
    "tensorflow": ("dl_jax/data/",),
    "orbax": ("dl_jax/scale/orbax_store.py",),
    "grain": ("dl_jax/data/",),
    "array_record": ("dl_jax/data/",),
    "sklearn": ("dl_jax/data/", "dl_jax/measures/", "experiments/"),
    "jinja2": ("dl_jax/report/",),
    "torch": (),
    "flax.nnx": ("dl_jax/models/",),
}
"""Where a library may be imported; of several that fit, the longest name counts."""

INSIDE_FUNCTIONS = ("tensorflow", "tensorflow_datasets", "orbax", "grain", "array_record")
"""Imported only when needed: slow to import, or an extra."""


def imports(tree, package):
    """(dotted name, whether it is imported as the file is) for all imports, also those by a literal name."""
    lazy = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, *([node.module] if node.module else ())))
            names = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in (
            "import_module",
            "__import__",
        ):
            names = [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)]
        for name in names:
            yield name, id(node) not in lazy


def under(name, prefix):
    return name == prefix or name.startswith(f"{prefix}.")


def _may_import_experiments(path, name):
    """A claim may import its own package, and `reproduce` the folder's listing; nothing else imports a claim."""
    if path.as_posix() in LISTING:
        return name == "experiments"
    return len(path.parts) == 3 and path.parts[0] == "experiments" and under(name, f"experiments.{path.parts[1]}")


def violations(path, source):
    """What a file does against the rules, one line each."""
    lines = [f"{source.count(chr(10))} lines"] if source.count("\n") > LINES else []
    lines += ["fmt: skip"] if "fmt: skip" in source else []
    parts = path.with_suffix("").parts
    package = parts[1] if parts[0] == "dl_jax" and len(parts) > 2 else None
    if parts[0] == "experiments":
        main = len(parts) == 2 or path.name == "__init__.py"
        lines += [f"uses {name}" for name in (*CONTEXT, *(LOOPS if main else ())) if name in source]
    for name, at_once in imports(ast.parse(source), parts[:-1]):
        if under(name, "experiments") and not _may_import_experiments(path, name):
            lines.append(f"imports {name}")
        if under(name, "tests") or under(name, "launch"):
            lines.append(f"imports {name}")
        if parts[0] == "dl_jax" and path.as_posix() not in PUBLIC and under(name, "dl_jax"):
            allowed = () if path.name == "provenance.py" else (package, *BELOW.get(package, ())) if package else ()
            if not any(under(name, f"dl_jax.{other}") for other in allowed):
                lines.append(f"imports {name}")
        fits = [library for library in OUTSIDE if under(name, library)]
        if fits and not any(path.as_posix().startswith(context) for context in OUTSIDE[max(fits, key=len)]):
            lines.append(f"imports {name}")
        if at_once and any(under(name, library) for library in INSIDE_FUNCTIONS):
            lines.append(f"imports {name} at once")
    return lines


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_keeps_the_rules(path):
    assert violations(path, (ROOT / path).read_text()) == []


def test_every_package_has_its_rule():
    packages = {path.parts[1] for path in FILES if path.parts[0] == "dl_jax" and len(path.parts) > 2}
    assert packages <= set(BELOW)
    assert {"models", "training", "evidence", "runtime"} <= packages


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("dl_jax/models/new.py", "from dl_jax.training.step import step"),
        ("dl_jax/models/new.py", "from dl_jax.data.dataset import Examples"),
        ("dl_jax/models/new.py", "from ..training import step"),
        ("dl_jax/models/new.py", "import dl_jax"),
        ("dl_jax/models/new.py", "def f():\n    import dl_jax.runtime.flags"),
        ("dl_jax/models/new.py", "import importlib\nimportlib.import_module('dl_jax.report.page')"),
        ("dl_jax/evidence/new.py", "from dl_jax.models import mlp"),
        ("dl_jax/evidence/new.py", "from dl_jax.runtime.provenance import commit"),
        ("dl_jax/training/new.py", "from dl_jax.data import catalog"),
        ("dl_jax/training/new.py", "from dl_jax.measures import half_spaces"),
        ("dl_jax/measures/new.py", "from dl_jax.report.plots import canvas"),
        ("dl_jax/report/new.py", "from dl_jax.training import fit"),
        ("dl_jax/runtime/provenance.py", "from dl_jax.runtime.flags import Flags"),
        ("dl_jax/runtime/new.py", "import experiments"),
        ("dl_jax/report/new.py", "from experiments import linear_half_spaces"),
        ("experiments/new.py", "import experiments.linear_half_spaces"),
        ("experiments/new.py", "from experiments import linear_half_spaces"),
        ("experiments/new.py", "from . import linear_half_spaces"),
        ("experiments/new.py", "import experiments"),
        ("experiments/new/__init__.py", "from experiments.other import figures"),
        ("experiments/new/figures.py", "from experiments import other"),
        ("experiments/reproduce.py", "from experiments import linear_half_spaces"),
        ("experiments/new.py", "from tests.conftest import context"),
        ("experiments/new.py", "from absl import app"),
        ("dl_jax/data/new.py", "from absl import logging"),
        ("dl_jax/runtime/new.py", "from flax import struct"),
        ("dl_jax/training/new.py", "from flax import linen"),
        ("dl_jax/training/new.py", "from flax import nnx"),
        ("dl_jax/data/new.py", "import tensorflow_datasets as tfds"),
        ("dl_jax/data/new.py", "try:\n    import tensorflow\nexcept ImportError:\n    pass"),
        ("dl_jax/training/new.py", "def f():\n    import tensorflow_datasets"),
        ("dl_jax/models/new.py", "import torch"),
        ("dl_jax/models/new.py", "\n" * (LINES + 1)),
        ("experiments/new.py", "x = (1, 2)  # fmt: skip"),
        ("experiments/new/__init__.py", "def measure(config, context):\n    context.events.progress('', 1, 1)"),
        ("experiments/new/__init__.py", "import jax\nprogram = jax.jit(abs)"),
    ],
)
def test_a_planted_violation_is_found(path, source):
    assert len(violations(Path(path), source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("dl_jax/models/new.py", "import jax\nfrom dl_jax.models.model import Model\nfrom .mlp import mlp"),
        ("dl_jax/training/new.py", "from flax import struct\nimport optax\nfrom dl_jax.data.dataset import Examples"),
        ("dl_jax/data/new.py", "def f():\n    import tensorflow_datasets"),
        ("dl_jax/runtime/new.py", "from absl import flags\nfrom dl_jax.report import figures"),
        ("experiments/new.py", "from dl_jax.runtime.run import run\nfrom dl_jax.models.mlp import mlp"),
        ("experiments/reproduce.py", "import experiments"),
        ("experiments/new/pictures.py", "import jax\nprogram = jax.jit(abs)"),
        ("experiments/new/__init__.py", "from experiments.new.figures import curve\nfrom experiments.new import net"),
        ("dl_jax/models/new.py", "\n" * LINES),
    ],
)
def test_what_is_allowed_is_let_through(path, source):
    assert violations(Path(path), source) == []
