"""Several processes as one run: started on this machine, or found where a cluster started them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

from dl_jax.errors import FlagError

WHICH = "DL_JAX_PROCESS"
"""In the environment of a process that `start_here` started: "0/2" for the first of two."""
PATIENCE_S, GRACE_S = 600, 20
"""Seconds: how long the processes wait for one another at the start; how long they may go on when one has failed."""


def start_here(count: int, command: Sequence[str]) -> int:
    """The exit status of `command` run as so many processes, which find one another. If one fails, none is left."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{listening.getsockname()[1]}"

    def start(number):
        own = {WHICH: f"{number}/{count}", "JAX_COORDINATOR_ADDRESS": coordinator}
        return subprocess.Popen(command, env=os.environ | own)

    started: list[subprocess.Popen] = []

    def pass_on(number, frame):
        for process in started:
            process.send_signal(number)

    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
        signal.SIGINT: signal.signal(signal.SIGINT, lambda number, frame: None),  # Ctrl-C reaches all of them as it is
    }
    try:
        started += [start(number) for number in range(count)]
        while None in (statuses := [process.poll() for process in started]) and not any(statuses):
            time.sleep(0.1)
        # The others end by themselves when one ends, or never.
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


def started_here() -> int:
    """How many processes of this run share this machine because `start_here` started them; 0 if it did not."""
    return int(os.environ[WHICH].partition("/")[2]) if WHICH in os.environ else 0


def join(distributed: str) -> None:
    """Find the other processes of this run: "on" there must be some, "auto" there are where a cluster says so.

    Call it before the devices are asked for anything. FlagError if nothing tells where they are, ConnectionError if
    they do not come.
    """
    if WHICH in os.environ:
        number, _, count = os.environ[WHICH].partition("/")
        own = {"num_processes": int(count), "process_id": int(number)}
    elif distributed == "on" or (distributed == "auto" and in_a_cluster()):
        own = {}
    else:
        return
    how = "start it where a cluster tells them (SLURM, a TPU pod, a JobSet), with --num_processes=N on one machine, or "
    try:
        jax.distributed.initialize(**own, initialization_timeout=PATIENCE_S)
    except ValueError as error:
        told = f"--distributed={distributed}: nothing tells where the other processes of this run are ({error}); "
        raise FlagError(f"{told}{how}with --distributed=off") from None
    except RuntimeError as error:  # they may still come, so this is no wrong flag
        said = str(error).strip().splitlines()[0]
        raise ConnectionError(f"the other processes of this run were not found in {PATIENCE_S} s ({said})") from None


def in_a_cluster(environment: dict[str, str] | None = None) -> bool:
    """Whether the environment tells of more than one process of this program: SLURM, Open MPI, TPU hosts."""
    told = os.environ if environment is None else environment
    in_a_step = all(name in told for name in ("SLURM_JOB_ID", "SLURM_STEP_NODELIST", "SLURM_PROCID"))
    hosts = told.get("TPU_PROCESS_ADDRESSES") or told.get("TPU_WORKER_HOSTNAMES") or ""
    return (
        (in_a_step and int(told.get("SLURM_NTASKS", 1)) > 1)
        or int(told.get("OMPI_COMM_WORLD_SIZE", 1)) > 1
        or "," in hosts
    )


def is_first() -> bool:
    """Whether this is the process that speaks and writes."""
    return jax.process_index() == 0


def agreed(find: Callable[[], Any]) -> Any:
    """What the first process finds, for all: something that JSON can hold. Every process must call this."""
    if jax.process_count() == 1:
        return find()
    said = json.dumps(find() if is_first() else None).encode()
    size = int(multihost_utils.broadcast_one_to_all(np.int32(len(said))))
    room = np.frombuffer(said.ljust(size, b" ")[:size], np.uint8)
    return json.loads(multihost_utils.broadcast_one_to_all(room).astype(np.uint8).tobytes())


def table() -> str:
    """The processes and their devices, a line each."""
    names = np.frombuffer(socket.gethostname().encode()[:64].ljust(64), np.uint8)
    hosts = multihost_utils.process_allgather(names).reshape(-1, 64).astype(np.uint8)
    lines = []
    for number, host in enumerate(hosts):
        own = [device for device in jax.devices() if device.process_index == number]
        lines.append(f"  {number:>7}  {host.tobytes().decode().strip():<24} {len(own):>3} x {own[0].device_kind}")
    return "\n".join([f"  process  host{'devices':>31}", *lines])


def quiet_unless_first() -> None:
    """All but the first process write to nowhere; what they raise is still seen."""
    if not is_first():
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  for as long as the process lives
