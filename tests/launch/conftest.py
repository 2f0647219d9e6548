"""Fake programs on the path, which record their calls and answer as a test specifies."""

import shlex
import shutil
from pathlib import Path

import pytest

FAKE = """#!/usr/bin/env bash
{{ printf '%s\\0' "${{0##*/}}" "$@"; printf '\\n'; }} >>{calls}
{body}
"""


class Fakes:
    """A PATH with a few plain tools and the fakes, so that no real gcloud, kubectl or SLURM is called."""

    TOOLS = ("bash", "cat", "env", "git", "gzip", "mkdir", "sleep", "tar")

    def __init__(self, folder: Path):
        self.bin, self.file = folder / "bin", folder / "calls"
        self.bin.mkdir()
        self.file.touch()
        for tool in self.TOOLS:
            if found := shutil.which(tool):
                (self.bin / tool).symlink_to(found)

    def add(self, program: str, body: str = "") -> None:
        """Put a program on the path: `body` is bash, with the arguments in "$@"."""
        path = self.bin / program
        path.unlink(missing_ok=True)  # may be a link to the real program, which must not be overwritten
        path.write_text(FAKE.format(calls=shlex.quote(str(self.file)), body=body))
        path.chmod(0o755)

    @property
    def calls(self) -> list[list[str]]:
        """Argument lists of all calls, each with the program first."""
        return [call.split("\0") for call in self.file.read_text().split("\0\n") if call]


@pytest.fixture
def fakes(tmp_path, monkeypatch):
    fakes = Fakes(tmp_path)
    monkeypatch.setenv("PATH", str(fakes.bin))
    return fakes


@pytest.fixture(autouse=True)
def cwd(tmp_path, monkeypatch):
    """The current folder of each test, which catches files written by mistake."""
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    return tmp_path / "cwd"
