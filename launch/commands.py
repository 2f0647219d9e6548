"""What the launchers share: their command line, and programs that are run argument by argument, never by a shell."""

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
"""Exit statuses."""

TOLD = (99, 143)
"""Exit statuses of an experiment that was told to stop: what is finished is kept, so start it again. 143 is that of one
that had hardly begun, and did not listen yet."""


class Failed(Exception):
    """A step that went wrong: says which, on which machine, and what to type next."""


@dataclass(frozen=True)
class Launch(Checked):
    """What every launcher is told."""

    output_dir: str = flag("results", "the folder that gets the results, and what the launcher writes")
    dry_run: bool = flag(False, "print exactly what would be written and run, and do neither")


Start = Callable[[str, list[str], Any], int]
"""(experiment, its flags, the launcher's options) -> exit status."""


def main(doc: str, options: type[Launch], start: Start, arguments: Sequence[str]) -> int:
    """Reads `EXPERIMENT [launcher flags] -- [experiment flags]` and starts it. Returns the exit status.

    What a person can mend is told in one line, before anything is written or run.
    """
    own, flags = _split(list(arguments))
    if not own or {"--help", "-h", "-help"} & set(own):
        print(_help_page(doc, options))
        return 0 if own else USAGE
    try:
        name, *typed = own
        if name not in experiments():
            raise FlagError(f"there is no experiment {name!r}; there are: {' '.join(experiments())}")
        (values,) = parse(typed, options)
        chosen = options(**values)
        _check_flags(name, flags)
        return start(name, flags, chosen)
    except FlagError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    except Failed as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except OSError as error:
        print(f"error: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt as error:
        print("\n".join(("\nInterrupted.", *map(str, error.args))), file=sys.stderr)
        return INTERRUPTED


def experiments() -> list[str]:
    """The experiments that there are: the files and packages of the folder."""
    return listing(ROOT / "experiments")


def _split(arguments):
    if "--" not in arguments:
        return arguments, []
    place = arguments.index("--")
    return arguments[:place], arguments[place + 1 :]


def _help_page(doc, options):
    lines = (f"  {name}\n        {help}" for name, help in describe(options))
    return "\n".join(
        (doc.strip(), "", "Flags before the --, with their defaults", *lines, "  --help\n        this page")
    )


def _check_flags(name, flags):
    """FlagError for what the experiment itself would refuse: better now than on each machine, after an hour's wait."""
    ours = [each for each in ("output_dir", "shards", "distributed", "require_device") if _named(each, flags)]
    if ours:
        raise FlagError(
            f"--{ours[0]} is the launcher's to set; what it takes stands before the --, and --help lists it"
        )
    # Here, for they bring JAX: --help need not wait for that.
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


def check_word(options: Launch, pattern: str, example: str, *names: str) -> None:
    """FlagError for a flag whose value is not what the program behind it can take; empty is left to its limits."""
    for name in names:
        value = getattr(options, name)
        if value and not re.fullmatch(pattern, value):
            raise FlagError(f"--{name}={value!r} cannot be used; for instance --{name}={example}")


def needed(options: Launch, *names: str) -> None:
    """FlagError for the first of these flags that was not typed."""
    for name in names:
        if not getattr(options, name):
            help = {field.name: field.metadata["help"] for field in dataclasses.fields(options)}[name]
            raise FlagError(f"--{name} is missing: {help}")


def have(program: str, why: str) -> None:
    """FlagError unless a program is on the path."""
    if shutil.which(program) is None:
        raise FlagError(f"{program} is not on the path: {why}; --dry_run shows without it what would run")


def asked(argv: Sequence[str]) -> str:
    """What a command prints. Failed, with what it complains of, if it fails."""
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip() or f"exit status {done.returncode}"
        raise Failed(f"{shlex.join(argv)} failed: {said}")
    return done.stdout.strip()


def watched(argv: Sequence[str], every_s: float | None = None, meanwhile: Callable[[], None] = lambda: None):
    """Runs a command that shows what it prints; calls `meanwhile` each `every_s` seconds.

    Returns (exit status, the lines of its standard error).
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
