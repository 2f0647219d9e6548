"""Several processes as one run: two with four devices each train the same as one with eight devices or with one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from dl_jax.errors import FlagError
from dl_jax.scale import processes

ROOT = Path(__file__).parents[2]

TRAINS = '''
"""Train one model on a stream and several in a sweep; the first process writes the results. DEVICES FILE"""
import os, sys
import jax, numpy as np
devices, path = int(sys.argv[1]), sys.argv[2]
jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", devices)
from dl_jax.scale import processes
processes.connect("off")
from dl_jax.data.dataset import Examples, Splits, Stream
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.fit import fit
from dl_jax.training.grid import grid
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.context import local_context
from dl_jax.training.sharding import to_host
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep

def batches(first, steps, batch_size):
    generators = [np.random.default_rng(number) for number in range(first, first + steps)]
    x_TxBxD = np.stack([g.normal(size=(batch_size, 32)).astype(np.float32) for g in generators])
    y_TxB = (x_TxBxD[:, :, 0] > x_TxBxD[:, :, 1]).astype(np.int32)
    size = batch_size // jax.process_count()
    local = slice(jax.process_index() * size, (jax.process_index() + 1) * size)
    return Examples(x_TxBxD[:, local], y_TxB[:, local])

shape = Examples(jax.ShapeDtypeStruct((32,), np.float32), jax.ShapeDtypeStruct((), np.int32))
learner = Learner(mlp((512, 64), 2, NONLINEARITIES["tanh"]), cross_entropy, adam(0.003))
context = local_context(None, data=min(2, devices), model=min(2, devices))
stream = Stream(shape, 100, batches)
state, loss_T, *_ = fit(learner, stream, jax.random.key(0), steps=6, context=context, batch_size=16)
test = Examples(np.ones((40, 32), np.float32) * np.arange(40, dtype=np.float32)[:, None] % 7, np.arange(40) % 2)
def evaluate(run):
    test = run.splits.test
    return {"loss": run.learner.loss(run.learner.model.apply(run.params, test.x), test.y).mean()}

splits, trials = Splits(test, test, test), grid(seed=range(5))
records = sweep(lambda trial: learner, splits, trials, steps=4, evaluate=evaluate, batch_size=8)
weights = to_host(state.params)
if processes.is_first():
    values = [row["value"] for row in records.rows]
    np.savez(path, loss_T=loss_T, w=weights["layer_01"]["w"], b=weights["layer_03"]["b"], sweep=values)
sent = processes.broadcast_from_first(lambda: {"text": "Ünicode", "from": jax.process_index()})
assert sent == {"text": "Ünicode", "from": 0}
if jax.process_count() > 1:
    lines = processes.table().splitlines()
    assert len(lines) == 1 + jax.process_count() and lines[1].split()[0] == "0", lines
'''


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "trains.py"
    path.write_text(TRAINS)
    return path


def trained(script, count, devices):
    out = script.with_name(f"{count}x{devices}.npz")
    command = [sys.executable, str(script), str(devices), str(out)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    starter = (
        f"import sys; from dl_jax.scale import processes; sys.exit(processes.start_processes({count}, sys.argv[1:]))"
    )
    whole = command if count == 1 else [sys.executable, "-c", starter, *command]
    done = subprocess.run(whole, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(np.load(out))


def test_training_is_the_same_on_two_processes_of_four_devices_and_one_of_eight_or_one(script):
    results = {(count, devices): trained(script, count, devices) for count, devices in ((2, 4), (1, 8), (1, 1))}
    for other in ((1, 8), (1, 1)):
        np.testing.assert_array_equal(results[2, 4]["sweep"], results[other]["sweep"], "trials are bitwise the same")
        for name in ("loss_T", "w", "b"):
            np.testing.assert_allclose(results[2, 4][name], results[other][name], rtol=2e-3, atol=2e-5)
    assert np.ptp(results[2, 4]["loss_T"]) > 0.01


def test_the_status_of_a_failed_process_is_that_of_the_run():
    command = f"import os, sys, time; sys.exit(7) if os.environ['{processes.PROCESS_VARIABLE}'] == '1/3' else None"
    assert processes.start_processes(3, [sys.executable, "-c", command]) == 7


def test_sigterm_is_forwarded_to_every_process(tmp_path):
    waits = (
        "import os, signal, sys, time\nsignal.signal(15, lambda *_: sys.exit(99))\n"
        "os.write(1, b'up\\n')  # one write, which the other process cannot interrupt\ntime.sleep(60)"
    )
    starter = "import sys; from dl_jax.scale import processes; sys.exit(processes.start_processes(2, sys.argv[1:]))"
    command = [sys.executable, "-c", starter, sys.executable, "-c", waits]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert [running.stdout.readline() for _ in range(2)] == ["up\n"] * 2
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 99


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"SLURM_JOB_ID": "1", "SLURM_NTASKS": "4"}, False),  # a batch script, outside of srun
        ({"SLURM_JOB_ID": "1", "SLURM_STEP_NODELIST": "n1", "SLURM_PROCID": "0", "SLURM_NTASKS": "1"}, False),
        ({"SLURM_JOB_ID": "1", "SLURM_STEP_NODELIST": "n[1-2]", "SLURM_PROCID": "0", "SLURM_NTASKS": "2"}, True),
        ({"OMPI_COMM_WORLD_SIZE": "2"}, True),
        ({"TPU_WORKER_HOSTNAMES": "localhost"}, False),
        ({"TPU_WORKER_HOSTNAMES": "a,b"}, True),
    ],
)
def test_a_cluster_is_recognized_by_environment_variables(variables, expected):
    assert processes.in_cluster(variables) is expected


@pytest.mark.parametrize(
    ("error", "raised", "message"),
    [
        (
            ValueError("coordinator_address should be defined."),
            FlagError,
            "--distributed=on: no cluster environment",
        ),
        (
            RuntimeError("DEADLINE_EXCEEDED: late\nmore"),
            ConnectionError,
            r"did not connect within 600 s \(DEADLINE_EXCEEDED: late\)",
        ),
    ],
)
def test_missing_processes_are_reported(monkeypatch, error, raised, message):
    def initialize(**_):
        raise error

    monkeypatch.setattr(jax.distributed, "initialize", initialize)
    with pytest.raises(raised, match=message):
        processes.connect("on")
    processes.connect("off")
