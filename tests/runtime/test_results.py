"""Folders of results: one per run, found by digest, and never replaced by another run."""

import json
import shutil
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from dl_jax.errors import FlagError
from dl_jax.runtime import results as layout
from dl_jax.runtime.results import find_run, has_older_layout, merge_runs, runs_of, set_latest


def make(folder, digest, started="2026-01-01T00:00:00+0000", **content):
    run = folder / digest
    run.mkdir(parents=True)
    (run / "manifest.json").write_text(json.dumps({"digest": digest, "started": started, **content}))
    return run


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "results" / "name"
    make(folder, "aa11", "2026-01-01T00:00:00+0000")
    set_latest(make(folder, "aa22", "2026-01-03T00:00:00+0000"))
    make(folder, "bb33", "2026-01-02T00:00:00+0000")
    (folder / "cc44").mkdir()  # without a manifest it is not complete
    return folder


def test_runs_are_listed_newest_first(folder):
    assert [run.name for run in runs_of(folder)] == ["aa22", "bb33", "aa11"]
    assert runs_of(folder / "absent") == []


@pytest.mark.parametrize(("name", "digest"), [("latest", "aa22"), ("b", "bb33"), ("aa11", "aa11")])
def test_a_run_is_found_by_its_digest_or_its_start_or_as_the_latest(folder, name, digest):
    assert find_run(folder, name, "run") == folder / digest


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("aa", "--run: several runs match 'aa' in .*; the runs are aa22, aa11"),
        ("cc44", "--run: no run matches 'cc44' in .*; the runs are aa22, bb33, aa11"),
        ("", "no run matches ''"),
    ],
)
def test_a_run_that_is_not_found_is_an_error_that_lists_the_runs(folder, name, message):
    with pytest.raises(FlagError, match=message):
        find_run(folder, name, "run")


def test_without_results_there_is_nothing_to_find(tmp_path):
    with pytest.raises(FlagError, match=r"--compare: there are no results in .*; run the experiment first"):
        find_run(tmp_path / "name", "latest", "compare")


def test_latest_is_a_relative_link_that_survives_a_move(folder, tmp_path):
    assert (folder / "latest").is_symlink()
    shutil.move(folder, tmp_path / "moved")
    assert find_run(tmp_path / "moved", "latest", "run").name == "aa22"


def test_latest_is_a_text_file_where_links_cannot_be_made(folder, monkeypatch):
    def refuse(self, target):
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    for digest in ("aa11", "bb33"):
        set_latest(folder / digest)
        assert (folder / "latest").read_text() == f"{digest}\n"
        assert not (folder / "latest").is_symlink()
        assert find_run(folder, "latest", "run").name == digest


def test_a_copy_of_the_latest_run_in_place_of_the_link_is_read_and_replaced(folder, tmp_path):
    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)  # follows links
    assert not (copied / "latest").is_symlink()
    assert find_run(copied, "latest", "run").name == "aa22"
    assert [run.name for run in runs_of(copied)] == ["aa22", "bb33", "aa11"]
    set_latest(copied / "aa11")
    assert (copied / "latest").is_symlink()
    assert find_run(copied, "latest", "run").name == "aa11"


def test_merging_adds_runs_and_touches_none(folder, tmp_path):
    target = tmp_path / "elsewhere" / "name"
    merged = make(target, "aa11", note="mine")
    make(target, "dd55")
    merge_runs(folder, target)
    assert {run.name for run in runs_of(target)} == {"aa11", "aa22", "bb33", "dd55"}
    assert json.loads((merged / "manifest.json").read_text())["note"] == "mine"
    assert find_run(target, "latest", "run").name == "aa22"


def test_the_older_layout_is_recognized(folder):
    assert not has_older_layout(folder)
    (folder / "records.jsonl").touch()
    assert has_older_layout(folder)
    assert len(runs_of(folder)) == 3


SCHEMAS = resources.files("dl_jax.runtime") / "schemas"


def valid(name, content):
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema).is_valid(content)


def test_what_is_written_is_valid_by_its_schema(fake, results):
    from dl_jax.runtime.reproduce import reproduce

    modules = {name: fake(name) for name in ("good", "broken")}
    modules["broken"].BREAKS["first"] = ZeroDivisionError("broken")
    assert reproduce("", [f"--output_dir={results}", "--seeds=14"], modules) == 1
    run = results / "good" / "latest"
    rows = [json.loads(line) for line in (run / layout.RECORD_FILES[0]).read_text().splitlines()]
    assert len(rows) == 28
    assert all(valid("records", row) for row in rows)
    manifest = json.loads((run / "manifest.json").read_text())
    assert valid("manifest", manifest)
    verdicts = json.loads((run / "verdicts.json").read_text())
    assert valid("verdicts", verdicts)
    assert valid("verdicts", json.loads((results / "verdicts.json").read_text()))
    made = json.loads((results / "reproduce.json").read_text())
    assert valid("reproduce", made)
    assert made["runs"]["broken"] is None
    assert not valid("records", {**rows[0], "value": "many"})
    assert not valid("records", {key: value for key, value in rows[0].items() if key != "metric"})
    assert valid("records", {key: value for key, value in rows[0].items() if key != "seed"})  # a fact
    assert not valid("manifest", manifest | {"device": {"kind": "abacus", "name": "", "count": 1}})
    assert not valid("verdicts", [verdicts[0] | {"verdict": "PERHAPS"}])
    assert not valid("reproduce", made | {"runs": {"good": "latest"}})
