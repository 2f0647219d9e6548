"""The Markdown pages: commands that parse, links that exist, a README of readable length."""

import dataclasses
import importlib
import re
import shlex
from pathlib import Path

import pytest

from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import parse
from dl_jax.runtime.ledger_command import Arguments
from dl_jax.runtime.options import Options
from dl_jax.runtime.reproduce import Seeds

ROOT = Path(__file__).parents[1]
PAGES = {
    page: (ROOT / page).read_text()
    for page in ("README.md", "launch/README.md", "dl_jax/report/published.md", "dl_jax/evidence/verdicts.md")
}
LAUNCHERS = {"slurm": "Slurm", "tpu_vm": "TpuVm", "gke": "Gke", "ray_submit": "Ray"}


def commands(script: str) -> list[str]:
    """Return the lines in code blocks of all pages that run a script, without variables and comments."""
    blocks = re.findall(r"```bash\n(.*?)```", "\n".join(PAGES.values()), re.DOTALL)
    lines = [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return sorted({line for line in lines if re.match(rf"([A-Z]+=\S+ )?(bash|\.venv/bin/python) {script}", line)})


def check(name: str, flags: list[str]) -> None:
    """Raise FlagError unless the experiment accepts the flags."""
    groups = {"reproduce": (Seeds, Options), "ledger": (Arguments,)}
    if name in groups:
        parse(flags, *groups[name])
        return
    if name == "multiverse":
        name, *flags = [flag for flag in flags if not flag.startswith("--datasets=")]
    experiment = Experiment.of(importlib.import_module(f"experiments.{name}"))
    values, common = parse(flags, experiment.config, Options)
    experiment.configured(Options(**common).preset, **values)


@pytest.mark.parametrize("line", commands("launch/local.sh"))
def test_commands_of_experiments_are_accepted(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("mine.npz", "photo.jpg"):
        (tmp_path / name).touch()
    words = shlex.split(line)
    name, *flags = words[words.index("launch/local.sh") + 1 :] or ["reproduce"]
    check(name, [flag for flag in flags if flag != "--list"])


@pytest.mark.parametrize("line", commands("-m launch."))
def test_commands_of_launchers_are_accepted(line):
    _, _, program, *words = shlex.split(line)
    module = program.removeprefix("launch.")
    options = getattr(importlib.import_module(program), LAUNCHERS[module])
    end = words.index("--")
    (values,) = parse(words[1:end], options)
    assert dataclasses.is_dataclass(options(**values))
    check(words[0], words[end + 1 :])


@pytest.mark.parametrize("page", PAGES)
def test_links_and_pictures_exist(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", PAGES[page]):
        if not target.startswith("http"):
            assert ((ROOT / page).parent / target).exists(), target


def test_the_readme_is_short():
    assert len(PAGES["README.md"].splitlines()) <= 150
