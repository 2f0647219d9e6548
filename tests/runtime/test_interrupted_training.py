"""A training that is killed or preempted many times ends bitwise equal to one that was not interrupted."""

import random
import signal
import socket
import subprocess
import sys
import time

import pytest

from dl_jax.scale.preemption import EXIT_PREEMPTED

pytestmark = pytest.mark.slow

TRAIN = """
import sys
from hashlib import sha256
from pathlib import Path

import jax
import numpy as np
import optax

number, count, port = map(int, sys.argv[2:5])
jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", 4 // count)
if count > 1:
    jax.distributed.initialize(f"127.0.0.1:{port}", count, number)

from dl_jax.data.dataset import Examples
from dl_jax.evidence.records import Records
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.scale.cache import Cache
from dl_jax.scale.checkpointed_run import CheckpointedRun
from dl_jax.scale.preemption import EXIT_PREEMPTED, Preempted, StopSignal
from dl_jax.training import loop
from dl_jax.training.fit import fit
from dl_jax.training.losses import cross_entropy
from dl_jax.training.context import local_context
from dl_jax.training.step import Learner

loop.FLOPS_PER_SECOND = {"cpu": 3e7}  # many short calls, each with a chance to save
folder, steps = Path(sys.argv[1]), int(sys.argv[5])
draw = np.random.default_rng(0)
train = Examples(draw.normal(size=(256, 16)).astype(np.float32), draw.integers(0, 4, 256).astype(np.int32))
learner = Learner(mlp((256, 256), 4, NONLINEARITIES["tanh"]), cross_entropy, optax.adam(1e-3))

def compute():
    context = local_context(data=jax.device_count()).with_events(checkpointer=run.checkpointer)
    state, loss_T, *_ = fit(learner, train, jax.random.key(1), steps=steps, context=context, batch_size=64)
    digest = sha256(np.asarray(loss_T).tobytes())
    for leaf in jax.tree.leaves(state):
        digest.update(np.asarray(leaf.addressable_data(0)).tobytes())
    return Records(({"metric": digest.hexdigest(), "value": 0.0},))

try:
    cache = Cache(folder)
    with StopSignal() as stop, CheckpointedRun(cache.get_or_compute, folder, {"steps": steps}, stop, 0.1) as run:
        records = run.get_or_compute({}, compute)
except Preempted:
    sys.exit(EXIT_PREEMPTED)
if number == 0:
    print("digest", records.rows[0]["metric"])
"""
STEPS = 3000
KILLS = 20


def start(folder, number=0, count=1, port=0, steps=STEPS):
    command = [sys.executable, "-c", TRAIN, str(folder), *map(str, (number, count, port, steps))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process, status=0):
    output, errors = process.communicate(timeout=300)
    assert process.returncode == status, errors
    assert "Traceback" not in errors
    return output.partition("digest ")[2].strip()


def unfinished(folder):
    return [*folder.glob("states-*/0/*.orbax-checkpoint-tmp*")]


def steps_saved(folder):
    return sorted(int(path.name) for path in folder.glob("states-*/0/*") if path.name.isdigit())


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return finished(start(tmp_path_factory.mktemp("uninterrupted") / "run"))


def until(condition, process, patience=60.0):
    """Wait for a condition; return False if the process ends first."""
    end = time.monotonic() + patience
    while not condition():
        if process.poll() is not None or time.monotonic() > end:
            return False
        time.sleep(0.0005)
    return True


def wait_for_checkpoint(process, folder):
    """Wait until the process has saved a checkpoint; fail with its output if it ends before."""
    before = steps_saved(folder)
    assert until(lambda: steps_saved(folder) > before, process), process.communicate()


def test_twenty_kills_change_no_bit(tmp_path, uninterrupted):
    draw, folder, in_mid_save, reached = random.Random(0), tmp_path / "run", 0, []
    for kill in range(KILLS):
        process = start(folder)
        if kill % 4:
            wait_for_checkpoint(process, folder)
            until(lambda: unfinished(folder), process)
        else:  # at a random time, possibly before the training starts
            time.sleep(5 * draw.random())
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "it ended before it was killed: train for longer"
        in_mid_save += bool(unfinished(folder))
        reached.append(max(steps_saved(folder), default=0))
    print(f"{in_mid_save} of {KILLS} kills left a state half written; reached after each: {reached}")
    assert in_mid_save >= KILLS // 3
    assert reached == sorted(reached)
    assert finished(start(folder)) == uninterrupted


def test_sigterm_saves_and_the_resumed_training_ends_the_same(tmp_path, uninterrupted):
    folder = tmp_path / "run"
    for _ in range(3):
        process = start(folder)
        wait_for_checkpoint(process, folder)
        process.terminate()
        finished(process, EXIT_PREEMPTED)
        assert not unfinished(folder)
    assert finished(start(folder)) == uninterrupted


def test_sigterm_to_one_of_two_processes_stops_both_at_the_same_step(tmp_path):
    def both(folder):
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            port = listening.getsockname()[1]
        return [start(folder, number, 2, port, STEPS // 6) for number in range(2)]

    expected, *_ = map(finished, both(tmp_path / "uninterrupted"))
    folder = tmp_path / "run"
    for number in (0, 1):
        processes = both(folder)
        wait_for_checkpoint(processes[0], folder)
        processes[number].terminate()
        for process in processes:
            finished(process, EXIT_PREEMPTED)
        assert not unfinished(folder)
    resumed, _ = map(finished, both(folder))
    assert resumed == expected
