"""`import dl_jax as dl`: the public names, what they cost to import, and what type checkers see."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dl_jax as dl

ROOT = Path(dl.__file__).parents[1]


@pytest.mark.parametrize("name", dl.__all__)
def test_every_public_name_is_there_and_explained(name):
    thing = getattr(dl, name)
    assert thing.__doc__ if callable(thing) or name == "experiments" else thing


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'swep'"):
        _ = dl.swep


def test_type_checkers_see_the_same_names():
    stub = ast.parse(Path(dl.__file__).with_suffix(".pyi").read_text())
    seen = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(stub)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted(seen) == dl.__all__
    for name, path in seen.items():
        if name != "experiments":
            module, _, attribute = path.rpartition(".")
            assert getattr(sys.modules[module], attribute) is getattr(dl, name)


def test_the_import_alone_loads_neither_jax_nor_matplotlib():
    code = "import sys, dl_jax; print(sorted({'jax', 'matplotlib', 'sklearn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_page_of_public_names_is_that_of_the_docstrings():
    from dl_jax.runtime.api_page import page

    written = (ROOT / "dl_jax" / "api.md").read_text(encoding="utf-8")
    assert written == page(), "python -m dl_jax.runtime.api_page > dl_jax/api.md"
