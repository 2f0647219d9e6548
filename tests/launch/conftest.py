"""Programs that are not there: fakes on the path that note how they were called, and answer as a test tells them."""

import shlex
import shutil
from pathlib import Path

import pytest

FAKE = """#!/usr/bin/env bash
{{ printf '%s\\0' "${{0##*/}}" "$@"; printf '\\n'; }} >>{calls}
{body}
"""


class Fakes:
    """A path that holds a few plain tools and the fakes: no real gcloud, kubectl or SLURM, where there is one."""

    TOOLS = ("bash", "cat", "env", "git", "gzip", "mkdir", "sleep", "tar")

    def __init__(self, folder: Path):
        self.bin, self.file = folder / "bin", folder / "calls"
        self.bin.mkdir()
        self.file.touch()
        for tool in self.TOOLS:
            if found := shutil.which(tool):
                (self.bin / tool).symlink_to(found)

    def add(self, program: str, body: str = "") -> None:
        """Puts a program on the path: `body` is bash, with the arguments in "$@"."""
        path = self.bin / program
        path.unlink(missing_ok=True)  # it may be a link to the real one, which is not to be written over
        path.write_text(FAKE.format(calls=shlex.quote(str(self.file)), body=body))
        path.chmod(0o755)

    @property
    def calls(self) -> list[list[str]]:
        """The argument lists of all calls, program first."""
        return [call.split("\0") for call in self.file.read_text().split("\0\n") if call]


@pytest.fixture
def fakes(tmp_path, monkeypatch):
    made = Fakes(tmp_path)
    monkeypatch.setenv("PATH", str(made.bin))
    return made


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder to stand in: what is written by mistake falls into it."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"
