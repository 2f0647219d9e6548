"""Runs an experiment on a Ray cluster: tasks that share out its trials, on whatever nodes there are.

  EXTRAS=ray bash launch/local.sh reproduce --list          once, for Ray itself
  python -m launch.ray_submit EXPERIMENT --address=HOST:6379 --tasks=32 -- --preset=accelerator --seeds=20

A task is the experiment's own command. Where a node is lost its tasks start again elsewhere, and go on from what is
finished; what the lost node had in hand, the others take over. This folder, its .venv and --output_dir must lie on a
disk that all nodes see, in the same place. The address is that of the head node, as `ray start --head` prints it;
"auto" finds the cluster that this machine belongs to.

This is for sweeps. One program over many nodes is better started by the cluster's own launcher: slurm, gke or tpu_vm.

Run it from this folder with its own Python: .venv/bin/python. --dry_run shows the command.
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
from launch.commands import TOLD, Failed, Launch, check_word, main

LOOK_S = 30.0
"""How often to tell how far it is."""

TIED = (
    "import ctypes, os, sys; "
    "getattr(ctypes.CDLL(None), 'prctl', lambda *_: 0)(1, 15); "  # PR_SET_PDEATHSIG, SIGTERM; Linux has it
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Runs a command that is told to stop when its parent is gone: left alone, it would go on and hold its parts."""

SHOWN = 2000
"""How many characters of what a failed task complained of are shown, the last ones."""


@dataclass(frozen=True)
class Ray(Launch):
    """Flags of this launcher."""

    address: str = flag("auto", "the cluster: HOST:PORT of its head node, or auto")
    tasks: int = flag(4, "tasks that share out the trials", at_least=1, at_most=10_000)
    shards: int | None = flag(None, "parts to cut each sweep into; as many as tasks, if not given", at_least=1)
    cpus: float = flag(1.0, "processor cores that Ray keeps for a task", at_least=0)
    gpus: float = flag(0.0, "GPUs that Ray keeps for a task", at_least=0)
    max_restarts: int = flag(20, "how often a task may start again", at_least=0)

    def __post_init__(self):
        super().__post_init__()
        check_word(self, r"auto|[\w.-]+:\d+", "10.0.0.1:6379", "address")


class Ended(NamedTuple):
    """How a task ended, where, and what it complained of."""

    status: int
    node: str
    said: str


def command(name: str, flags: list[str], options: Ray) -> list[str]:
    """What each task runs, on the Python that runs this."""
    how = [f"--output_dir={Path(options.output_dir).absolute()}", f"--shards={options.shards or options.tasks}"]
    device = ["--require_device=gpu"] if options.gpus else []
    return [sys.executable, "-P", "-m", f"experiments.{name}", *flags, *how, "--distributed=off", *device]


def work(argv: list[str]) -> Ended:
    """One task, on its node. InterruptedError where it was told to stop, so that Ray starts it again."""
    tied = [sys.executable, "-c", TIED, *argv]
    quiet = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    done = subprocess.run(tied, **quiet, text=True, errors="replace", check=False)
    if done.returncode in (*TOLD, -signal.SIGTERM):
        raise InterruptedError("told to stop; what is finished is kept")
    return Ended(done.returncode, os.uname().nodename, done.stderr[-SHOWN:])


def start(name: str, flags: list[str], options: Ray) -> int:
    """Starts the tasks and waits for all of them."""
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
        if options.address != "auto":  # Ray itself would try for minutes
            host, port = options.address.split(":")
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(address=options.address, log_to_driver=False)
    except (OSError, OverflowError, RuntimeError, ValueError) as error:
        said = " ".join(str(error).split())
        raise FlagError(f"--address={options.address}: no Ray cluster answers there ({said})") from None
    try:
        return _wait(ray, argv, options)
    finally:
        ray.shutdown()  # which ends what still runs


def _wait(ray, argv, options):
    task = ray.remote(
        num_cpus=options.cpus,
        num_gpus=options.gpus,
        max_retries=options.max_restarts,
        retry_exceptions=[InterruptedError],
        scheduling_strategy="SPREAD",
    )(work)
    waiting, began = [task.remote(argv) for _ in range(options.tasks)], time.monotonic()
    print(f"{options.tasks} tasks started; Ctrl-C ends them, and the same command goes on", flush=True)
    while waiting:
        done, waiting = ray.wait(waiting, timeout=LOOK_S)
        for each in done:
            try:
                ended = ray.get(each)
            except ray.exceptions.RayError as error:
                raise Failed(f"a task was lost for good: {str(error).strip().splitlines()[-1]}") from None
            if ended.status:
                raise Failed(
                    f"a task ended with exit status {ended.status} on node {ended.node}, and the others with it. What "
                    f"is finished is kept, and the same command goes on. It said:\n{ended.said}"
                )
        count = options.tasks - len(waiting)
        print(f"{count} of {options.tasks} tasks done, {time.monotonic() - began:.0f} s", flush=True)
    print(f"Done; the results are in {Path(options.output_dir).absolute()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(__doc__, Ray, start, sys.argv[1:]))
