"""Sweeps on a real SLURM and a real Ray of two nodes that lose elements and nodes: the records are a serial run's."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.launch.one_host_slurm import is_available, one_host_slurm

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FLAGS = ["--preset=smoke", "--seeds=6", "--steps=1500"]
"""Long enough that elements and nodes are lost in the middle of the run."""


def python(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=900, **options
    )


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """The records of the same sweep in one process."""
    folder = tmp_path_factory.mktemp("serial")
    python("-m", "experiments.linear_half_spaces", *FLAGS, f"--output_dir={folder}")
    return (folder / "linear_half_spaces" / "latest" / "records.jsonl").read_bytes()


@pytest.fixture(scope="module")
def cluster():
    if not is_available():
        pytest.skip("needs SLURM and root: apt-get install slurmctld slurmd slurm-client munge")
    with one_host_slurm() as environment:
        yield environment


def wait_until(condition, seconds, explain):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, explain()
        time.sleep(0.3)


class Job:
    """An experiment launched on SLURM."""

    def __init__(self, cluster, folder, *flags, **environment):
        self.cluster, self.folder = cluster | environment, folder
        output = python(
            "-m", "launch.slurm", "linear_half_spaces", f"--output_dir={folder}", *flags, "--", *FLAGS, env=self.cluster
        ).stdout
        self.id = re.search(r"^job +(\d+)$", output, re.MULTILINE)[1]

    def call(self, *command):
        return subprocess.run(command, env=self.cluster, capture_output=True, text=True, check=True).stdout

    def state(self, element=""):
        return self.call("squeue", "--noheader", "--format=%T %r", f"--jobs={self.id}{element}").strip()

    def is_over(self):
        return not self.call("squeue", "--noheader", "--format=%i").strip()

    def logs(self):
        return "\n".join(path.read_text() for path in sorted((self.folder / "slurm").glob("*.log")))

    def records(self):
        return (self.folder / "linear_half_spaces" / "latest" / "records.jsonl").read_bytes()

    def is_running(self):
        """Return whether some parts are finished, and not all."""
        return any(self.folder.glob(".unfinished/**/*.jsonl"))


def test_an_array_that_loses_elements_gives_the_records_of_a_serial_run(cluster, serial, tmp_path):
    job = Job(cluster, tmp_path / "a folder é", "--array=3", "--cpus=1", "--time=30:00")
    wait_until(job.is_running, 300, job.logs)
    job.call("scancel", "--batch", "--signal=TERM", f"{job.id}_0")  # as SLURM does two minutes before the time limit
    wait_until(lambda: "PENDING BeginTime" in job.state("_0"), 60, job.logs)
    assert "requeued, restart 1 of 20" in job.logs()
    job.call("scontrol", "update", f"JobId={job.id}_0", "StartTime=now")  # SLURM would wait for two minutes
    job.call("scontrol", "requeue", f"{job.id}_1")  # as SLURM does when a node is lost or reassigned
    wait_until(lambda: "PENDING BeginTime" in job.state("_1"), 60, job.logs)
    job.call("scontrol", "update", f"JobId={job.id}_1", "StartTime=now")
    wait_until(job.is_over, 600, job.logs)
    assert job.records() == serial
    assert [path.name for path in job.folder.iterdir() if path.name.startswith(".")] == []


def test_the_others_take_over_the_parts_of_a_cancelled_element(cluster, serial, tmp_path):
    job = Job(cluster, tmp_path, "--array=2", "--cpus=1")
    wait_until(job.is_running, 300, job.logs)
    job.call("scancel", f"{job.id}_1")
    wait_until(job.is_over, 600, job.logs)
    assert "requeued" not in job.logs()
    assert job.records() == serial


def test_one_program_on_two_nodes_saves_on_sigterm_and_resumes(cluster, serial, tmp_path):
    # The nodes' names do not resolve here, so JAX needs the address of its coordinator.
    address = {"JAX_COORDINATOR_ADDRESS": "127.0.0.1:61234"}
    job = Job(cluster, tmp_path, "--nodes=2", "--cpus=1", **address)
    wait_until(job.is_running, 300, job.logs)
    job.call("scancel", "--batch", "--signal=TERM", job.id)
    wait_until(lambda: "PENDING BeginTime" in job.state(), 120, job.logs)
    job.call("scontrol", "update", f"JobId={job.id}", "StartTime=now")
    wait_until(job.is_over, 600, job.logs)
    assert job.records() == serial


def test_ray_loses_a_node_and_gives_the_records_of_a_serial_run(serial, tmp_path):
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    memory = {"object_store_memory": 100_000_000}
    rays = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **memory})
    try:
        _, lost = (rays.add_node(num_cpus=2, **memory) for _ in range(2))
        flags = [f"--address={rays.address}", "--tasks=3", f"--output_dir={tmp_path}"]
        launched = subprocess.Popen(
            [sys.executable, "-m", "launch.ray_submit", "linear_half_spaces", *flags, "--", *FLAGS],
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until(lambda: any(tmp_path.glob(".unfinished/**/*.jsonl")), 300, lambda: "no part was finished")
            rays.remove_node(lost, allow_graceful=False)
            output = launched.communicate(timeout=600)[0]
        finally:
            launched.send_signal(signal.SIGKILL)
        assert launched.returncode == 0, output
        assert "3 of 3 tasks done" in output
    finally:
        rays.shutdown()
    assert (tmp_path / "linear_half_spaces" / "latest" / "records.jsonl").read_bytes() == serial


def test_the_real_gcloud_accepts_every_command(tmp_path):
    """Without a login it stops with an error about the account, but it refuses unknown flags before."""
    from launch.tpu_options import TpuVm
    from launch.tpu_slice import Slice

    environment = os.environ | {"CLOUDSDK_CONFIG": str(tmp_path), "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false"}
    slice_ = Slice("linear_half_spaces", [], TpuVm(zone="us-west4-a", project="a-project", spot=True))
    commands = [each for step in slice_.commands().values() for each in step if each[0] == "gcloud"]
    commands += [slice_.gcloud("tpu-vm", "describe", slice_.name, "--format=value(state)")]
    for argv in [*commands, [*commands[0], "--no_such_flag"]]:
        try:
            done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120, check=False)
        except FileNotFoundError:
            pytest.skip("needs gcloud")
        accepted = "do not currently have an active account" in done.stderr
        assert accepted is (argv[-1] != "--no_such_flag"), done.stderr
