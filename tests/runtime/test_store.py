"""Folders and files are written completely or not at all."""

import errno
import os
import tempfile

import pytest

from dl_jax.errors import FlagError
from dl_jax.runtime.store import check_writable, whole_folder
from dl_jax.scale.atomic import write_text


class Broken(Exception):
    """Raised while something is being written."""


def fill(folder, *, text="", fails=None):
    with whole_folder(folder) as new:
        (new / "numbers.txt").write_text(text)
        (new / "figures").mkdir()
        if fails:
            raise fails


def everything(folder):
    return {str(path.relative_to(folder)): path.is_file() and path.read_text() for path in folder.rglob("*")}


def test_a_new_folder_replaces_the_old_one(tmp_path):
    folder = tmp_path / "results" / "mine"
    for text in ("old", "new"):
        fill(folder, text=text)
        assert everything(tmp_path / "results") == {"mine": False, "mine/numbers.txt": text, "mine/figures": False}
    (folder / "stray").touch()
    fill(folder, text="third")
    assert not (folder / "stray").exists()


@pytest.mark.parametrize("fails", [Broken(), KeyboardInterrupt()])
@pytest.mark.parametrize("exists", [False, True])
def test_an_exception_leaves_the_old_folder_unchanged(tmp_path, fails, exists):
    if exists:
        fill(tmp_path / "mine", text="old")
    before = everything(tmp_path)
    with pytest.raises(type(fails)):
        fill(tmp_path / "mine", text="new", fails=fails)
    assert everything(tmp_path) == before


def test_a_text_is_written_completely_or_not_at_all(tmp_path, monkeypatch):
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
def test_checking_a_folder_leaves_no_file_behind(tmp_path, name):
    check_writable(tmp_path / name)
    assert not everything(tmp_path)


@pytest.mark.parametrize("name", ["file", "file/below", "file/far/below"])
def test_a_file_is_not_a_folder(tmp_path, name):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FlagError, match=r"--output_dir=.*file is not a folder; name a folder"):
        check_writable(tmp_path / name)
    assert everything(tmp_path) == {"file": "mine"}


@pytest.mark.parametrize("name", [".", "new/below"])
def test_a_read_only_folder_is_an_error(tmp_path, monkeypatch, name):
    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)  # the mode of a folder does not stop the superuser
    with pytest.raises(FlagError, match=r"cannot be written to \(Permission denied\); name a folder"):
        check_writable(tmp_path / name)
    assert not everything(tmp_path)
