"""Files are written whole or not at all, and a run that was cut off finds what it had finished."""

import errno
import os
import tempfile

import pytest

from dl_jax.evidence.records import Records
from dl_jax.runtime.flags import FlagError
from dl_jax.runtime.store import Memory, check_writable, whole_folder, write_text

ROWS = [{"seed": 0, "metric": "m", "value": 1.5}, {"seed": 1, "metric": "m", "value": -2.0}]


class Broken(Exception):
    """What breaks while something is being written."""


def fill(folder, *, text="", fails=None):
    with whole_folder(folder) as fresh:
        (fresh / "numbers.txt").write_text(text)
        (fresh / "figures").mkdir()
        if fails:
            raise fails


def everything(folder):
    return {str(path.relative_to(folder)): path.is_file() and path.read_text() for path in folder.rglob("*")}


def test_a_whole_folder_takes_the_place_of_the_old_one(tmp_path):
    folder = tmp_path / "results" / "mine"
    for text in ("old", "new"):
        fill(folder, text=text)
        assert everything(tmp_path / "results") == {"mine": False, "mine/numbers.txt": text, "mine/figures": False}
    (folder / "stray").touch()
    fill(folder, text="third")
    assert not (folder / "stray").exists()


@pytest.mark.parametrize("fails", [Broken(), KeyboardInterrupt()])
@pytest.mark.parametrize("before", [False, True])
def test_a_folder_that_fails_leaves_what_was_there(tmp_path, fails, before):
    if before:
        fill(tmp_path / "mine", text="old")
    was = everything(tmp_path)
    with pytest.raises(type(fails)):
        fill(tmp_path / "mine", text="new", fails=fails)
    assert everything(tmp_path) == was


def test_a_text_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "new" / "page.html"
    write_text(path, "first 一")
    write_text(path, "second 二")
    assert everything(path.parent) == {"page.html": "second 二"}
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "half of it" * 10000 + "\ud800")
    assert everything(path.parent) == {"page.html": "second 二"}

    def refuse(old, new):
        raise Broken

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(Broken):
        write_text(path, "third")
    assert everything(path.parent) == {"page.html": "second 二"}


@pytest.mark.parametrize("name", [".", "new", "new/below/it"])
def test_checking_a_folder_leaves_nothing_behind(tmp_path, name):
    check_writable(tmp_path / name)
    assert not everything(tmp_path)


@pytest.mark.parametrize("name", ["file", "file/below", "file/far/below"])
def test_a_file_is_no_folder(tmp_path, name):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FlagError, match=r"--output_dir=.*file is not a folder; name a folder"):
        check_writable(tmp_path / name)
    assert everything(tmp_path) == {"file": "mine"}


@pytest.mark.parametrize("name", [".", "new/below"])
def test_a_folder_that_cannot_be_written_to_is_told(tmp_path, monkeypatch, name):
    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)  # the mode of a folder does not stop the superuser
    with pytest.raises(FlagError, match=r"cannot be written to \(Permission denied\); name a folder"):
        check_writable(tmp_path / name)
    assert not everything(tmp_path)


def never():
    raise AssertionError("this part is there already")


def test_what_is_kept_is_not_computed_again(tmp_path):
    name = {"task": "ring", "depths": (1, 2)}
    assert Memory(tmp_path / "run").keep(name, lambda: ROWS) == ROWS
    assert Memory(tmp_path / "run").keep(dict(reversed(name.items())), never) == ROWS
    assert Memory(tmp_path / "run").keep({**name, "task": "xor"}, lambda: ROWS[:1]) == ROWS[:1]
    assert Memory(tmp_path / "other").keep(name, lambda: ROWS[1:]) == ROWS[1:]


def test_a_part_that_fails_is_not_kept(tmp_path):
    memory = Memory(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        memory.keep({}, lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    assert memory.keep({}, lambda: ROWS) == ROWS


def test_a_part_that_was_cut_off_while_it_was_written_is_computed_again(tmp_path, monkeypatch):
    def half(records, path):
        path.write_text('{"seed": 0, "met')
        raise Broken

    memory = Memory(tmp_path / "run")
    with monkeypatch.context() as patched:
        patched.setattr(Records, "write", half)
        with pytest.raises(Broken):
            memory.keep({}, lambda: ROWS)
    assert memory.keep({}, lambda: ROWS) == ROWS
    assert memory.keep({}, never) == ROWS


def test_forgetting_removes_the_folder(tmp_path):
    first, second = (Memory(tmp_path / ".unfinished" / name) for name in ("first", "second"))
    for memory in (first, second):
        memory.keep({}, lambda: ROWS)
    first.forget()
    first.forget()
    assert [path.name for path in (tmp_path / ".unfinished").iterdir()] == ["second"]
    second.forget()
    assert not everything(tmp_path)
