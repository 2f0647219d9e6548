"""The command line that the launchers share: EXPERIMENT, their flags, --, and the experiment's."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from launch import commands, gke, ray_submit, slurm, tpu_vm

ROOT = Path(__file__).parents[2]
LAUNCHERS = {
    "slurm": (slurm.__doc__, slurm.Slurm, ["--array=2"]),
    "gke": (gke.__doc__, gke.Gke, []),
    "tpu_vm": (tpu_vm.__doc__, tpu_vm.TpuVm, []),
    "ray_submit": (ray_submit.__doc__, ray_submit.Ray, []),
}


@pytest.fixture(params=LAUNCHERS)
def launched(request):
    """launched(arguments ...) -> (exit status, what `start` was called with)."""
    doc, options, needs = LAUNCHERS[request.param]

    def launched(*arguments, name="linear_half_spaces"):
        called = []
        at = arguments.index("--") if "--" in arguments else len(arguments)
        own = [*needs, *arguments[:at]]
        status = commands.main(doc, options, lambda *given: called.append(given) or 0, [name, *own, *arguments[at:]])
        return status, called

    return launched


def test_the_experiments_flags_are_passed_on_as_typed(launched):
    status, called = launched("--output_dir=a", "--", "--seeds=3", "--tasks=xor,ring")
    assert status == 0
    ((name, flags, options),) = called
    assert (name, flags, options.output_dir) == ("linear_half_spaces", ["--seeds=3", "--tasks=xor,ring"], "a")


def test_all_experiments_at_once_can_be_launched_too(launched):
    assert launched("--", "--preset=smoke", "--seeds=3", name="reproduce")[0] == 0
    assert launched("--", "--tasks=xor", name="reproduce")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--", "--seed=3"], "--seeds?"),
        (["--", "--seeds=none"], "a whole number"),
        (["--", "--steps=0"], "at least 1"),
        (["--", "--preset=large"], "smoke, laptop, accelerator"),
        (["--", "xor"], "'xor' is not a flag"),
        (["--", "--output_dir=x"], "stands before the --"),
        (["--", "-shards=2"], "stands before the --"),
        (["--seeds=3"], "there is no flag --seeds"),
        (["stray"], "'stray' is not a flag"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_starts_nothing(launched, capsys, arguments, says):
    assert launched(*arguments) == (2, [])
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("name", ["linear", "../launch/slurm", "__init__", "linear_half_spaces.py", "a b;rm -rf ~"])
def test_an_experiment_that_there_is_not_is_one_line(launched, capsys, name):
    assert launched(name=name) == (2, [])
    said = capsys.readouterr().err
    assert "linear_half_spaces" in said
    assert said.count("\n") == 1


def test_what_goes_wrong_later_has_its_exit_status(capsys):
    def fails(error):
        def start(*_):
            raise error

        return commands.main("", commands.Launch, start, ["linear_half_spaces"])

    assert fails(commands.Failed("step 3")) == 1
    assert fails(OSError(28, "No space left on device", "/full")) == 1
    assert fails(KeyboardInterrupt("to clean up: x")) == 130
    said = capsys.readouterr().err
    assert "error: step 3\n" in said
    assert "No space left on device: /full" in said
    assert "to clean up: x" in said


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_help_teaches_and_waits_for_nothing(launcher):
    """It must not import JAX, which takes seconds."""
    program = (
        f"import sys, runpy; sys.argv[1:] = ['--help']; runpy.run_module('launch.{launcher}', run_name='__main__')"
    )
    watched = f"import atexit, sys; atexit.register(lambda: print('jax' in sys.modules)); {program}"
    done = subprocess.run([sys.executable, "-c", watched], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False"
    for taught in (f"python -m launch.{launcher} EXPERIMENT", "--dry_run", "--output_dir", ".venv/bin/python"):
        assert taught in done.stdout


def test_nothing_typed_shows_the_help_and_fails(capsys):
    assert commands.main("What it does.", commands.Launch, lambda *_: 0, []) == 2
    assert "What it does." in capsys.readouterr().out


def test_a_command_that_fails_is_told_with_what_it_said():
    with pytest.raises(commands.Failed, match=r"bash -c .*failed: no quota"):
        commands.asked(["bash", "-c", "echo no quota >&2; exit 3"])


def test_a_watched_command_is_heard_while_it_runs(capsys, tmp_path):
    there = tmp_path / "there"
    program = f"echo one >&2; for _ in {{1..400}}; do [ -e {there} ] && exit 7; sleep 0.02; done"
    assert commands.watched(["bash", "-c", program], 0.05, there.touch) == (7, ["one\n"])
    assert "one\n" in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted((ROOT / "launch").glob("*.py")), ids=lambda path: path.name)
def test_no_launcher_goes_through_a_shell(path):
    """No shell=True, no os.system: what is typed reaches a program as its arguments, and nothing else reads it."""
    source = path.read_text()
    assert source.count("\n") <= 260
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("os.system", "os.popen", "subprocess.getoutput", "eval", "exec", "yaml.load"), called
            assert "shell" not in {keyword.arg for keyword in node.keywords}
