"""Ray's tasks: their commands, failures and restarts, and that no experiment outlives its task."""

import os
import shlex
import signal
import subprocess
import sys
import time

import pytest

from launch import ray_submit
from launch.commands import main

SMOKE = ["--", "--preset=smoke"]


def launched(*arguments):
    return main(ray_submit.__doc__, ray_submit.Ray, ray_submit.start, ["linear_half_spaces", *arguments])


def test_each_task_runs_the_experiment_with_every_argument_unchanged(cwd):
    options = ray_submit.Ray(tasks=8, output_dir="a b")
    flags = ["--dataset=a 'b' $HOME é;rm -rf *"]
    assert ray_submit.command("linear_half_spaces", flags, options) == [
        *(sys.executable, "-P", "-m", "experiments.linear_half_spaces", *flags),
        *(f"--output_dir={cwd}/a b", "--shards=8", "--distributed=off"),
    ]
    assert "--require_device=gpu" in ray_submit.command("linear_half_spaces", [], ray_submit.Ray(gpus=1.0))


def test_a_dry_run_prints_the_command_and_needs_no_ray(monkeypatch, cwd, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert launched("--tasks=3", "--dry_run", *SMOKE) == 0
    first, printed = capsys.readouterr().out.splitlines()
    assert "3 tasks" in first
    command = ray_submit.command("linear_half_spaces", ["--preset=smoke"], ray_submit.Ray(tasks=3))
    assert shlex.split(printed) == command
    assert list(cwd.iterdir()) == []


def test_without_ray_the_message_names_what_to_type(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert launched(*SMOKE) == 2
    error = capsys.readouterr().err
    assert "EXTRAS=ray bash launch/local.sh" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("flags", "message"),
    [(["--tasks=0"], "at least 1"), (["--address=x;rm"], "--address='x;rm'"), (["--cpus=-1"], "at least 0")],
)
def test_an_invalid_flag_is_refused(capsys, flags, message):
    assert launched(*flags, *SMOKE) == 2
    assert message in capsys.readouterr().err


def test_a_task_returns_its_exit_status_and_stderr():
    program = "import sys; sys.stderr.write('x' * 9000 + 'the end'); sys.exit(1)"
    ended = ray_submit.work([sys.executable, "-c", program])
    assert ended.status == 1
    assert ended.stderr.endswith("the end")
    assert len(ended.stderr) == ray_submit.MAX_STDERR
    assert ray_submit.work([sys.executable, "-c", ""]).status == 0


@pytest.mark.parametrize("end", ["sys.exit(99)", "os.kill(os.getpid(), 15)"])
def test_a_task_that_stopped_on_sigterm_is_restarted(end):
    with pytest.raises(InterruptedError):
        ray_submit.work([sys.executable, "-c", f"import os, sys; {end}"])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the death of a parent process")
def test_an_experiment_does_not_outlive_its_task(tmp_path):
    log, program = tmp_path / "log", tmp_path / "program.py"
    program.write_text(
        "import os, pathlib, signal, sys, time\n"
        f"log = pathlib.Path({str(log)!r})\n"
        "signal.signal(signal.SIGTERM, lambda *_: (log.write_text('SIGTERM'), sys.exit(99)))\n"
        "log.write_text(str(os.getpid()))\ntime.sleep(60)\n"
    )
    task = f"from launch.ray_submit import work; work([{sys.executable!r}, {str(program)!r}])"
    root = os.path.dirname(os.path.dirname(ray_submit.__file__))
    with subprocess.Popen([sys.executable, "-c", task], cwd=root) as process:
        wait_until(lambda: log.exists() and log.read_text().isdecimal())
        process.send_signal(signal.SIGKILL)
    wait_until(lambda: log.read_text() == "SIGTERM")


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


class FakeRay:
    """The part of Ray that `start` uses, in this process; the tasks end in the order of `ends`."""

    class exceptions:
        RayError = ArithmeticError

    def __init__(self, ends):
        self.ends, self.options, self.was_shut_down = iter(ends), None, False

    def init(self, address, **_):
        assert address == "auto", "no other address is used"

    def shutdown(self):
        self.was_shut_down = True

    def remote(self, **options):
        self.options = options

        def wrap(work):
            class Task:
                remote = staticmethod(lambda argv: next(self.ends))

            return Task

        return wrap

    def wait(self, waiting, timeout):
        return waiting[:1], waiting[1:]

    def get(self, end):
        if isinstance(end, Exception):
            raise end
        return end


def test_start_waits_for_all_tasks_and_lets_ray_restart_them(monkeypatch, capsys):
    ray = FakeRay([ray_submit.Ended(0, "n1", "")] * 3)
    monkeypatch.setitem(sys.modules, "ray", ray)
    assert launched("--tasks=3", "--max_restarts=5", *SMOKE) == 0
    assert ray.options["max_retries"] == 5
    assert ray.options["retry_exceptions"] == [InterruptedError]
    assert "3 of 3 tasks done" in capsys.readouterr().out
    assert ray.was_shut_down


def test_a_failed_task_ends_the_others_and_is_named(monkeypatch, capsys):
    ray = FakeRay([ray_submit.Ended(0, "n1", ""), ray_submit.Ended(1, "n2", "ValueError: no"), None])
    monkeypatch.setitem(sys.modules, "ray", ray)
    assert launched("--tasks=3", *SMOKE) == 1
    error = capsys.readouterr().err
    assert "exit status 1 on node n2" in error
    assert "ValueError: no" in error
    assert ray.was_shut_down


def test_a_task_that_was_lost_too_often_is_reported(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", FakeRay([ArithmeticError("long\nthe node died")] * 4))
    assert launched(*SMOKE) == 1
    assert "lost too often: the node died" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["127.0.0.1:9", "127.0.0.1:99999", "no-such-host.invalid:6379"])
def test_a_missing_cluster_is_reported_at_once_in_one_line(monkeypatch, capsys, address):
    monkeypatch.setitem(sys.modules, "ray", FakeRay([]))
    assert launched(f"--address={address}", *SMOKE) == 2
    error = capsys.readouterr().err
    assert f"--address={address}: no Ray cluster answers" in error
    assert error.count("\n") == 1
