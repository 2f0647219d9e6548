"""A sweep on a real SLURM and a real Ray of two nodes each, with losses on the way: the records are a serial run's."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.launch.one_machine_slurm import is_there, one_machine_slurm

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FLAGS = ["--preset=smoke", "--seeds=6", "--steps=1500"]
"""Long enough that what is lost is lost in the middle."""


def python(*arguments, **given):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=900, **given
    )


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """The records of the same sweep, run by one process."""
    folder = tmp_path_factory.mktemp("serial")
    python("-m", "experiments.linear_half_spaces", *FLAGS, f"--output_dir={folder}")
    return (folder / "linear_half_spaces" / "records.jsonl").read_bytes()


@pytest.fixture(scope="module")
def cluster():
    if not is_there():
        pytest.skip("needs SLURM and root: apt-get install slurmctld slurmd slurm-client munge")
    with one_machine_slurm() as environment:
        yield environment


def wait_until(holds, seconds, what):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what()
        time.sleep(0.3)


class Job:
    """An experiment that was launched on SLURM."""

    def __init__(self, cluster, folder, *flags, **environment):
        self.cluster, self.folder = cluster | environment, folder
        said = python(
            "-m", "launch.slurm", "linear_half_spaces", f"--output_dir={folder}", *flags, "--", *FLAGS, env=self.cluster
        ).stdout
        self.id = re.search(r"^job +(\d+)$", said, re.MULTILINE)[1]

    def tell(self, *command):
        return subprocess.run(command, env=self.cluster, capture_output=True, text=True, check=True).stdout

    def state(self, element=""):
        return self.tell("squeue", "--noheader", "--format=%T %r", f"--jobs={self.id}{element}").strip()

    def is_over(self):
        return not self.tell("squeue", "--noheader", "--format=%i").strip()

    def logs(self):
        return "\n".join(path.read_text() for path in sorted((self.folder / "slurm").glob("*.log")))

    def records(self):
        return (self.folder / "linear_half_spaces" / "records.jsonl").read_bytes()

    def has_begun(self):
        """Whether parts are finished, and more are to come."""
        return any(self.folder.glob(".unfinished/**/*.jsonl"))


def test_an_array_that_loses_elements_ends_with_the_records_of_a_serial_run(cluster, serial, tmp_path):
    job = Job(cluster, tmp_path / "a folder é", "--array=3", "--cpus=1", "--time=30:00")
    wait_until(job.has_begun, 300, job.logs)
    job.tell("scancel", "--batch", "--signal=TERM", f"{job.id}_0")  # as SLURM does two minutes before the time is up
    wait_until(lambda: "PENDING BeginTime" in job.state("_0"), 60, job.logs)
    assert "into the queue again, for the time 1 of 20" in job.logs()
    job.tell("scontrol", "update", f"JobId={job.id}_0", "StartTime=now")  # SLURM would wait for two minutes
    job.tell("scontrol", "requeue", f"{job.id}_1")  # as SLURM does where a node is lost, or taken for something else
    wait_until(lambda: "PENDING BeginTime" in job.state("_1"), 60, job.logs)
    job.tell("scontrol", "update", f"JobId={job.id}_1", "StartTime=now")
    wait_until(job.is_over, 600, job.logs)
    assert job.records() == serial
    assert [path.name for path in job.folder.iterdir() if path.name.startswith(".")] == []


def test_an_element_that_is_cancelled_stays_away_and_the_others_take_its_parts_over(cluster, serial, tmp_path):
    job = Job(cluster, tmp_path, "--array=2", "--cpus=1")
    wait_until(job.has_begun, 300, job.logs)
    job.tell("scancel", f"{job.id}_1")
    wait_until(job.is_over, 600, job.logs)
    assert "into the queue again" not in job.logs()
    assert job.records() == serial


def test_one_program_over_two_nodes_is_told_saves_and_goes_on(cluster, serial, tmp_path):
    # The nodes' names do not resolve here, so JAX must be told where its coordinator is.
    address = {"JAX_COORDINATOR_ADDRESS": "127.0.0.1:61234"}
    job = Job(cluster, tmp_path, "--nodes=2", "--cpus=1", **address)
    wait_until(job.has_begun, 300, job.logs)
    job.tell("scancel", "--batch", "--signal=TERM", job.id)
    wait_until(lambda: "PENDING BeginTime" in job.state(), 120, job.logs)
    job.tell("scontrol", "update", f"JobId={job.id}", "StartTime=now")
    wait_until(job.is_over, 600, job.logs)
    assert job.records() == serial


def test_ray_loses_a_node_and_ends_with_the_records_of_a_serial_run(serial, tmp_path):
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    memory = {"object_store_memory": 100_000_000}
    rays = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **memory})
    try:
        kept, lost = (rays.add_node(num_cpus=2, **memory) for _ in range(2))
        assert kept is not lost
        ours = [f"--address={rays.address}", "--tasks=3", f"--output_dir={tmp_path}"]
        launched = subprocess.Popen(
            [sys.executable, "-m", "launch.ray_submit", "linear_half_spaces", *ours, "--", *FLAGS],
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until(lambda: any(tmp_path.glob(".unfinished/**/*.jsonl")), 300, lambda: "nothing began")
            rays.remove_node(lost, allow_graceful=False)
            said = launched.communicate(timeout=600)[0]
        finally:
            launched.send_signal(signal.SIGKILL)
        assert launched.returncode == 0, said
        assert "3 of 3 tasks done" in said
    finally:
        rays.shutdown()
    assert (tmp_path / "linear_half_spaces" / "records.jsonl").read_bytes() == serial


def test_the_real_gcloud_takes_every_command(tmp_path):
    """Logged in nowhere, it stops at that; but before, it refuses a flag that it does not know."""
    from launch.tpu_slice import Slice, TpuVm

    environment = os.environ | {"CLOUDSDK_CONFIG": str(tmp_path), "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false"}
    made = Slice("linear_half_spaces", [], TpuVm(zone="us-west4-a", project="a-project", spot=True))
    commands = [each for step in made.commands().values() for each in step if each[0] == "gcloud"]
    commands += [made.gcloud("tpu-vm", "describe", made.name, "--format=value(state)")]
    for argv in [*commands, [*commands[0], "--no_such_flag"]]:
        try:
            done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120, check=False)
        except FileNotFoundError:
            pytest.skip("needs gcloud")
        known = "do not currently have an active account" in done.stderr
        assert known is (argv[-1] != "--no_such_flag"), done.stderr
