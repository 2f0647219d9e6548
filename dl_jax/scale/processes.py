"""Several processes as one run: started on this host, or connected where a cluster started them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

from dl_jax.errors import FlagError

PROCESS_VARIABLE = "DL_JAX_PROCESS"
"""Environment variable of a process that `start_processes` started: "0/2" for the first of two."""
CONNECT_S, GRACE_S = 600, 20
"""Seconds that processes wait for each other at the start, and that the others may run on after one has failed."""


def start_processes(count: int, command: Sequence[str]) -> int:
    """Run `command` as `count` connected processes on this host, and return the exit status of the run.

    SIGTERM is forwarded to all of them. If one fails, the others are killed after GRACE_S; the status is that of the
    first process that failed, and 128 + n if signal n killed it.
    """
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{listening.getsockname()[1]}"

    def start(number):
        variables = {PROCESS_VARIABLE: f"{number}/{count}", "JAX_COORDINATOR_ADDRESS": coordinator}
        return subprocess.Popen(command, env=os.environ | variables)

    started: list[subprocess.Popen] = []

    def forward(number, frame):
        for process in started:
            process.send_signal(number)

    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, forward),
        signal.SIGINT: signal.signal(signal.SIGINT, lambda number, frame: None),  # the terminal sends Ctrl-C to all
    }
    try:
        started += [start(number) for number in range(count)]
        while None in (statuses := [process.poll() for process in started]) and not any(statuses):
            time.sleep(0.1)
        # When one process ends, the others end by themselves or wait for it for ever.
        until = time.monotonic() + GRACE_S
        for process in started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until - time.monotonic()) if any(statuses) else None)
    finally:
        for process in started:
            process.kill()
            process.wait()
        for number, handler in before.items():
            signal.signal(number, handler)
    first = next((status for status in statuses if status), 0)
    return first if first >= 0 else 128 - first


def local_process_count() -> int:
    """Return how many processes `start_processes` started for this run; 0 if it did not start this process."""
    return int(os.environ[PROCESS_VARIABLE].partition("/")[2]) if PROCESS_VARIABLE in os.environ else 0


def connect(distributed: str) -> None:
    """Initialize jax.distributed: always where `start_processes` or "on" says so, in a cluster if "auto".

    Call it before JAX initializes its devices. Raises FlagError if nothing names the other processes, and
    ConnectionError if they do not connect within CONNECT_S.
    """
    if PROCESS_VARIABLE in os.environ:
        number, _, count = os.environ[PROCESS_VARIABLE].partition("/")
        arguments: dict[str, Any] = {"num_processes": int(count), "process_id": int(number)}
    elif distributed == "on" or (distributed == "auto" and in_cluster()):
        arguments = {}
    else:
        return
    try:
        jax.distributed.initialize(**arguments, initialization_timeout=CONNECT_S)
    except ValueError as error:
        raise FlagError(
            f"--distributed={distributed}: no cluster environment names the other processes of this run ({error}); "
            "start it under SLURM, on a TPU pod or in a JobSet, with --num_processes=N on one host, or with "
            "--distributed=off"
        ) from None
    except RuntimeError as error:  # the other processes may be late, so the flag is not wrong
        reason = str(error).strip().splitlines()[0]
        raise ConnectionError(
            f"the other processes of this run did not connect within {CONNECT_S} s ({reason})"
        ) from None


def in_cluster(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether environment variables name more than one process of this program (SLURM, Open MPI, TPU hosts)."""
    variables = os.environ if environment is None else environment
    in_step = all(name in variables for name in ("SLURM_JOB_ID", "SLURM_STEP_NODELIST", "SLURM_PROCID"))
    hosts = variables.get("TPU_PROCESS_ADDRESSES") or variables.get("TPU_WORKER_HOSTNAMES") or ""
    return (
        (in_step and int(variables.get("SLURM_NTASKS", 1)) > 1)
        or int(variables.get("OMPI_COMM_WORLD_SIZE", 1)) > 1
        or "," in hosts
    )


def is_first() -> bool:
    """Return whether this is process 0, which alone prints and writes files."""
    return jax.process_index() == 0


def broadcast_from_first(compute: Callable[[], Any]) -> Any:
    """Return on every process what `compute` returns on process 0: a value of JSON's types. Every process calls it."""
    if jax.process_count() == 1:
        return compute()
    text = json.dumps(compute() if is_first() else None).encode()
    size = int(multihost_utils.broadcast_one_to_all(np.int32(len(text))))
    bytes_N = np.frombuffer(text.ljust(size, b" ")[:size], np.uint8)
    return json.loads(multihost_utils.broadcast_one_to_all(bytes_N).astype(np.uint8).tobytes())


def table() -> str:
    """Return the processes with their hosts and devices as text, a line for each. Every process calls it."""
    names = np.frombuffer(socket.gethostname().encode()[:64].ljust(64), np.uint8)
    hosts = multihost_utils.process_allgather(names).reshape(-1, 64).astype(np.uint8)
    lines = []
    for number, host in enumerate(hosts):
        local = [device for device in jax.devices() if device.process_index == number]
        lines.append(f"  {number:>7}  {host.tobytes().decode().strip():<24} {len(local):>3} x {local[0].device_kind}")
    return "\n".join([f"  process  host{'devices':>31}", *lines])


def silence_unless_first() -> None:
    """Redirect stdout to nowhere in all processes but the first; stderr stays."""
    if not is_first():
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  open as long as the process lives
