"""Running experiments from Python."""

import sys
from pathlib import Path

import numpy as np
import pytest

import dl_jax
import experiments
from dl_jax.errors import FlagError
from dl_jax.runtime import library


@pytest.fixture
def experiment(fake, tmp_path, monkeypatch):
    """The module of an experiment that the folder of experiments has, beside `reproduce`."""
    fake("half_spaces")
    (tmp_path / "fakes" / "reproduce.py").touch()
    monkeypatch.setattr(experiments, "__path__", [str(tmp_path / "fakes")])
    monkeypatch.delitem(sys.modules, "experiments.half_spaces", raising=False)
    yield library.importlib.import_module("experiments.half_spaces")
    del sys.modules["experiments.half_spaces"]
    delattr(experiments, "half_spaces")


def test_the_result_has_records_verdicts_and_figures_and_nothing_is_written(experiment, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    result = library.run("half_spaces", seeds=14, size=2)
    assert result.records.axis("seed") == tuple(range(14))
    assert result.records.axis("experiment") == ("half_spaces",)
    np.testing.assert_allclose(result.records.values("first"), 2 + np.arange(14) / 100)
    (verdict,) = result.verdicts
    assert (verdict.key, verdict.verdict, verdict.n, verdict.exploratory) == ("69.large", "SUPPORTED", 14, True)
    assert verdict.experiment == "half_spaces"
    assert list(result.figures) == ["sizes"]
    assert {path for path in tmp_path.rglob("*") if "__pycache__" not in path.parts} <= before
    assert "half_spaces: starting" in capsys.readouterr().err


def test_a_preset_gives_the_flags_that_are_not_given(experiment):
    assert library.run("half_spaces", preset="smoke").verdicts[0].n == 2
    assert library.run("half_spaces", preset="smoke", seeds=7).verdicts[0].n == 7


def test_with_a_folder_the_run_is_written_and_found_again(experiment, tmp_path):
    first = library.run("half_spaces", output_dir=tmp_path / "results")
    assert (tmp_path / "results" / "half_spaces" / "latest" / "verdicts.json").is_file()
    again = library.run("half_spaces", output_dir=str(tmp_path / "results"))
    assert experiment.COMPUTED == ["first", "second"]
    assert again.records == first.records
    assert again.verdicts == first.verdicts
    assert again.records.rows == library.run("half_spaces").records.rows


@pytest.mark.parametrize(
    ("name", "flags", "message"),
    [
        ("half_space", {}, "there is no experiment 'half_space'; did you mean 'half_spaces'?"),
        ("zzz", {}, "there is no experiment 'zzz'; the experiments are half_spaces"),
        ("reproduce", {}, "there is no experiment 'reproduce'"),
        ("half_spaces", {"seed": 5}, "there is no flag --seed; did you mean --seeds?"),
        ("half_spaces", {"seeds": 0}, "--seeds must be at least 1, not 0"),
        ("half_spaces", {"seeds": 2.5}, "--seeds takes a whole number, not 2.5"),
        ("half_spaces", {"size": "large"}, "--size takes a number, not 'large'"),
        ("half_spaces", {"tasks": (1,)}, "--tasks takes a text or a sequence of them, not 1"),
        (
            "half_spaces",
            {"preset": "huge"},
            "--preset: unknown value 'huge'; the choices are smoke, laptop, accelerator",
        ),
        ("half_spaces", {"output_dir": "/dev/null"}, "/dev/null is not a folder"),
    ],
)
def test_what_cannot_be_run_is_an_error_that_says_what_to_write(experiment, name, flags, message):
    with pytest.raises(FlagError) as raised:
        library.run(name, **flags)
    assert message in str(raised.value)
    assert not experiment.COMPUTED


def test_the_experiments_are_listed():
    files = {path.stem for path in Path(experiments.__path__[0]).glob("[!_]*.py")} - set(experiments.COMMANDS)
    assert files <= set(library.names())
    assert not set(experiments.COMMANDS) & set(library.names())


def test_the_public_name():
    assert dl_jax.experiments.run is library.run
