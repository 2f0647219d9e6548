"""The command line that the launchers share: EXPERIMENT, launcher flags, --, experiment flags."""

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
    """launched(arguments ...) -> (exit status, arguments of the calls of `start`)."""
    doc, options, required = LAUNCHERS[request.param]

    def launched(*arguments, name="linear_half_spaces"):
        calls = []
        start = lambda *received: calls.append(received) or 0  # noqa: E731
        return commands.main(doc, options, start, [name, *required, *arguments]), calls

    return launched


def test_the_flags_of_the_experiment_are_passed_on_unchanged(launched):
    status, calls = launched("--output_dir=a", "--", "--seeds=3", "--tasks=xor,ring")
    assert status == 0
    ((name, flags, options),) = calls
    assert (name, flags, options.output_dir) == ("linear_half_spaces", ["--seeds=3", "--tasks=xor,ring"], "a")


def test_reproduce_can_be_launched(launched):
    assert launched("--", "--preset=smoke", "--seeds=3", name="reproduce")[0] == 0
    assert launched("--", "--tasks=xor", name="reproduce")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--", "--seed=3"], "--seeds?"),
        (["--", "--seeds=none"], "a whole number"),
        (["--", "--steps=0"], "at least 1"),
        (["--", "--preset=large"], "smoke, laptop, accelerator"),
        (["--", "xor"], "'xor' is not a flag"),
        (["--", "--output_dir=x"], "go before the --"),
        (["--", "-shards=2"], "go before the --"),
        (["--seeds=3"], "there is no flag --seeds"),
        (["stray"], "'stray' is not a flag"),
    ],
)
def test_invalid_flags_are_refused_in_one_line_and_start_nothing(launched, capsys, arguments, message):
    assert launched(*arguments) == (2, [])
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["linear", "../launch/slurm", "__init__", "linear_half_spaces.py", "a b;rm -rf ~"])
def test_an_unknown_experiment_is_refused_in_one_line(launched, capsys, name):
    assert launched(name=name) == (2, [])
    error = capsys.readouterr().err
    assert "linear_half_spaces" in error
    assert error.count("\n") == 1


def test_errors_of_start_have_their_exit_status(capsys):
    def fails(error):
        def start(*_):
            raise error

        return commands.main("", commands.LaunchOptions, start, ["linear_half_spaces"])

    assert fails(commands.LaunchError("step 3")) == 1
    assert fails(OSError(28, "No space left on device", "/full")) == 1
    assert fails(KeyboardInterrupt("to clean up: x")) == 130
    output = capsys.readouterr().err
    assert "error: step 3\n" in output
    assert "No space left on device: /full" in output
    assert "to clean up: x" in output


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_help_does_not_import_jax(launcher):
    """JAX takes seconds to import."""
    program = (
        f"import sys, runpy; sys.argv[1:] = ['--help']; runpy.run_module('launch.{launcher}', run_name='__main__')"
    )
    checked = f"import atexit, sys; atexit.register(lambda: print('jax' in sys.modules)); {program}"
    done = subprocess.run([sys.executable, "-c", checked], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False"
    for text in (f"python -m launch.{launcher} EXPERIMENT", "--dry_run", "--output_dir", ".venv/bin/python"):
        assert text in done.stdout


def test_no_arguments_print_the_help_and_fail(capsys):
    assert commands.main("What it does.", commands.LaunchOptions, lambda *_: 0, []) == 2
    assert "What it does." in capsys.readouterr().out


def test_a_failed_command_is_reported_with_its_output():
    with pytest.raises(commands.LaunchError, match=r"bash -c .*failed: no quota"):
        commands.output_of(["bash", "-c", "echo no quota >&2; exit 3"])


def test_the_output_of_a_command_is_echoed_while_it_runs(capsys, tmp_path):
    path = tmp_path / "file"
    program = f"echo one >&2; for _ in {{1..400}}; do [ -e {path} ] && exit 7; sleep 0.02; done"
    assert commands.run_and_echo(["bash", "-c", program], 0.05, path.touch) == (7, ["one\n"])
    assert "one\n" in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted((ROOT / "launch").glob("*.py")), ids=lambda path: path.name)
def test_no_launcher_uses_a_shell(path):
    """No shell=True, no os.system: what is typed reaches a program only as its arguments."""
    source = path.read_text()
    assert source.count("\n") <= 200
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("os.system", "os.popen", "subprocess.getoutput", "eval", "exec", "yaml.load"), called
            assert "shell" not in {keyword.arg for keyword in node.keywords}
