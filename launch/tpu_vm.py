"""Run an experiment on a slice of Cloud TPU: create it, wait, copy this folder, run, fetch the results, delete it.

  python -m launch.tpu_vm EXPERIMENT --zone=us-west4-a --accelerator_type=v5litepod-16 -- --preset=accelerator

One program runs on all hosts of the slice. Required: gcloud, logged in (gcloud auth login) and with a project (gcloud
config set project PROJECT) that has the Cloud TPU API and quota; for several hosts also an ssh agent with the key:
ssh-add ~/.ssh/google_compute_engine.

The last commit is copied to the hosts. During the run, finished parts are fetched every --save_minutes, so a preempted
slice loses no more than that; with --retries=3 another slice is created and resumes the run. The run ends if the
connection is lost, so start it inside tmux. The slice is billed from the step create to the step delete; if a step
fails, the slice remains, and the command that deletes it is printed. --steps=run,fetch,delete resumes from there.

Run it from this folder with the project's Python, .venv/bin/python. --dry_run prints every command.
"""

import shlex
import sys

from launch.commands import LaunchError, main, require_flags, require_program
from launch.tpu_options import STEPS, TpuVm
from launch.tpu_slice import Interrupted, Slice


def start(name: str, flags: list[str], options: TpuVm) -> int:
    """Carry out the steps; repeat them on a new slice, or on the same one, up to --retries times after a preemption."""
    require_flags(options, "zone")
    slice_ = Slice(name, flags, options)
    commands = slice_.commands()
    steps = [step for step in STEPS if step in options.steps]
    if options.dry_run:
        for step in steps:
            print(f"# {step}", *map(shlex.join, commands[step]), sep="\n")
        return 0
    require_program("gcloud", "it comes with the Google Cloud SDK")
    require_program("git", "the last commit of this folder is copied to the hosts")
    repeated = [step for step in steps if STEPS.index(step) >= STEPS.index("run")]
    cleanup = f"If the slice exists, it is billed until it is deleted: {shlex.join(commands['delete'][0])}"
    for left in reversed(range(options.retries + 1)):
        try:
            for step in steps:
                print(f"{step} {slice_.name} ...", flush=True)
                _take(slice_, step)
            print(f"Done; the results are in {slice_.folder.parent}" if "fetch" in steps else "Done")
            return 0
        except Interrupted as interrupted:
            if not left:
                raise LaunchError(f"step {step}: {interrupted}; --retries=3 would resume it\n{cleanup}") from None
            print(f"{interrupted}; retrying ({left - 1} retries left)", file=sys.stderr, flush=True)
            steps = [*(("delete", "create", "wait", "copy") if interrupted.recreate else ()), *repeated]
        except LaunchError as error:
            raise LaunchError(f"step {step}: {error}\n{cleanup}") from None
        except KeyboardInterrupt:
            raise KeyboardInterrupt(cleanup) from None
    raise AssertionError("the last try returns or raises")


def _take(slice_, step):
    """Carry out a step. Raises Interrupted instead of LaunchError if it failed because the slice was preempted."""
    try:
        getattr(slice_, step)()
    except (LaunchError, Interrupted) as error:
        state = slice_.preempted_state() if step in ("copy", "run", "fetch") else ""
        if state:
            raise Interrupted(f"the slice was preempted ({state})", recreate=True) from error
        raise


if __name__ == "__main__":
    sys.exit(main(__doc__, TpuVm, start, sys.argv[1:]))
