"""Run one experiment from the command line: measure, judge, draw and write its results."""

import sys
from collections.abc import Callable
from pathlib import Path

from dl_jax.errors import CheckpointError, DataError, FlagError
from dl_jax.runtime import devices
from dl_jax.runtime.compare import compare_runs
from dl_jax.runtime.execute import execute
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import parse
from dl_jax.runtime.options import Options, help_page, set_up
from dl_jax.runtime.progress import Progress
from dl_jax.scale import compile_for
from dl_jax.scale.preemption import EXIT_PREEMPTED, Preempted
from dl_jax.training.context import Context, Events

ADVICE = "use a larger slice, a smaller model or batch, or larger --data_parallel and --model_parallel"
"""Printed where a program does not fit into the memory of the devices."""
USAGE, FAILED, INTERRUPTED = 2, 1, 130
"""Exit statuses: an invalid flag or unusable data, another error, Ctrl-C. After SIGTERM it is EXIT_PREEMPTED; after a
refutation, which is a result, it is 0."""


def run(module_name: str) -> None:
    """Run the experiment in a module with the flags of the command line, and exit. Called under `__main__`."""
    module = sys.modules[module_name]
    sys.exit(exit_status(lambda: _run(module, sys.argv[1:])))


def exit_status(command: Callable[[], int]) -> int:
    """Run a command and return its exit status. Errors that the user can fix are printed in one line."""
    try:
        return command()
    except (FlagError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    except OSError as error:
        message = ": ".join(str(part) for part in (error.strerror or error, error.filename) if part)
        print("; ".join((f"error: {message}", *getattr(error, "__notes__", ()))), file=sys.stderr)
        return FAILED
    except CheckpointError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except Preempted:
        print("Stopped. Finished parts are saved; the same command resumes the run.", file=sys.stderr)
        return EXIT_PREEMPTED
    except KeyboardInterrupt:
        print("\nInterrupted. Finished parts are saved; the same command resumes the run.", file=sys.stderr)
        return INTERRUPTED


def _run(module, arguments):
    experiment = Experiment.of(module)
    if "--list" in arguments:
        print("\n".join(sys.modules[module.__spec__.name.rpartition(".")[0]].listing()))
        return 0
    if {"--help", "-h", "-help"} & set(arguments):
        print(help_page(experiment.doc, experiment.config))
        return 0
    given, common = parse(arguments, experiment.config, Options)
    if common.get("compile_for"):
        common.setdefault("preset", "accelerator")
    options = Options(**common)
    config = experiment.configured(options.preset, **given)
    if options.compare:
        print(compare_runs(Path(options.output_dir) / experiment.name, options.compare))
        return 0
    progress = Progress({experiment.name: experiment.expected_seconds(options.preset, config)})
    if options.compile_for:
        print(_plan(experiment, config, options, progress))
        return 0
    set_up(options, module.__spec__.name, arguments)
    outcome = execute(experiment, config, options, progress)
    print(outcome.verdicts)
    written = outcome.measured or options.judge_only
    print(f"{'Written to' if written else 'Nothing has changed; the results are in'} {outcome.run}")
    return 0


def _plan(experiment, config, options, progress) -> str:
    """Return a table of what the programs of an experiment need on the devices of --compile_for."""
    target = compile_for.parse_target(options.compile_for)
    devices.set_up()  # data are generated on the devices of this host
    group = options.data_parallel * options.model_parallel
    mesh = compile_for.target_mesh(
        target, max(1, len(target.devices) // group), options.data_parallel, options.model_parallel
    )
    planner = compile_for.Planner(target, mesh, ADVICE)
    progress.start(experiment.name)
    try:
        experiment.measure(config, Context(mesh, Events(progress=progress.update, dry_run=planner.plan)))
    finally:
        progress.finish(ran=True)
    return planner.table() if planner.plans else "This experiment trains nothing, so nothing was compiled."
