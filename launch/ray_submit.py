"""Run an experiment on a Ray cluster, as tasks that share out its trials.

  EXTRAS=ray bash launch/local.sh reproduce --list          once, for Ray itself
  python -m launch.ray_submit EXPERIMENT --address=HOST:6379 --tasks=32 -- --preset=accelerator --seeds=20

Each task runs the experiment's command. The tasks of a lost node are restarted on other nodes and skip the parts that
are finished; the unfinished parts of the lost node are computed by the others. This folder, its .venv and --output_dir
must be on a file system that all nodes share, under the same path. The address is that of the head node, as `ray start
--head` prints it; "auto" uses the cluster that this host belongs to.

This is for sweeps. For one program on many nodes use the launchers slurm, gke or tpu_vm.

Run it from this folder with the project's Python, .venv/bin/python. --dry_run prints the command.
"""

import importlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dl_jax.errors import FlagError
from dl_jax.runtime.flags import flag
from launch.commands import STOPPED, LaunchError, LaunchOptions, check_pattern, main

REPORT_S = 30.0
"""Seconds between two progress lines."""

TIED = (
    "import ctypes, os, sys; "
    "getattr(ctypes.CDLL(None), 'prctl', lambda *_: 0)(1, 15); "  # PR_SET_PDEATHSIG, SIGTERM; Linux has it
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Runs a command that receives SIGTERM when its parent dies; it would otherwise continue and keep its claims."""

MAX_STDERR = 2000
"""Characters of a failed task's stderr that are printed, the last ones."""


@dataclass(frozen=True)
class Ray(LaunchOptions):
    """Options of this launcher."""

    address: str = flag("auto", "HOST:PORT of the cluster's head node, or auto")
    tasks: int = flag(4, "tasks that share out the trials", at_least=1, at_most=10_000)
    shards: int | None = flag(None, "parts that each sweep is split into; as many as tasks by default", at_least=1)
    cpus: float = flag(1.0, "processor cores that Ray reserves for a task", at_least=0)
    gpus: float = flag(0.0, "GPUs that Ray reserves for a task", at_least=0)
    max_restarts: int = flag(20, "restarts of a task at most", at_least=0)

    def __post_init__(self):
        super().__post_init__()
        check_pattern(self, r"auto|[\w.-]+:\d+", "10.0.0.1:6379", "address")


class Ended(NamedTuple):
    """Exit status of a task, its node, and the end of its stderr."""

    status: int
    node: str
    stderr: str


def command(name: str, flags: list[str], options: Ray) -> list[str]:
    """Return the command of each task, with the Python that runs this."""
    common = [f"--output_dir={Path(options.output_dir).absolute()}", f"--shards={options.shards or options.tasks}"]
    device = ["--require_device=gpu"] if options.gpus else []
    return [sys.executable, "-P", "-m", f"experiments.{name}", *flags, *common, "--distributed=off", *device]


def work(argv: list[str]) -> Ended:
    """Run one task on its node. Raises InterruptedError if it stopped on SIGTERM, so that Ray restarts it."""
    tied = [sys.executable, "-c", TIED, *argv]
    streams = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    done = subprocess.run(tied, **streams, text=True, errors="replace", check=False)
    if done.returncode in (*STOPPED, -signal.SIGTERM):
        raise InterruptedError("stopped on SIGTERM; finished parts are saved")
    return Ended(done.returncode, os.uname().nodename, done.stderr[-MAX_STDERR:])


def start(name: str, flags: list[str], options: Ray) -> int:
    """Start the tasks and wait for all of them."""
    argv = command(name, flags, options)
    if options.dry_run:
        print(f"# {options.tasks} tasks at {options.address}, each\n{shlex.join(argv)}")
        return 0
    try:
        ray = importlib.import_module("ray")
    except ModuleNotFoundError:
        raise FlagError("Ray is not installed: EXTRAS=ray bash launch/local.sh reproduce --list installs it") from None
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        if options.address != "auto":  # Ray itself would retry for minutes
            host, port = options.address.split(":")
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(address=options.address, log_to_driver=False)
    except (OSError, OverflowError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise FlagError(f"--address={options.address}: no Ray cluster answers ({reason})") from None
    try:
        return _wait(ray, argv, options)
    finally:
        ray.shutdown()  # ends the tasks that still run


def _wait(ray, argv, options):
    task = ray.remote(
        num_cpus=options.cpus,
        num_gpus=options.gpus,
        max_retries=options.max_restarts,
        retry_exceptions=[InterruptedError],
        scheduling_strategy="SPREAD",
    )(work)
    waiting, began = [task.remote(argv) for _ in range(options.tasks)], time.monotonic()
    print(f"{options.tasks} tasks started; Ctrl-C ends them, and the same command resumes them", flush=True)
    while waiting:
        done, waiting = ray.wait(waiting, timeout=REPORT_S)
        for each in done:
            try:
                ended = ray.get(each)
            except ray.exceptions.RayError as error:
                raise LaunchError(f"a task was lost too often: {str(error).strip().splitlines()[-1]}") from None
            if ended.status:
                raise LaunchError(
                    f"a task ended with exit status {ended.status} on node {ended.node}, and the others were stopped. "
                    f"Finished parts are saved, and the same command resumes. Its stderr:\n{ended.stderr}"
                )
        count = options.tasks - len(waiting)
        print(f"{count} of {options.tasks} tasks done, {time.monotonic() - began:.0f} s", flush=True)
    print(f"Done; the results are in {Path(options.output_dir).absolute()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(__doc__, Ray, start, sys.argv[1:]))
