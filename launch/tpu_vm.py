"""Runs an experiment on a slice of Cloud TPU: asks for it, waits, copies this folder there, runs, fetches, deletes it.

  python -m launch.tpu_vm EXPERIMENT --zone=us-west4-a --accelerator_type=v5litepod-16 -- --preset=accelerator

It is one program over all hosts of the slice. Needed: gcloud, logged in (gcloud auth login) and with a project
(gcloud config set project PROJECT) that has the Cloud TPU API and quota; for more hosts than one also an ssh agent that
holds the key: ssh-add ~/.ssh/google_compute_engine.

What travels is the last commit. While it runs, what is finished is fetched every --save_minutes, so a slice that is
taken away costs no more than that: with --retries=3 another one is asked for and goes on. The connection must stay:
start it inside tmux. The slice costs from the step create to the step delete; where a step fails it is left standing,
with what it holds, and the command that deletes it is printed. --steps=run,fetch,delete goes on from there.

Run it from this folder with its own Python: .venv/bin/python. --dry_run shows every command.
"""

import shlex
import sys

from launch.commands import Failed, have, main, needed
from launch.tpu_slice import STEPS, Lost, Slice, TpuVm


def start(name: str, flags: list[str], options: TpuVm) -> int:
    """Takes the steps, from the first again where the slice was lost on the way and --retries allows it."""
    needed(options, "zone")
    made = Slice(name, flags, options)
    commands = made.commands()
    steps = [step for step in STEPS if step in options.steps]
    if options.dry_run:
        for step in steps:
            print(f"# {step}", *map(shlex.join, commands[step]), sep="\n")
        return 0
    have("gcloud", "it comes with the Google Cloud SDK")
    have("git", "this folder travels as its last commit")
    again = [step for step in steps if STEPS.index(step) >= STEPS.index("run")]
    clean = f"If the slice is there, it costs until it is deleted: {shlex.join(commands['delete'][0])}"
    for left in reversed(range(options.retries + 1)):
        try:
            for step in steps:
                print(f"{step} {made.name} ...", flush=True)
                _take(made, step)
            print(f"Done; the results are in {made.home.parent}" if "fetch" in steps else "Done")
            return 0
        except Lost as lost:
            if not left:
                raise Failed(f"step {step}: {lost}; with --retries=3 it would go on by itself\n{clean}") from None
            print(f"{lost}; once more ({left - 1} left after that)", file=sys.stderr, flush=True)
            steps = [*(("delete", "create", "wait", "copy") if lost.gone else ()), *again]
        except Failed as error:
            raise Failed(f"step {step}: {error}\n{clean}") from None
        except KeyboardInterrupt:
            raise KeyboardInterrupt(clean) from None
    raise AssertionError("the last try returns or raises")


def _take(made, step):
    """A step. Lost in place of Failed where it failed because the slice was taken away."""
    try:
        getattr(made, step)()
    except (Failed, Lost) as error:
        state = made.is_gone() if step in ("copy", "run", "fetch") else ""
        if state:
            raise Lost(f"the slice was taken away ({state})", gone=True) from error
        raise


if __name__ == "__main__":
    sys.exit(main(__doc__, TpuVm, start, sys.argv[1:]))
