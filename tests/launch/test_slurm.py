"""The batch script: its directives, that it passes every argument unchanged, and when it requeues itself."""

import shlex
import subprocess
import sys
import time

import pytest

from launch import slurm
from launch.commands import main

SMOKE = ["--", "--preset=smoke"]
RUN = """trap 'echo SIGTERM >>"$LOG"; exit "$STATUS_ON_SIGTERM"' TERM
printf '[%s]' "$@" >>"$LOG"; echo >>"$LOG"
[ -z "$WAITS" ] || for _ in {1..100}; do read -rt 0.05 <> <(:); done
exit "$STATUS"
"""


def launched(*arguments):
    return main(slurm.__doc__, slurm.Slurm, slurm.start, arguments)


def script_of(cwd):
    return cwd / "results" / "slurm" / "linear_half_spaces.sbatch"


def directives(script):
    lines = (line.removeprefix("#SBATCH --") for line in script.splitlines() if line.startswith("#SBATCH"))
    return dict(line.split("=", 1) if "=" in line else (line, "") for line in lines)


def test_the_script_of_an_array_is_written_and_submitted(fakes, cwd, capsys):
    fakes.add("sbatch", "echo '4711;cluster'")
    assert launched("linear_half_spaces", "--array=8", "--max_at_once=3", "--partition=gpu", *SMOKE) == 0
    requests = directives(script_of(cwd).read_text())
    assert requests["array"] == "0-7%3"
    assert requests["partition"] == "gpu"
    assert requests["signal"] == "B:TERM@120"
    assert "requeue" in requests
    assert "account" not in requests
    assert "gpus-per-node" not in requests
    assert requests["output"] == f'"{cwd}/results/slurm/linear_half_spaces-%A_%a.log"'
    assert fakes.calls == [["sbatch", "--parsable", str(script_of(cwd))]]
    output = capsys.readouterr().out
    assert "squeue --jobs=4711" in output
    assert "scancel 4711" in output
    assert f"{cwd}/results/slurm/linear_half_spaces-4711_0.log" in output


def test_a_program_on_several_nodes_is_started_by_srun(fakes, cwd):
    fakes.add("sbatch", "echo 5")
    assert launched("linear_half_spaces", "--nodes=4", "--gpus_per_node=8", "--time=1-12", *SMOKE) == 0
    script = script_of(cwd).read_text()
    requests = directives(script)
    assert (requests["nodes"], requests["ntasks-per-node"], requests["gpus-per-node"], requests["time"]) == (
        "4",
        "1",
        "8",
        "1-12",
    )
    assert "array" not in requests
    assert "\nsrun --kill-on-bad-exit=0 " in script
    assert "--distributed=on" in script
    assert "--require_device=gpu" in script
    assert "--shards" not in script


def test_a_dry_run_prints_the_script_and_writes_nothing(fakes, cwd, capsys):
    fakes.add("sbatch", "echo 5")
    arguments = ["linear_half_spaces", "--array=2"]
    assert launched(*arguments, "--dry_run", *SMOKE) == 0
    printed = capsys.readouterr().out
    assert fakes.calls == []
    assert list(cwd.iterdir()) == []
    launched(*arguments, *SMOKE)
    assert script_of(cwd).read_text() in printed
    assert shlex.join(fakes.calls[0]) in printed


def test_a_refused_submission_is_reported(fakes, cwd, capsys):
    fakes.add("sbatch", "echo 'sbatch: error: invalid partition specified: gpu' >&2; exit 1")
    assert launched("linear_half_spaces", "--array=2", *SMOKE) == 1
    error = capsys.readouterr().err
    assert "invalid partition specified: gpu" in error
    assert "Nothing was submitted" in error
    assert str(script_of(cwd)) in error


def test_without_slurm_nothing_is_written(fakes, cwd, capsys):
    assert launched("linear_half_spaces", "--array=2", *SMOKE) == 2
    assert capsys.readouterr().err.startswith("error: sbatch is not on the path")
    assert list(cwd.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "--array=16"),
        (["--array=2", "--nodes=2"], "--array=16"),
        (["--nodes=2", "--shards=4"], "go with --array"),
        (["--array=0"], "at least 1"),
        (["--array=2", "--time=soon"], "--time='soon'"),
        (["--array=2", "--partition=a;rm -rf ~"], "--partition='a;rm -rf ~'"),
        (["--array=2", "--account=a b"], "--account='a b'"),
        (["--array=2", '--output_dir=a"b'], "--output_dir"),
        (["--array=2", "--output_dir=a\nb"], "--output_dir"),
        (["--arry=2"], "--array?"),
    ],
)
def test_an_invalid_flag_is_refused_in_one_line(fakes, cwd, capsys, flags, message):
    assert launched("linear_half_spaces", *flags, *SMOKE) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert list(cwd.iterdir()) == []


class Script:
    """The batch script in bash, with a fake Python and fakes of SLURM's commands."""

    def __init__(self, fakes, folder, monkeypatch, mode):
        self.fakes, self.log, self.path = fakes, folder / "log", folder / "script"
        python = folder / "a python; rm -rf"
        python.write_text("#!/usr/bin/env bash\n" + RUN)
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))
        fakes.add("srun", 'exec "${@:3}"')
        fakes.add("scancel", 'kill -TERM "$CHILD"')
        fakes.add("scontrol")
        fakes.add("sleep")
        options = slurm.Slurm(max_restarts=2, output_dir="out dir é$(touch /tmp/never)", **mode)
        self.path.write_text(
            slurm.script("linear_half_spaces", ["--dataset=a 'b' \"c\" $HOME `id`\né;rm -rf *"], options)
        )

    def run(self, state="RUNNING", restarts=0, status=0, status_on_sigterm=99, sigterm=False):
        self.fakes.add("squeue", f"echo {state}")
        environment = {
            "PATH": str(self.fakes.bin),
            "LOG": str(self.log),
            "SLURM_JOB_ID": "77",
            "SLURM_ARRAY_JOB_ID": "70",
            "SLURM_ARRAY_TASK_ID": "7",
            "SLURM_RESTART_COUNT": str(restarts),
            "WAITS": "yes" if sigterm else "",
            "STATUS": str(status),
            "STATUS_ON_SIGTERM": str(status_on_sigterm),
        }
        bash = [str(self.fakes.bin / "bash"), str(self.path)]
        with subprocess.Popen(bash, env=environment, stderr=subprocess.PIPE, text=True) as process:
            if sigterm:
                end = time.monotonic() + 20
                while not self.log.exists() and time.monotonic() < end:
                    time.sleep(0.02)
                process.terminate()
            self.error = process.communicate(timeout=30)[1]
        return process.returncode, [call for call in self.fakes.calls if call[0] == "scontrol"]


@pytest.fixture
def array(fakes, tmp_path, monkeypatch):
    return Script(fakes, tmp_path, monkeypatch, {"array": 2})


def test_the_script_is_bash_and_every_argument_arrives_unchanged(array, cwd):
    checked = subprocess.run(["/usr/bin/env", "bash", "-n", str(array.path)], check=False, capture_output=True)
    assert checked.returncode == 0, checked.stderr
    assert array.run() == (0, [])
    log = array.log.read_text()
    assert log.startswith("[-P][-m][experiments.linear_half_spaces][--dataset=a 'b' \"c\" $HOME `id`\né;rm -rf *]")
    assert f"[--output_dir={cwd}/out dir é$(touch /tmp/never)][--shards=2][--distributed=off]" in log


def test_sigterm_is_forwarded_and_the_job_is_requeued(array):
    status, requeued = array.run(sigterm=True)
    assert array.log.read_text().endswith("SIGTERM\n")
    assert requeued == [["scontrol", "requeue", "70_7"]]
    assert status == 99
    assert "restart 1 of 2" in array.error


def test_a_job_that_ends_before_its_handler_is_installed_is_requeued(array):
    assert array.run(status=143)[1] == [["scontrol", "requeue", "70_7"]]


def test_a_job_that_finishes_after_sigterm_is_not_requeued(array):
    assert array.run(sigterm=True, status_on_sigterm=0) == (0, [])


@pytest.mark.parametrize("status", [1, 2, 134])
def test_a_failed_job_is_not_requeued(array, status):
    assert array.run(status=status) == (status, [])


def test_a_cancelled_job_is_not_requeued(array):
    assert array.run(status=99, state="COMPLETING") == (99, [])


def test_the_number_of_restarts_is_limited(array):
    assert array.run(status=99, restarts=1)[1] == [["scontrol", "requeue", "70_7"]]
    array.fakes.file.write_text("")
    assert array.run(status=99, restarts=2) == (99, [])
    assert "Requeued 2 times, the limit" in array.error


def test_a_program_on_several_nodes_is_requeued_as_one_job(fakes, tmp_path, monkeypatch):
    nodes = Script(fakes, tmp_path, monkeypatch, {"nodes": 2})
    assert nodes.run(status=99) == (99, [["scontrol", "requeue", "77"]])
    assert next(call for call in fakes.calls if call[0] == "srun")[1:3] == ["--kill-on-bad-exit=0", "--wait=60"]
