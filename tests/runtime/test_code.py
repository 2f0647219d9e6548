"""Digests of code: a result depends on its experiment's files and on the library modules that these import."""

import shutil
from pathlib import Path

import pytest

import experiments
from dl_jax.runtime.code import digest, imported, judging_code, measuring_code

ROOT = Path(__file__).parents[2]
NAMES = experiments.claims()


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
    return {name for name, digest in digests(checkout, code).items() if digest != before[name]}


def test_a_checkout_elsewhere_has_the_same_digests(checkout):
    assert digests(checkout) == digests(ROOT)


def test_changing_a_file_of_an_experiment_reruns_that_experiment_alone(checkout):
    assert changed(checkout, "experiments/feature_hierarchy/conjunction.py") == {"feature_hierarchy"}
    assert changed(checkout, "experiments/linear_half_spaces.py") == {"linear_half_spaces"}


def test_changing_a_library_module_reruns_the_experiments_that_import_it(checkout):
    users = {
        name for name in NAMES if checkout / "dl_jax/measures/hessian.py" in imported(file_of(name, checkout), checkout)
    }
    assert "loss_landscape" in users
    assert changed(checkout, "dl_jax/measures/hessian.py") == users


def test_changing_the_records_reruns_all(checkout):
    assert changed(checkout, "dl_jax/evidence/records.py") == set(NAMES)


@pytest.mark.parametrize("path", ["evidence/verdicts.py", "report/plots.py", "runtime/run.py"])
def test_changing_code_that_judges_draws_or_launches_reruns_nothing(checkout, path):
    assert changed(checkout, f"dl_jax/{path}") == set()


def test_changing_code_that_draws_judges_and_draws_again(checkout):
    assert changed(checkout, "dl_jax/report/plots.py", judging_code) == set(NAMES)


def test_imports_inside_functions_count(checkout):
    tfds = checkout / "dl_jax/data/tfds.py"
    assert tfds in measuring_code(file_of("depth_and_nonlinearity", checkout), checkout)
