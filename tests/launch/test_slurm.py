"""The batch script: what it asks SLURM for, that it passes every argument whole, and when it starts itself again."""

import shlex
import subprocess
import sys
import time

import pytest

from launch import slurm
from launch.commands import main

SMOKE = ["--", "--preset=smoke"]
RUN = """trap 'echo told >>"$SAID"; exit "$ENDS_TOLD"' TERM
printf '[%s]' "$@" >>"$SAID"; echo >>"$SAID"
[ -z "$LASTS" ] || for _ in {1..100}; do read -rt 0.05 <> <(:); done
exit "$ENDS"
"""


def launched(*arguments):
    return main(slurm.__doc__, slurm.Slurm, slurm.start, arguments)


def script_of(here):
    return here / "results" / "slurm" / "linear_half_spaces.sbatch"


def directives(script):
    lines = (line.removeprefix("#SBATCH --") for line in script.splitlines() if line.startswith("#SBATCH"))
    return dict(line.split("=", 1) if "=" in line else (line, "") for line in lines)


def test_an_array_is_written_submitted_and_explained(fakes, here, capsys):
    fakes.add("sbatch", "echo '4711;cluster'")
    assert launched("linear_half_spaces", "--array=8", "--max_at_once=3", "--partition=gpu", *SMOKE) == 0
    asks = directives(script_of(here).read_text())
    assert asks["array"] == "0-7%3"
    assert asks["partition"] == "gpu"
    assert asks["signal"] == "B:TERM@120"
    assert "requeue" in asks
    assert "account" not in asks
    assert "gpus-per-node" not in asks
    assert asks["output"] == f'"{here}/results/slurm/linear_half_spaces-%A_%a.log"'
    assert fakes.calls == [["sbatch", "--parsable", str(script_of(here))]]
    said = capsys.readouterr().out
    assert "squeue --jobs=4711" in said
    assert "scancel 4711" in said
    assert f"{here}/results/slurm/linear_half_spaces-4711_0.log" in said


def test_a_program_over_nodes_is_started_by_srun(fakes, here):
    fakes.add("sbatch", "echo 5")
    assert launched("linear_half_spaces", "--nodes=4", "--gpus_per_node=8", "--time=1-12", *SMOKE) == 0
    script = script_of(here).read_text()
    asks = directives(script)
    assert (asks["nodes"], asks["ntasks-per-node"], asks["gpus-per-node"], asks["time"]) == ("4", "1", "8", "1-12")
    assert "array" not in asks
    assert "\nsrun --kill-on-bad-exit=0 " in script
    assert "--distributed=on" in script
    assert "--require_device=gpu" in script
    assert "--shards" not in script


def test_a_dry_run_prints_what_a_run_writes_and_does_neither(fakes, here, capsys):
    fakes.add("sbatch", "echo 5")
    arguments = ["linear_half_spaces", "--array=2"]
    assert launched(*arguments, "--dry_run", *SMOKE) == 0
    shown = capsys.readouterr().out
    assert fakes.calls == []
    assert list(here.iterdir()) == []
    launched(*arguments, *SMOKE)
    assert script_of(here).read_text() in shown
    assert shlex.join(fakes.calls[0]) in shown


def test_a_submission_that_is_refused_says_why(fakes, here, capsys):
    fakes.add("sbatch", "echo 'sbatch: error: invalid partition specified: gpu' >&2; exit 1")
    assert launched("linear_half_spaces", "--array=2", *SMOKE) == 1
    said = capsys.readouterr().err
    assert "invalid partition specified: gpu" in said
    assert "Nothing was submitted" in said
    assert str(script_of(here)) in said


def test_without_slurm_nothing_is_written(fakes, here, capsys):
    assert launched("linear_half_spaces", "--array=2", *SMOKE) == 2
    assert capsys.readouterr().err.startswith("error: sbatch is not on the path")
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "says"),
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
def test_a_flag_that_cannot_be_used_is_one_line(fakes, here, capsys, flags, says):
    assert launched("linear_half_spaces", *flags, *SMOKE) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert list(here.iterdir()) == []


class Started:
    """The script under bash, with a stand-in for Python and fakes of SLURM's commands."""

    def __init__(self, fakes, folder, monkeypatch, mode):
        self.fakes, self.said, self.path = fakes, folder / "said", folder / "script"
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

    def run(self, state="RUNNING", restarts=0, ends=0, ends_told=99, tell=False):
        self.fakes.add("squeue", f"echo {state}")
        environment = {
            "PATH": str(self.fakes.bin),
            "SAID": str(self.said),
            "SLURM_JOB_ID": "77",
            "SLURM_ARRAY_JOB_ID": "70",
            "SLURM_ARRAY_TASK_ID": "7",
            "SLURM_RESTART_COUNT": str(restarts),
            "LASTS": "yes" if tell else "",
            "ENDS": str(ends),
            "ENDS_TOLD": str(ends_told),
        }
        bash = [str(self.fakes.bin / "bash"), str(self.path)]
        with subprocess.Popen(bash, env=environment, stderr=subprocess.PIPE, text=True) as process:
            if tell:
                end = time.monotonic() + 20
                while not self.said.exists() and time.monotonic() < end:
                    time.sleep(0.02)
                process.terminate()
            self.error = process.communicate(timeout=30)[1]
        return process.returncode, [call for call in self.fakes.calls if call[0] == "scontrol"]


@pytest.fixture
def array(fakes, tmp_path, monkeypatch):
    return Started(fakes, tmp_path, monkeypatch, {"array": 2})


def test_the_script_is_bash_and_every_argument_arrives_whole(array, here):
    checked = subprocess.run(["/usr/bin/env", "bash", "-n", str(array.path)], check=False, capture_output=True)
    assert checked.returncode == 0, checked.stderr
    assert array.run() == (0, [])
    said = array.said.read_text()
    assert said.startswith("[-P][-m][experiments.linear_half_spaces][--dataset=a 'b' \"c\" $HOME `id`\né;rm -rf *]")
    assert f"[--output_dir={here}/out dir é$(touch /tmp/never)][--shards=2][--distributed=off]" in said


def test_one_that_is_told_to_stop_keeps_what_is_finished_and_is_started_again(array):
    status, requeued = array.run(tell=True)
    assert array.said.read_text().endswith("told\n")
    assert requeued == [["scontrol", "requeue", "70_7"]]
    assert status == 99
    assert "time 1 of 2" in array.error


def test_one_that_was_told_before_it_could_listen_is_started_again(array):
    assert array.run(ends=143)[1] == [["scontrol", "requeue", "70_7"]]


def test_one_that_finishes_though_told_is_done(array):
    assert array.run(tell=True, ends_told=0) == (0, [])


@pytest.mark.parametrize("ends", [1, 2, 134])
def test_one_that_fails_is_not_started_again(array, ends):
    assert array.run(ends=ends) == (ends, [])


def test_one_that_was_cancelled_stays_away(array):
    assert array.run(ends=99, state="COMPLETING") == (99, [])


def test_it_does_not_start_itself_again_for_ever(array):
    assert array.run(ends=99, restarts=1)[1] == [["scontrol", "requeue", "70_7"]]
    array.fakes.file.write_text("")
    assert array.run(ends=99, restarts=2) == (99, [])
    assert "no more by itself" in array.error


def test_a_program_over_nodes_is_started_again_as_one_job(fakes, tmp_path, monkeypatch):
    nodes = Started(fakes, tmp_path, monkeypatch, {"nodes": 2})
    assert nodes.run(ends=99) == (99, [["scontrol", "requeue", "77"]])
    assert next(call for call in fakes.calls if call[0] == "srun")[1:3] == ["--kill-on-bad-exit=0", "--wait=60"]
