"""The command line that the launchers share, and functions that run programs by argument lists, without a shell."""

import dataclasses
import importlib
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dl_jax.errors import FlagError
from dl_jax.runtime.flags import Checked, describe, flag, parse
from experiments import listing

ROOT = Path(__file__).resolve().parents[1]
FAILED, USAGE, INTERRUPTED = 1, 2, 130
"""Exit statuses of a launcher."""

STOPPED = (99, 143)
"""Exit statuses of an experiment after SIGTERM, 143 before its handler is installed; the same command resumes it."""


class LaunchError(Exception):
    """A step failed. The message names the step, the host, and what to type next."""


@dataclass(frozen=True)
class LaunchOptions(Checked):
    """Options of every launcher."""

    output_dir: str = flag("results", "folder for the results and for the launcher's files")
    dry_run: bool = flag(False, "print the files and commands, without writing or running them")


Start = Callable[[str, list[str], Any], int]
"""(experiment, its flags, launcher options) -> exit status."""


def main(doc: str, options: type[LaunchOptions], start: Start, arguments: Sequence[str]) -> int:
    """Parse `EXPERIMENT [launcher flags] -- [experiment flags]`, call `start`, and return the exit status.

    doc: the launcher's docstring, for --help. Errors of the user are printed in one line, before anything is written.
    """
    launcher, flags = _split(list(arguments))
    if not launcher or {"--help", "-h", "-help"} & set(launcher):
        print(_help_page(doc, options))
        return 0 if launcher else USAGE
    try:
        name, *typed = launcher
        if name not in experiments():
            raise FlagError(f"unknown experiment {name!r}; choose one of: {' '.join(experiments())}")
        (values,) = parse(typed, options)
        chosen = options(**values)
        _check_flags(name, flags)
        return start(name, flags, chosen)
    except FlagError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    except LaunchError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except OSError as error:
        print(f"error: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt as error:
        print("\n".join(("\nInterrupted.", *map(str, error.args))), file=sys.stderr)
        return INTERRUPTED


def experiments() -> list[str]:
    """Return the names of all experiments."""
    return listing(ROOT / "experiments")


def _split(arguments):
    if "--" not in arguments:
        return arguments, []
    end = arguments.index("--")
    return arguments[:end], arguments[end + 1 :]


def _help_page(doc, options):
    lines = (f"  {name}\n        {help}" for name, help in describe(options))
    return "\n".join(
        (doc.strip(), "", "Flags before the --, with their defaults", *lines, "  --help\n        print this page")
    )


def _check_flags(name, flags):
    """Raise FlagError now for flags that the experiment would refuse later, on every host and after the queue."""
    reserved = [each for each in ("output_dir", "shards", "distributed", "require_device") if _named(each, flags)]
    if reserved:
        raise FlagError(
            f"--{reserved[0]} is set by the launcher; the launcher's flags go before the --, and --help lists them"
        )
    # Imported here because they import JAX, for which --help need not wait.
    options = importlib.import_module("dl_jax.runtime.options").Options
    if name == "reproduce":
        seeds = importlib.import_module("dl_jax.runtime.reproduce").Seeds
        typed, common = parse(flags, seeds, options)
        seeds(**typed), options(**common)
        return
    experiment = importlib.import_module("dl_jax.runtime.experiment").Experiment.of(
        importlib.import_module(f"experiments.{name}")
    )
    typed, common = parse(flags, experiment.config, options)
    experiment.configured(options(**common).preset, **typed)


def _named(name, flags):
    return any(re.fullmatch(rf"--?(no)?{name}(=.*)?", each, re.DOTALL) for each in flags)


def check_pattern(options: LaunchOptions, pattern: str, example: str, *names: str) -> None:
    """Raise FlagError if the value of one of these flags does not match the pattern; empty values pass."""
    for name in names:
        value = getattr(options, name)
        if value and not re.fullmatch(pattern, value):
            raise FlagError(f"--{name}={value!r} is not valid; for instance --{name}={example}")


def require_flags(options: LaunchOptions, *names: str) -> None:
    """Raise FlagError for the first of these flags that is missing."""
    for name in names:
        if not getattr(options, name):
            help = {field.name: field.metadata["help"] for field in dataclasses.fields(options)}[name]
            raise FlagError(f"--{name} is missing: {help}")


def require_program(program: str, why: str) -> None:
    """Raise FlagError unless a program is on the path."""
    if shutil.which(program) is None:
        raise FlagError(f"{program} is not on the path: {why}; --dry_run works without it")


def output_of(argv: Sequence[str]) -> str:
    """Return what a command prints on stdout. Raises LaunchError with its error output if it fails."""
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        message = (done.stderr or done.stdout).strip() or f"exit status {done.returncode}"
        raise LaunchError(f"{shlex.join(argv)} failed: {message}")
    return done.stdout.strip()


def run_and_echo(argv: Sequence[str], every_s: float | None = None, meanwhile: Callable[[], None] = lambda: None):
    """Run a command, echo its output, and call `meanwhile` every `every_s` seconds.

    Returns (exit status, lines of its standard error).
    """
    lines = []
    with subprocess.Popen(
        argv, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, errors="replace"
    ) as process:

        def echo():
            for line in process.stderr:
                lines.append(line)
                print(line, end="", file=sys.stderr, flush=True)

        reader = threading.Thread(target=echo, daemon=True)
        reader.start()
        while True:
            try:
                status = process.wait(every_s)
                break
            except subprocess.TimeoutExpired:
                meanwhile()
        reader.join()
    return status, lines
