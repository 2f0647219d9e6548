"""Run one experiment from the command line: measure, judge, draw and write its results."""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import matplotlib

from dl_jax.errors import CheckpointError, DataError, FlagError
from dl_jax.evidence.criteria import fingerprint
from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, Verdict, judge
from dl_jax.measures.peak import peak_flops
from dl_jax.runtime import code, devices, provenance
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import Flags, parse
from dl_jax.runtime.options import Options, command_of, help_page, set_up
from dl_jax.runtime.origin import check_unfinished, made_by, origin_of, resumable, unfinished_folder
from dl_jax.runtime.progress import Progress
from dl_jax.runtime.store import whole_folder
from dl_jax.scale import compile_for
from dl_jax.scale.cache import Cache, FinishedElsewhere
from dl_jax.scale.checkpointed_run import CheckpointedRun
from dl_jax.scale.preemption import EXIT_PREEMPTED, Preempted, StopSignal
from dl_jax.scale.processes import broadcast_from_first, is_first
from dl_jax.training.context import Context, Events, local_context

ADVICE = "use a larger slice, a smaller model or batch, or larger --data_parallel and --model_parallel"
"""Printed where a program does not fit into the memory of the devices."""
USAGE, FAILED, INTERRUPTED = 2, 1, 130
"""Exit statuses: an invalid flag or unusable data, another error, Ctrl-C. After SIGTERM it is EXIT_PREEMPTED; after a
refutation, which is a result, it is 0."""


def run(module_name: str) -> None:
    """Run the experiment in a module with the flags of the command line, and exit. Called under `__main__`."""
    module = sys.modules[module_name]
    sys.exit(exit_status(lambda: _run(module, sys.argv[1:])))


def exit_status(command) -> int:
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
    if options.compile_for:
        print(_plan(experiment, config, options))
        return 0
    set_up(options, module.__spec__.name, arguments)
    progress = Progress({experiment.name: experiment.expected_seconds(options.preset, config)})
    verdicts, ran = carry_out(experiment, config, options, progress)
    folder = Path(options.output_dir) / experiment.name
    print(table(verdicts))
    print(f"{'Written to' if ran or options.judge_only else 'Nothing has changed; the results are in'} {folder}")
    return 0


def _plan(experiment, config, options) -> str:
    """Return a table of what the programs of an experiment need on the devices of --compile_for."""
    target = compile_for.parse_target(options.compile_for)
    devices.set_up()  # data are generated on the devices of this host
    group = options.data_parallel * options.model_parallel
    mesh = compile_for.target_mesh(
        target, max(1, len(target.devices) // group), options.data_parallel, options.model_parallel
    )
    planner = compile_for.Planner(target, mesh, ADVICE)
    progress = Progress({experiment.name: experiment.expected_seconds(options.preset, config)})
    progress.start(experiment.name)
    try:
        experiment.measure(config, Context(mesh, Events(progress=progress.update, dry_run=planner.plan)))
    finally:
        progress.finish(ran=True)
    return planner.table() if planner.plans else "This experiment trains nothing, so nothing was compiled."


def carry_out(
    experiment: Experiment, config: Flags, options: Options, progress: Progress
) -> tuple[list[Verdict], bool]:
    """Run one experiment unless it has results, and write them. Returns the verdicts, and whether it ran.

    An experiment has results if a run with the same origin was finished. If only the code that judges and draws has
    changed since, they are judged and drawn again.
    """
    folder = Path(options.output_dir) / experiment.name
    origin = origin_of(experiment, config, options)
    manifest = broadcast_from_first(lambda: _manifest(folder))
    if options.judge_only and not manifest:
        raise FlagError(f"--judge_only: there are no records in {folder}; run without --judge_only first")
    measured = made_by(origin, manifest)
    if measured:
        progress.start(experiment.name)
        progress.finish(ran=False)  # excludes it from the forecast
    if measured and manifest["judging"] == judging_digest(experiment) and not options.judge_only:
        return _verdicts(folder), False
    if measured or options.judge_only:
        records = Records(tuple(broadcast_from_first(lambda: Records.read(folder / "records.jsonl").rows)))
        manifest |= {"judging": judging_digest(experiment)}
    else:
        try:
            records, manifest = _measure(experiment, config, origin, options, progress)
        except FinishedElsewhere:
            return _verdicts(folder), True
    exploratory = manifest["criteria"] != fingerprint(experiment.criteria)
    notes = {"experiment": experiment.name, "exploratory": exploratory}
    verdicts = [Verdict(**(asdict(verdict) | notes)) for verdict in judge(records, experiment.criteria)]
    if is_first():
        try:
            _write(folder, experiment, records, manifest, verdicts)
        except OSError as error:
            error.add_note(_kept(Path(options.output_dir), experiment, origin))
            raise
        if not options.judge_only:
            Cache(unfinished_folder(experiment.name, origin, Path(options.output_dir))).delete()
    return verdicts, not measured and not options.judge_only


def _measure(experiment, config, origin, options, progress):
    output = Path(options.output_dir)
    check_unfinished(experiment.name, origin, output)
    folder = unfinished_folder(experiment.name, origin, output)
    began, commit, costs = time.time(), provenance.commit(), []

    def report(part, done, total):
        progress.update(part, done, total)
        run.raise_if_preempted()

    cache = Cache(folder, lambda: made_by(origin, _manifest(output / experiment.name)), report)
    progress.start(experiment.name)
    try:
        with StopSignal() as stop, CheckpointedRun(cache.get_or_compute, folder, resumable(origin), stop) as run:
            context = local_context(None, options.data_parallel, options.model_parallel).with_events(
                progress=report,
                cached=run.get_or_compute,
                cost=costs.append,
                shards=options.shards,
                checkpointer=run.checkpointer,
            )
            measured = experiment.measure(config, context)
    except OSError as error:
        error.add_note(_kept(output, experiment, origin))
        raise
    finally:
        progress.finish(ran=True)
    records = Records(tuple({"experiment": experiment.name, **row} for row in measured.rows))
    manifest = {
        **origin,
        "experiment": experiment.name,
        "command": command_of(experiment.name, config),
        "criteria": fingerprint(experiment.criteria),
        "judging": judging_digest(experiment),
        "commit": commit,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(began)),
        "wall_s": round(time.time() - began, 2),
        "cost": _cost(costs, context),
    }
    return records, manifest


def _kept(output, experiment, origin) -> str:
    """Return what remains on disk after a run failed, for an error message."""
    parts = unfinished_folder(experiment.name, origin, output)
    count = len(list(parts.glob("*.jsonl")))
    if not count:
        return "no results were written"
    return f"no results were written, but {count} finished parts are kept in {parts}; the same command resumes the run"


def judging_digest(experiment: Experiment) -> str:
    """Return the digest of the code that judges and draws an experiment's records."""
    return code.digest(code.judging_code(Path(experiment.file)))


def _cost(costs, context) -> dict[str, Any]:
    """Return the programs, seconds and useful FLOP/s of all trainings, and the measured peak of the devices."""
    run_s = sum(cost.run_s for cost in costs)
    return {
        "programs": sum(cost.programs for cost in costs),
        "compile_s": round(sum(cost.compile_s for cost in costs), 2),
        "run_s": round(run_s, 2),
        "gflops": round(sum(cost.flops for cost in costs) / run_s / 1e9, 2) if run_s else None,
        "peak_gflops": round(peak_flops(context.mesh, jnp.float32) / 1e9, 2) if run_s else None,
    }


def _write(folder, experiment, records, manifest, verdicts):
    matplotlib.rcParams.update({"svg.hashsalt": "dl_jax", "svg.fonttype": "none"})
    figures = experiment.draw(records)
    with whole_folder(folder) as new:
        records.write(new / "records.jsonl")
        (new / "manifest.json").write_text(json.dumps(manifest, indent=1))
        (new / "verdicts.json").write_text(json.dumps([asdict(v) for v in verdicts], indent=1, ensure_ascii=False))
        (new / "figures").mkdir()
        for name, figure in figures.items():
            figure.savefig(new / "figures" / f"{name}.svg", metadata={"Date": None})
            figure.savefig(new / "figures" / f"{name}.png", dpi=120)


def _manifest(folder) -> dict[str, Any]:
    """Return the manifest of the results in a folder; {} if there are none."""
    try:
        return json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError):
        return {}


def _verdicts(folder) -> list[Verdict]:
    rows = broadcast_from_first(lambda: json.loads((folder / "verdicts.json").read_text()))
    return [Verdict(**(row | {"verdict": Answer(row["verdict"])})) for row in rows]


def table(verdicts: list[Verdict]) -> str:
    """Return the verdicts as text, one per line."""

    def number(value):
        return "-" if value is None else f"{value:.4g}"

    def line(v):
        interval = f"[{number(v.low)}, {number(v.high)}]"
        mark = " (counter-evidence)" if v.counter_evidence else ""
        return (
            f"{v.statement:>4}  {v.verdict:<12} {number(v.estimate):>9} {interval:<22} n={v.n:<3} {v.title}{mark}"
            + (f"  [{v.note}]" if v.note else "")
        )

    return "\n".join(map(line, verdicts))
