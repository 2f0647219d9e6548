"""The folders of results: `<output_dir>/<experiment>/<digest>/` holds one run, `<experiment>/latest` names the newest.

A run with other flags, code, data, versions or another kind of device has another digest, so that it never replaces an
earlier run.
"""

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

import matplotlib
from matplotlib.figure import Figure

from dl_jax.errors import FlagError
from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, Verdict, Verdicts
from dl_jax.runtime.store import whole_folder
from dl_jax.scale.atomic import write_text

LATEST = "latest"
RECORD_FILES = ("records.jsonl", "arrays.npz")


def write_run(
    run: Path,
    manifest: dict[str, Any],
    verdicts: list[Verdict],
    figures: Mapping[str, Figure],
    records: Records | None = None,
) -> None:
    """Write the folder of a run completely or not at all. Without `records` it keeps the records that it has."""
    matplotlib.rcParams.update({"svg.hashsalt": "dl_jax", "svg.fonttype": "none"})
    with whole_folder(run) as new:
        if records is not None:
            records.write(new / RECORD_FILES[0])
        else:
            for name in RECORD_FILES:
                with suppress(FileNotFoundError):
                    shutil.copy2(run / name, new)
        (new / "manifest.json").write_text(json.dumps(manifest, indent=1))
        rows = [asdict(verdict) for verdict in verdicts]
        (new / "verdicts.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False))
        (new / "figures").mkdir()
        for name, figure in figures.items():
            figure.savefig(new / "figures" / f"{name}.svg", metadata={"Date": None})
            figure.savefig(new / "figures" / f"{name}.png", dpi=120)


def read_records(run: Path) -> Records:
    """Return the records of a run."""
    return Records.read(run / RECORD_FILES[0])


def read_manifest(run: Path) -> dict[str, Any]:
    """Return the manifest of a run; {} if the folder has none, so that it is not a complete run."""
    try:
        return json.loads((run / "manifest.json").read_text())
    except (OSError, ValueError):
        return {}


def parse_verdicts(rows: list[dict[str, Any]]) -> Verdicts:
    """Return the verdicts in the content of a verdicts.json."""
    return Verdicts(Verdict(**(row | {"verdict": Answer(row["verdict"])})) for row in rows)


def runs_of(folder: Path) -> list[Path]:
    """Return the complete runs in the folder of an experiment, the newest first."""
    if not folder.is_dir():
        return []
    manifests = {path: read_manifest(path) for path in folder.iterdir() if path.name != LATEST and path.name[0] != "."}
    return sorted((run for run, manifest in manifests.items() if manifest), key=lambda run: manifests[run]["started"])[
        ::-1
    ]


def find_run(folder: Path, name: str, flag: str) -> Path:
    """Return the run of an experiment with a digest, the start of a digest, or "latest".

    Raises FlagError, which names `flag`, if there is no such run, or if several digests start with `name`.
    """
    runs = runs_of(folder)
    if not runs:
        raise FlagError(f"--{flag}: there are no results in {folder}; run the experiment first")
    wanted = _latest_digest(folder) if name == LATEST else name
    matches = [run for run in runs if wanted and run.name.startswith(wanted)]
    if len(matches) == 1:
        return matches[0]
    problem = "several runs match" if matches else "no run matches"
    digests = ", ".join(run.name for run in matches or runs)
    raise FlagError(f"--{flag}: {problem} {name!r} in {folder}; the runs are {digests}")


def set_latest(run: Path) -> None:
    """Let `latest`, beside a run, name that run: as a symbolic link, or a text file where there are no links."""
    pointer = run.parent / LATEST
    if pointer.is_dir() and not pointer.is_symlink():  # a program that follows links has copied the run
        shutil.rmtree(pointer)
    temporary = run.parent / f".{LATEST}-{uuid4().hex[:8]}"
    try:
        temporary.symlink_to(run.name)
    except (OSError, NotImplementedError):
        write_text(pointer, f"{run.name}\n")
        return
    os.replace(temporary, pointer)


def merge_runs(source: Path, target: Path) -> None:
    """Copy the runs of an experiment from one folder into another; runs that `target` has are not touched.

    `latest` of the target becomes that of the source.
    """
    for run in runs_of(source):
        if not read_manifest(target / run.name):
            with whole_folder(target / run.name) as new:
                shutil.copytree(run, new, dirs_exist_ok=True)
    if latest := _latest_digest(source):
        set_latest(target / latest)


def has_older_layout(folder: Path) -> bool:
    """Return whether the folder of an experiment holds a run directly, as earlier versions wrote it."""
    return (folder / RECORD_FILES[0]).is_file()


def _latest_digest(folder) -> str:
    pointer = folder / LATEST
    return pointer.read_text().strip() if pointer.is_file() else read_manifest(pointer).get("digest", "")
