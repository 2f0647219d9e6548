"""Running one experiment: what is computed, written and printed, and the exit status."""

import errno
import json
import os
import shlex
import signal
import sys
from dataclasses import dataclass

import pytest

from dl_jax.errors import DataError, FlagError
from dl_jax.evidence.criteria import exceeds
from dl_jax.evidence.estimands import metric
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import Flags, flag, parse
from dl_jax.runtime.options import Options, command_of
from dl_jax.runtime.origin import data_of, identity_of, origin_of
from dl_jax.runtime.run import exit_status, run

FIRST, SECOND = "first", "second"


@pytest.fixture
def module(fake):
    return fake("fake")


@pytest.fixture
def started(module, results, monkeypatch):
    """started(*arguments) runs the command and returns its exit status."""

    def start(*arguments):
        monkeypatch.setattr(sys, "argv", ["fake.py", f"--output_dir={results}", *arguments])
        try:
            run(module.__name__)
        except SystemExit as exit:
            return exit.code

    return start


def contents(folder):
    return {str(path.relative_to(folder)): path.is_file() and path.read_bytes() for path in sorted(folder.rglob("*"))}


def written(results, name):
    return json.loads((latest(results) / name).read_text())


def latest(results):
    return results / "fake" / "latest"


def test_a_run_writes_records_verdicts_manifest_and_figures(started, results, capsys):
    assert started("--size=2") == 0
    names = {"records.jsonl", "verdicts.json", "manifest.json", "figures", "figures/sizes.svg", "figures/sizes.png"}
    run = latest(results).resolve()
    assert {path.name for path in (results / "fake").iterdir()} == {"latest", run.name}
    assert set(contents(run)) == names
    rows = [json.loads(line) for line in (run / "records.jsonl").read_text().splitlines()]
    assert len(rows) == 26
    assert rows[1] == {"experiment": "fake", "trial": 1, "seed": 1, "metric": "first", "value": 2.01}
    (verdict,) = written(results, "verdicts.json")
    expected = {"key": "69.large", "verdict": "SUPPORTED", "n": 13, "title": "it is <large>", "experiment": "fake"}
    assert expected.items() <= verdict.items()
    assert verdict["estimate"] == pytest.approx(2.06)
    assert verdict["low"] < verdict["estimate"] < verdict["high"]
    assert (verdict["scope"], verdict["exploratory"]) == ("fakes", True)  # it is in no ledger
    manifest = written(results, "manifest.json")
    assert manifest["digest"] == run.name
    assert {"flags", "versions", "device", "data", "code", "cost", "command", "criteria", "commit"} <= set(manifest)
    assert manifest["flags"] == {"seeds": 13, "rounds": 2, "first_seed": 0, "size": 2.0, "tasks": ["first", "second"]}
    assert manifest["command"] == "bash launch/local.sh fake --size=2"
    printed = capsys.readouterr().out
    assert "SUPPORTED" in printed
    assert f"Written to {run}" in printed


def test_a_finished_run_is_not_repeated(started, module, results, capsys):
    assert started() == 0
    before = contents(results)
    assert started() == 0
    assert started("--size=1.0", "--seeds", "13") == 0
    assert module.COMPUTED == [FIRST, SECOND]
    assert contents(results) == before
    assert "Nothing has changed" in capsys.readouterr().out


def test_a_run_with_other_flags_leaves_the_earlier_run_unchanged(started, module, results):
    assert started() == 0
    first = latest(results).resolve()
    before = contents(first)
    assert started("--size=3") == 0
    second = latest(results).resolve()
    assert first != second
    assert contents(first) == before
    assert started() == 0  # the first again: nothing is computed, and it is the latest
    assert latest(results).resolve() == first
    assert contents(first) == before
    assert module.COMPUTED == [FIRST, SECOND] * 2


def test_judge_only_judges_the_run_that_is_named(started, module, results, monkeypatch, capsys):
    assert started() == 0
    first = latest(results).resolve()
    assert started("--size=3") == 0
    second = latest(results).resolve()
    monkeypatch.setattr(module, "CRITERIA", (module.CRITERIA[0]._replace(title="another"),))
    assert started("--judge_only", f"--run={first.name[:8]}") == 0
    assert f"Written to {first}" in capsys.readouterr().out
    assert json.loads((first / "verdicts.json").read_text())[0]["title"] == "another"
    assert json.loads((second / "verdicts.json").read_text())[0]["title"] == "it is <large>"
    assert latest(results).resolve() == second
    assert started("--judge_only", "--run=xyz") == 2
    assert f"no run matches 'xyz' in {results / 'fake'}; the runs are " in capsys.readouterr().err


def test_results_in_the_older_layout_are_left_alone(started, results, capsys):
    older = results / "fake"
    older.mkdir(parents=True)
    for name in ("records.jsonl", "manifest.json"):
        (older / name).write_text("{}")
    assert started() == 0
    assert "results in the layout of an earlier version; they are left unchanged" in capsys.readouterr().out
    assert [(older / name).read_text() for name in ("records.jsonl", "manifest.json")] == ["{}", "{}"]
    assert (latest(results) / "verdicts.json").exists()


def test_two_runs_are_compared(started, results, capsys):
    assert started("--seeds=14") == 0
    first = latest(results).resolve().name
    assert started("--size=0.1") == 0
    before = contents(results)
    capsys.readouterr()
    assert started(f"--compare={first[:6]},latest") == 0
    printed = capsys.readouterr().out
    assert "flags seeds              14 | 13" in printed
    assert "flags size               1.0 | 0.1" in printed
    assert "versions" not in printed
    assert "Verdicts with different answers: 1\nfake  69.large: it is <large>" in printed
    assert "A  SUPPORTED" in printed
    assert "B  REFUTED" in printed
    assert contents(results) == before


@pytest.mark.parametrize("flag", ["--size=3", "--seeds=14", "--first_seed=1", "--preset=smoke"])
def test_another_flag_value_is_another_run(started, module, flag):
    assert started() == 0
    assert started(flag) == 0
    assert module.COMPUTED == [FIRST, SECOND] * 2


def test_data_are_identified_by_the_data_sets_and_by_the_contents_of_the_image(tmp_path):
    @dataclass(frozen=True)
    class OfDigits(Flags):
        dataset: str = flag("digits", "the data set")
        image: str = flag("", "the image")

    config = OfDigits(image=str(tmp_path / "dog.jpg"))
    with pytest.raises(DataError, match=r"dog.jpg: there is no such file"):
        data_of(config)
    identities = []
    for content in (b"one", b"other", b"one"):
        (tmp_path / "dog.jpg").write_bytes(content)
        identities.append(data_of(config))
    assert identities[0] == identities[2] != identities[1]
    assert identities[0].startswith(data_of(OfDigits()) + "; sha256 ")
    assert data_of(OfDigits()).startswith("digits, scikit-learn")


def test_a_config_names_its_data_sets():
    @dataclass(frozen=True)
    class OfPhotographs(Flags):
        photographs: str = flag("", "a second data set")
        manual_dir: str = flag("", "raw files")

        def data_sources(self):
            return ((self.photographs, self.manual_dir),) if self.photographs else ()

    assert Flags().data_sources() == ()
    assert data_of(Flags()) == data_of(OfPhotographs()) == "generated"
    assert data_of(OfPhotographs(photographs="canids")) == "canids, drawn by this code"


def test_ctrl_c_keeps_the_finished_parts(started, module, results, capsys):
    module.BREAKS[SECOND] = KeyboardInterrupt()
    assert started() == 130
    assert "Interrupted" in capsys.readouterr().err
    assert not (results / "fake").exists()
    module.BREAKS.clear()
    assert started() == 0
    assert module.COMPUTED == [FIRST, SECOND, SECOND]
    assert [path.name for path in results.iterdir()] == ["fake"]
    assert len((latest(results) / "records.jsonl").read_text().splitlines()) == 26
    assert started("--size=3") == 0
    assert module.COMPUTED[3:] == [FIRST, SECOND]  # other flags, other parts


def test_sigterm_finishes_and_keeps_the_current_part(started, module, results, capsys):
    class Terminating(list):
        def append(self, part):
            super().append(part)
            os.kill(os.getpid(), signal.SIGTERM)

    module.COMPUTED = Terminating()
    assert started() == 99
    assert "the same command resumes the run" in capsys.readouterr().err
    assert module.COMPUTED == [FIRST]
    module.COMPUTED = []
    assert started() == 0
    assert module.COMPUTED == [SECOND]
    assert [path.name for path in results.iterdir()] == ["fake"]


def test_a_run_with_other_flags_is_refused_while_a_training_is_unfinished(started, module, results, capsys):
    module.BREAKS[SECOND] = KeyboardInterrupt()
    assert started() == 130
    module.BREAKS.clear()
    (folder,) = (results / ".unfinished").iterdir()
    (folder / "states-abc" / "0" / "40").mkdir(parents=True)
    (folder / "origin.json").write_text(
        json.dumps(identity_of(origin_of(Experiment.of(module), module.Config(), Options())))
    )
    assert started("--size=3") == 2
    printed = capsys.readouterr().err
    assert "has checkpoints of an unfinished training of another run: flags size was 1.0, is 3.0;" in printed
    assert str(folder) in printed
    assert started() == 0
    assert started("--size=3") == 0


def test_a_figure_that_raises_leaves_earlier_results_unchanged(started, module, results):
    assert started() == 0
    before = contents(results / "fake")
    module.BREAKS["draw"] = ZeroDivisionError("no figure")
    module.COMPUTED.clear()
    with pytest.raises(ZeroDivisionError):
        started("--size=2")
    assert contents(results / "fake") == before
    module.BREAKS.clear()
    assert started("--size=2") == 0
    assert module.COMPUTED == [FIRST, SECOND]  # the finished measurement is not repeated


def test_records_are_judged_again_by_later_criteria(started, module, results, monkeypatch, capsys):
    assert started() == 0
    records, before = (latest(results) / "records.jsonl").read_bytes(), written(results, "manifest.json")
    assert started("--judge_only") == 0
    stricter = module.CRITERIA[0]._replace(test=exceeds(metric("first"), 5.0))
    monkeypatch.setattr(module, "CRITERIA", (stricter,))
    capsys.readouterr()
    assert started("--judge_only") == 0
    assert "Written to" in capsys.readouterr().out
    (verdict,) = written(results, "verdicts.json")
    assert verdict["verdict"] == "REFUTED"  # a refutation exits with 0
    assert module.COMPUTED == [FIRST, SECOND]
    assert (latest(results) / "records.jsonl").read_bytes() == records
    assert written(results, "manifest.json") == before


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--judge_only", "there are no results in"),
        ("--run=3fa2", "--run needs --judge_only"),
        ("--compare=latest", "name two runs"),
        ("--compare=latest,3fa2", "there are no results in"),
        ("--sice=2", "did you mean --size?"),
        ("--size=0", "above 0"),
        ("--preset=huge", "smoke, laptop, accelerator"),
        ("--require_device=tpu", "--require_device=tpu"),
        ("--output_dir=/dev/null", "not a folder"),
        ("--compile_for=v9", "unknown chip 'v9'"),
        ("--data_parallel=3", "does not divide"),
        ("--shards=0", "at least 1"),
    ],
)
def test_an_invalid_flag_writes_nothing(started, module, results, capsys, argument, message):
    assert started(argument) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert message in printed
    assert "Traceback" not in printed
    assert not results.exists()
    assert not module.COMPUTED


@pytest.mark.parametrize(
    ("error", "status"),
    [(FlagError("no flag"), 2), (DataError("no data"), 2), (OSError(28, "full", "x"), 1), (KeyboardInterrupt(), 130)],
)
def test_exit_statuses(error, status, capsys):
    def command():
        raise error

    assert exit_status(command) == status
    assert "\n" not in capsys.readouterr().err.strip()


def test_an_error_of_the_disk_while_measuring_names_the_file_and_the_finished_parts(started, module, results, capsys):
    module.BREAKS[SECOND] = OSError(errno.ENOSPC, "No space left on device", "/data/set.npz")
    assert started() == 1
    (parts,) = (results / ".unfinished").iterdir()
    assert capsys.readouterr().err.splitlines()[-1] == (
        "error: No space left on device: /data/set.npz; no results were written, but 1 finished parts are kept in "
        f"{parts}; the same command resumes the run"
    )
    module.BREAKS.clear()
    assert started() == 0
    assert module.COMPUTED == [FIRST, SECOND, SECOND]


def test_an_error_of_the_disk_before_any_part_was_finished_says_so(started, module, capsys):
    module.BREAKS[FIRST] = FileNotFoundError(errno.ENOENT, "No such file or directory", "set.npz")
    assert started() == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "error: No such file or directory: set.npz; no results were written"
    )


def test_an_error_of_the_disk_while_writing_keeps_the_measurements(started, module, results, capsys):
    module.BREAKS["draw"] = OSError(errno.EDQUOT, "Disk quota exceeded", "records.jsonl")
    assert started() == 1
    assert (
        "Disk quota exceeded: records.jsonl; no results were written, but 2 finished parts" in capsys.readouterr().err
    )
    module.BREAKS.clear()
    assert started() == 0
    assert module.COMPUTED == [FIRST, SECOND]


def test_an_error_of_the_disk_while_judging_again_keeps_the_results(started, module, results, capsys):
    assert started() == 0
    before = contents(results)
    module.BREAKS["draw"] = OSError(errno.EDQUOT, "Disk quota exceeded", "sizes.svg")
    assert started("--judge_only") == 1
    run = latest(results).resolve()
    assert f"Disk quota exceeded: sizes.svg; the results in {run} are kept" in capsys.readouterr().err
    assert contents(results) == before


def test_an_error_of_the_disk_elsewhere_claims_nothing_about_results(capsys):
    def command():
        raise ConnectionError("the other processes of this run were not found in 600 s")

    assert exit_status(command) == 1
    assert capsys.readouterr().err == "error: the other processes of this run were not found in 600 s\n"


@pytest.mark.parametrize("size", [2.0, 0.1, 0.1234567890123, 1e-30, 12345678.5])
@pytest.mark.parametrize("tasks", [("first",), ("two words", "$HOME", "it's")])
def test_the_command_in_the_manifest_gives_the_same_config(module, size, tasks):
    config = module.Config(size=size, tasks=tasks, seeds=3)
    arguments = shlex.split(command_of("fake", config))
    assert arguments[:3] == ["bash", "launch/local.sh", "fake"]
    flags, options = parse(arguments[3:], module.Config, Options)
    assert (module.Config(**flags), options) == (config, {})
