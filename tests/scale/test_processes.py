"""Several processes as one run: two of four devices each train what one of eight trains, and what one device does."""

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
"""Trains one machine on a stream, and many in a sweep; the first process writes what came out. DEVICES FILE"""
import os, sys
import jax, numpy as np
devices, path = int(sys.argv[1]), sys.argv[2]
jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", devices)
from dl_jax.scale import processes
processes.join("off")
from dl_jax.data.dataset import Examples, Splits, Stream
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.fit import fit
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.context import local_context
from dl_jax.training.sharding import to_host
from dl_jax.training.step import Learner
from dl_jax.training.sweep import grid, sweep

def batches(first, steps, batch_size):
    generators = [np.random.default_rng(number) for number in range(first, first + steps)]
    x_TxBxD = np.stack([g.normal(size=(batch_size, 32)).astype(np.float32) for g in generators])
    y_TxB = (x_TxBxD[:, :, 0] > x_TxBxD[:, :, 1]).astype(np.int32)
    own = batch_size // jax.process_count()
    part = slice(jax.process_index() * own, (jax.process_index() + 1) * own)
    return Examples(x_TxBxD[:, part], y_TxB[:, part])

shape = Examples(jax.ShapeDtypeStruct((32,), np.float32), jax.ShapeDtypeStruct((), np.int32))
learner = Learner(mlp((512, 64), 2, NONLINEARITIES["tanh"]), cross_entropy, adam(0.003))
context = local_context(None, data=min(2, devices), model=min(2, devices))
state, error_T = fit(learner, Stream(shape, 100, batches), jax.random.key(0), 6, context=context, batch_size=16)
held = Examples(np.ones((40, 32), np.float32) * np.arange(40, dtype=np.float32)[:, None] % 7, np.arange(40) % 2)
def look(learner, first, last, splits):
    return {"loss": learner.loss(learner.model.apply(last, splits.test.x), splits.test.y).mean()}

splits, trials = Splits(held, held, held), grid(seed=range(5))
rows = sweep(lambda trial: learner, splits, trials, steps=4, look=look, context=local_context(), batch_size=8)
weights = to_host(state.params)
if processes.is_first():
    values = [row["value"] for row in rows]
    np.savez(path, error_T=error_T, w=weights["layer_01"]["w"], b=weights["layer_03"]["b"], sweep=values)
assert processes.agreed(lambda: {"is": "Ünicode", "from": jax.process_index()}) == {"is": "Ünicode", "from": 0}
if jax.process_count() > 1:
    told = processes.table().splitlines()
    assert len(told) == 1 + jax.process_count() and told[1].split()[0] == "0", told
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
    starter = f"import sys; from dl_jax.scale import processes; sys.exit(processes.start_here({count}, sys.argv[1:]))"
    whole = command if count == 1 else [sys.executable, "-c", starter, *command]
    done = subprocess.run(whole, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(np.load(out))


def test_two_processes_of_four_devices_train_what_one_of_eight_and_what_one_device_does(script):
    found = {(count, devices): trained(script, count, devices) for count, devices in ((2, 4), (1, 8), (1, 1))}
    for other in ((1, 8), (1, 1)):
        np.testing.assert_array_equal(
            found[2, 4]["sweep"], found[other]["sweep"], "trials are the same to the last bit"
        )
        for name in ("error_T", "w", "b"):
            np.testing.assert_allclose(found[2, 4][name], found[other][name], rtol=2e-3, atol=2e-5)
    assert np.ptp(found[2, 4]["error_T"]) > 0.01


def test_one_process_that_fails_ends_the_run_with_its_status():
    command = f"import os, sys, time; sys.exit(7) if os.environ['{processes.WHICH}'] == '1/3' else None"
    assert processes.start_here(3, [sys.executable, "-c", command]) == 7


def test_a_signal_reaches_every_process(tmp_path):
    waits = (
        "import signal, sys, time\nsignal.signal(15, lambda *_: sys.exit(99))\nprint('up', flush=True)\ntime.sleep(60)"
    )
    starter = "import sys; from dl_jax.scale import processes; sys.exit(processes.start_here(2, sys.argv[1:]))"
    command = [sys.executable, "-c", starter, sys.executable, "-c", waits]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert [running.stdout.readline() for _ in range(2)] == ["up\n"] * 2
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 99


@pytest.mark.parametrize(
    ("told", "there"),
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
def test_a_cluster_is_known_by_its_environment(told, there):
    assert processes.in_a_cluster(told) is there


@pytest.mark.parametrize(
    ("error", "seen", "says"),
    [
        (ValueError("coordinator_address should be defined."), FlagError, "--distributed=on: nothing tells where"),
        (
            RuntimeError("DEADLINE_EXCEEDED: late\nmore"),
            ConnectionError,
            r"not found in 600 s \(DEADLINE_EXCEEDED: late\)",
        ),
    ],
)
def test_processes_that_are_not_there_are_told(monkeypatch, error, seen, says):
    def lost(**_):
        raise error

    monkeypatch.setattr(jax.distributed, "initialize", lost)
    with pytest.raises(seen, match=says):
        processes.join("on")
    processes.join("off")
