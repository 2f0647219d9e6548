"""A slice of Cloud TPU, step by step: what gcloud is told, and what its answers mean."""

import os
import re
import shlex
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from dl_jax.runtime.flags import flag
from dl_jax.runtime.store import whole_folder
from dl_jax.scale.atomic import write_text
from launch.commands import ROOT, TOLD, Failed, Launch, asked, check_word, watched

STEPS = ("create", "wait", "copy", "run", "fetch", "delete")
POLL_S = 20.0
"""How often to look whether the slice is there."""

RUNTIMES = {"v5litepod": "v2-alpha-tpuv5-lite", "v5p": "v2-alpha-tpuv5", "v6e": "v2-alpha-tpuv6e"}
"""The software of the hosts for each TPU; older ones have OLDER. Source: Google's page "TPU software versions"."""

OLDER = "tpu-ubuntu2204-base"

# The hosts' own Python is 3.10; the project needs 3.11. A fresh host may still be busy updating itself.
UNPACK = (
    "rm -rf dl_jax && mkdir dl_jax && tar -xzf dl_jax.tar.gz -C dl_jax && "
    "{ command -v python3.12 || command -v python3.11 || { sudo add-apt-repository -y ppa:deadsnakes/ppa && "
    "sudo apt-get -o DPkg::Lock::Timeout=600 install -y python3.12 python3.12-venv; }; } >/dev/null && "
    "EXTRAS=tpu bash dl_jax/launch/local.sh reproduce --list >/dev/null"
)


@dataclass(frozen=True)
class TpuVm(Launch):
    """Flags of this launcher."""

    zone: str = flag("", "the zone that has such TPUs, for instance us-west4-a")
    accelerator_type: str = flag("v5litepod-4", "which TPU and how much of it, as gcloud names it")
    runtime_version: str = flag("", "the software of the hosts; the one that Google names for the TPU, if not given")
    name: str = flag("", "of the slice; that of the experiment, if not given")
    project: str = flag("", "the Google Cloud project; gcloud's own, if not given")
    spot: bool = flag(False, "take a slice that costs less and may be taken away")
    steps: tuple[str, ...] = flag(STEPS, "what to do, in this order", choices=STEPS)
    retries: int = flag(0, "how often to go on when the slice is taken away, or told to stop", at_least=0, at_most=100)
    wait_minutes: int = flag(60, "how long to wait for the slice", at_least=1)
    save_minutes: int = flag(5, "how often to fetch what is finished while it runs", at_least=1)

    def __post_init__(self):
        super().__post_init__()
        check_word(self, r"[a-z]+-[a-z]+\d-[a-z]", "us-west4-a", "zone")
        check_word(self, r"[a-z][a-z0-9]*-\d+", "v5litepod-16", "accelerator_type")
        check_word(self, r"[a-z][a-z0-9.-]*", OLDER, "runtime_version")
        check_word(self, r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", "my-sweep", "name")
        check_word(self, r"[a-z][a-z0-9.:-]*", "my-project", "project")


class Lost(Exception):
    """The slice was taken away, or its program was told to stop. `gone` says which."""

    def __init__(self, says: str, gone: bool):
        super().__init__(says)
        self.gone = gone


@dataclass(frozen=True)
class Slice:
    """One slice and what it is to run. Each step is the method of that name."""

    experiment: str
    flags: list[str]
    options: TpuVm

    @property
    def name(self) -> str:
        """Of the queued resource, and of the node that comes of it."""
        return self.options.name or self.experiment.replace("_", "-")

    @property
    def home(self) -> Path:
        """The folder here that keeps what was fetched so far."""
        return Path(self.options.output_dir).absolute() / f".tpu_vm-{self.name}"

    def gcloud(self, *words: str) -> list[str]:
        """A command that never asks back."""
        project = [f"--project={self.options.project}"] if self.options.project else []
        return ["gcloud", "compute", "tpus", *words, f"--zone={self.options.zone}", *project, "--quiet"]

    def ssh(self, remote: str) -> list[str]:
        """A command on all hosts."""
        return self.gcloud("tpu-vm", "ssh", self.name, "--worker=all", f"--command={remote}")

    def commands(self, fetched: str = "FOLDER") -> dict[str, list[list[str]]]:
        """What each step runs. The copy ends with what an earlier slice had finished, if there is any."""
        kind = self.options.accelerator_type.partition("-")[0]
        run = ["bash", "launch/local.sh", self.experiment, *self.flags, "--output_dir=../results"]
        run += ["--require_device=tpu", "--distributed=on"]
        archive, saved = str(self.home / "dl_jax.tar.gz"), str(self.home / "results")
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
        """Asks for the slice."""
        asked(self.commands()["create"][0])

    def wait(self) -> None:
        """Until the slice is there. Lost if it was taken away at once; Failed if it will not come."""
        end, before = time.monotonic() + 60 * self.options.wait_minutes, ""
        while (state := asked(self.commands()["wait"][0])) != "ACTIVE":
            if state != before:
                print(f"  {state}", flush=True)
            before = state
            if state in ("SUSPENDING", "SUSPENDED"):
                raise Lost(f"the slice was taken away ({state})", gone=True)
            if state in ("FAILED", "DELETING"):
                raise Failed(f"{self.name} is {state}: no such slice is to be had there now, or the project may not")
            if time.monotonic() > end:
                raise Failed(f"{self.name} is still {state} after {self.options.wait_minutes} minutes; it stays queued")
            time.sleep(POLL_S)

    def copy(self) -> None:
        """This folder's last commit, and its set-up, on all hosts; and what an earlier slice had finished."""
        self.home.mkdir(parents=True, exist_ok=True)
        archive, send, unpack, saved = self.commands()["copy"]
        if asked(["git", "-C", str(ROOT), "status", "--porcelain"]):
            print("  what is not committed stays here", flush=True)
        asked(archive)
        asked(send)
        self._on_all_hosts(unpack)
        if (self.home / "results").is_dir():
            asked(saved)

    def run(self) -> None:
        """The experiment, on all hosts."""
        self._on_all_hosts(self.commands()["run"][0], 60.0 * self.options.save_minutes, self._save)

    def fetch(self) -> None:
        """The results, from the first host into --output_dir, whole or not at all."""
        self._bring_home()
        if not (self.home / "results" / self.experiment).is_dir() and self.experiment != "reproduce":
            raise Failed(f"the first host of {self.name} holds no results of {self.experiment}")
        for each in (self.home / "results").glob("[!.]*"):
            there = self.home.parent / each.name
            if each.is_dir():
                with whole_folder(there) as fresh:
                    shutil.copytree(each, fresh, dirs_exist_ok=True)
            else:
                write_text(there, each.read_text())
        shutil.rmtree(self.home)

    def delete(self) -> None:
        """The slice and all that it holds."""
        asked(self.commands()["delete"][0])

    def _on_all_hosts(self, argv, *watch):
        status, lines = watched(argv, *watch)
        if status:
            found = re.findall(r"execution on worker (\d+) failed with exit status (\d+)", "".join(lines))
            if {status, *(int(each) for _, each in found)} & set(TOLD):
                raise Lost("it was told to stop, and kept what is finished", gone=False)
            hosts = ", ".join(f"worker {host} (exit status {each})" for host, each in found)
            raise Failed(f"failed on {hosts or f'the host (exit status {status})'}")

    def _save(self):
        try:
            self._bring_home()
        except Failed as error:  # it may not have finished anything yet
            print(f"  nothing was saved this time: {error}", file=sys.stderr, flush=True)

    def _bring_home(self):
        self.home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.home) as fresh:
            asked(self.commands(fresh)["fetch"][0])
            shutil.rmtree(self.home / "results", ignore_errors=True)
            os.replace(Path(fresh) / "results", self.home / "results")

    def is_gone(self) -> str:
        """In which state the slice is if it was taken away; empty if it stands."""
        try:
            queued = asked(self.commands()["wait"][0])
            node = asked(self.gcloud("tpu-vm", "describe", self.name, "--format=value(state)"))
        except Failed as error:
            return "not to be found" if "NOT_FOUND" in str(error) else ""
        return "" if (queued, node) == ("ACTIVE", "READY") else queued if queued != "ACTIVE" else node
