"""A slice of Cloud TPU: the gcloud commands of each step, and the interpretation of their output."""

import os
import re
import shlex
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from dl_jax.scale.atomic import write_text
from launch.commands import ROOT, STOPPED, LaunchError, output_of, run_and_echo
from launch.tpu_options import OLDER, RUNTIMES, TpuVm

POLL_S = 20.0
"""Seconds between two queries of the slice's state."""

# The hosts have Python 3.10; the project needs 3.11. apt-get may be locked by the updates of a new host.
UNPACK = (
    "rm -rf dl_jax && mkdir dl_jax && tar -xzf dl_jax.tar.gz -C dl_jax && "
    "{ command -v python3.12 || command -v python3.11 || { sudo add-apt-repository -y ppa:deadsnakes/ppa && "
    "sudo apt-get -o DPkg::Lock::Timeout=600 install -y python3.12 python3.12-venv; }; } >/dev/null && "
    "EXTRAS=tpu bash dl_jax/launch/local.sh reproduce --list >/dev/null"
)


class Interrupted(Exception):
    """The slice was preempted, or its program stopped on SIGTERM. recreate: whether a new slice is needed."""

    def __init__(self, message: str, recreate: bool):
        super().__init__(message)
        self.recreate = recreate


@dataclass(frozen=True)
class Slice:
    """One slice and the experiment to run on it. Each step is the method of that name."""

    experiment: str
    flags: list[str]
    options: TpuVm

    @property
    def name(self) -> str:
        """Name of the queued resource and of its node."""
        return self.options.name or self.experiment.replace("_", "-")

    @property
    def folder(self) -> Path:
        """Local folder for what was fetched so far."""
        return Path(self.options.output_dir).absolute() / f".tpu_vm-{self.name}"

    def gcloud(self, *words: str) -> list[str]:
        """Return a non-interactive gcloud command."""
        project = [f"--project={self.options.project}"] if self.options.project else []
        return ["gcloud", "compute", "tpus", *words, f"--zone={self.options.zone}", *project, "--quiet"]

    def ssh(self, remote: str) -> list[str]:
        """Return the command that runs `remote` on all hosts."""
        return self.gcloud("tpu-vm", "ssh", self.name, "--worker=all", f"--command={remote}")

    def commands(self, fetched: str = "FOLDER") -> dict[str, list[list[str]]]:
        """Return the commands of each step. The last one of copy sends the finished parts of an earlier slice."""
        kind = self.options.accelerator_type.partition("-")[0]
        run = ["bash", "launch/local.sh", self.experiment, *self.flags, "--output_dir=../results"]
        run += ["--require_device=tpu", "--distributed=on"]
        archive, saved = str(self.folder / "dl_jax.tar.gz"), str(self.folder / "results")
        create = [
            f"--node-id={self.name}",
            f"--accelerator-type={self.options.accelerator_type}",
            f"--runtime-version={self.options.runtime_version or RUNTIMES.get(kind, OLDER)}",
            *(["--spot"] if self.options.spot else []),
        ]
        return {
            "create": [self.gcloud("queued-resources", "create", self.name, *create)],
            "wait": [self.gcloud("queued-resources", "describe", self.name, "--format=value(state.state)")],
            "copy": [
                ["git", "-C", str(ROOT), "archive", "--format=tar.gz", f"--output={archive}", "HEAD"],
                self.gcloud("tpu-vm", "scp", archive, f"{self.name}:dl_jax.tar.gz", "--worker=all"),
                self.ssh(UNPACK),
                self.gcloud("tpu-vm", "scp", "--recurse", saved, f"{self.name}:", "--worker=all"),
            ],
            "run": [self.ssh(f"cd dl_jax && EXTRAS=tpu {shlex.join(run)}")],
            "fetch": [self.gcloud("tpu-vm", "scp", "--recurse", f"{self.name}:results", fetched, "--worker=0")],
            "delete": [self.gcloud("queued-resources", "delete", self.name, "--force")],
        }

    def create(self) -> None:
        """Request the slice."""
        output_of(self.commands()["create"][0])

    def wait(self) -> None:
        """Wait until the slice is active. Raises Interrupted if it is preempted, LaunchError if it fails."""
        end, before = time.monotonic() + 60 * self.options.wait_minutes, ""
        while (state := output_of(self.commands()["wait"][0])) != "ACTIVE":
            if state != before:
                print(f"  {state}", flush=True)
            before = state
            if state in ("SUSPENDING", "SUSPENDED"):
                raise Interrupted(f"the slice was preempted ({state})", recreate=True)
            if state in ("FAILED", "DELETING"):
                raise LaunchError(f"{self.name} is {state}: no capacity in the zone, or no quota")
            if time.monotonic() > end:
                raise LaunchError(
                    f"{self.name} is still {state} after {self.options.wait_minutes} minutes; it stays queued"
                )
            time.sleep(POLL_S)

    def copy(self) -> None:
        """Copy the last commit to all hosts and set it up there; copy the finished parts of an earlier slice."""
        self.folder.mkdir(parents=True, exist_ok=True)
        archive, send, unpack, saved = self.commands()["copy"]
        if output_of(["git", "-C", str(ROOT), "status", "--porcelain"]):
            print("  uncommitted changes are not copied", flush=True)
        output_of(archive)
        output_of(send)
        self._on_all_hosts(unpack)
        if (self.folder / "results").is_dir():
            output_of(saved)

    def run(self) -> None:
        """Run the experiment on all hosts."""
        self._on_all_hosts(self.commands()["run"][0], 60.0 * self.options.save_minutes, self._save)

    def fetch(self) -> None:
        """Fetch the results from the first host into --output_dir; the runs that are there remain."""
        from dl_jax.runtime.results import merge_runs  # imports JAX, which --help and --dry_run do not need

        self._fetch_results()
        if not (self.folder / "results" / self.experiment).is_dir() and self.experiment != "reproduce":
            raise LaunchError(f"the first host of {self.name} has no results of {self.experiment}")
        for each in (self.folder / "results").glob("[!.]*"):
            target = self.folder.parent / each.name
            if each.is_dir():
                merge_runs(each, target)
            else:
                write_text(target, each.read_text())
        shutil.rmtree(self.folder)

    def delete(self) -> None:
        """Delete the slice with everything on it."""
        output_of(self.commands()["delete"][0])

    def _on_all_hosts(self, argv, *watch):
        status, lines = run_and_echo(argv, *watch)
        if status:
            found = re.findall(r"execution on worker (\d+) failed with exit status (\d+)", "".join(lines))
            if {status, *(int(each) for _, each in found)} & set(STOPPED):
                raise Interrupted("the run stopped on SIGTERM and saved what was finished", recreate=False)
            hosts = ", ".join(f"worker {host} (exit status {each})" for host, each in found)
            raise LaunchError(f"failed on {hosts or f'the host (exit status {status})'}")

    def _save(self):
        try:
            self._fetch_results()
        except LaunchError as error:  # perhaps no part is finished yet
            print(f"  nothing was fetched: {error}", file=sys.stderr, flush=True)

    def _fetch_results(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder) as fresh:
            output_of(self.commands(fresh)["fetch"][0])
            shutil.rmtree(self.folder / "results", ignore_errors=True)
            os.replace(Path(fresh) / "results", self.folder / "results")

    def preempted_state(self) -> str:
        """Return the state of the slice if it was preempted; empty if it is active."""
        try:
            queued = output_of(self.commands()["wait"][0])
            node = output_of(self.gcloud("tpu-vm", "describe", self.name, "--format=value(state)"))
        except LaunchError as error:
            return "not found" if "NOT_FOUND" in str(error) else ""
        return "" if (queued, node) == ("ACTIVE", "READY") else queued if queued != "ACTIVE" else node
