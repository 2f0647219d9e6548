"""A result depends on its own claim's code and on the library that it imports, and on nothing else."""

import shutil
from pathlib import Path

import pytest

import experiments
from dl_jax.runtime.code import digest, imported, judging_code, measuring_code

ROOT = Path(__file__).parents[2]
NAMES = [name for name in experiments.listing() if name != "reproduce"]


@pytest.fixture
def checkout(tmp_path):
    for folder in ("dl_jax", "experiments"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def file_of(name, root):
    package = root / "experiments" / name / "__init__.py"
    return package if package.is_file() else root / "experiments" / f"{name}.py"


def digests(root, code=measuring_code):
    return {name: digest(code(file_of(name, root), root), root) for name in NAMES}


def change(path):
    path.write_text(path.read_text() + "\n# another line\n")


def changed(checkout, path, code=measuring_code):
    before = digests(checkout, code)
    change(checkout / path)
    return {name for name, found in digests(checkout, code).items() if found != before[name]}


def test_a_checkout_elsewhere_has_the_same_digests(checkout):
    assert digests(checkout) == digests(ROOT)


def test_a_claims_own_part_reruns_that_claim_alone(checkout):
    assert changed(checkout, "experiments/feature_hierarchy/conjunction.py") == {"feature_hierarchy"}
    assert changed(checkout, "experiments/linear_half_spaces.py") == {"linear_half_spaces"}


def test_a_module_of_the_library_reruns_those_that_import_it(checkout):
    users = {
        name for name in NAMES if checkout / "dl_jax/measures/hessian.py" in imported(file_of(name, checkout), checkout)
    }
    assert "loss_landscape" in users
    assert changed(checkout, "dl_jax/measures/hessian.py") == users


def test_what_every_claim_measures_through_reruns_all(checkout):
    assert changed(checkout, "dl_jax/evidence/records.py") == set(NAMES)


@pytest.mark.parametrize("path", ["evidence/verdicts.py", "report/figures.py", "runtime/run.py"])
def test_judging_drawing_and_launching_rerun_nothing(checkout, path):
    assert changed(checkout, f"dl_jax/{path}") == set()


def test_what_judges_or_draws_is_judged_and_drawn_again(checkout):
    assert changed(checkout, "dl_jax/report/figures.py", judging_code) == set(NAMES)


def test_imports_inside_functions_count(checkout):
    tfds = checkout / "dl_jax/data/tfds.py"
    assert tfds in measuring_code(file_of("depth_and_nonlinearity", checkout), checkout)
