"""From flags to verdicts: measure, judge, draw, write. The last line of every experiment calls `run`."""

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
from dl_jax.runtime.origin import check_others, made_by, origin_of, resumable, unfinished
from dl_jax.runtime.progress import Progress
from dl_jax.runtime.store import whole_folder
from dl_jax.scale import compile_for
from dl_jax.scale.cache import Cache, FinishedElsewhere
from dl_jax.scale.checkpointed_run import CheckpointedRun
from dl_jax.scale.preemption import EXIT_PREEMPTED, Preempted, StopSignal
from dl_jax.scale.processes import broadcast_from_first, is_first
from dl_jax.training.context import Context, Events, local_context

ADVICE = "take a larger slice, a smaller machine or batch, or more of --data_parallel and --model_parallel"
"""To whoever's program does not fit."""
USAGE, FAILED, INTERRUPTED = 2, 1, 130
"""Exit statuses: a wrong flag or unusable data, an error of ours, Ctrl-C; SAVED (99) after SIGTERM. A refutation exits
with 0."""


def run(module_name: str) -> None:
    """Run the experiment that this module is, as its flags say, and exit. The last line of its file."""
    module = sys.modules[module_name]
    sys.exit(guarded(lambda: _run(module, sys.argv[1:])))


def guarded(command) -> int:
    """The exit status of a command; what a person can mend is told in one line, without a traceback."""
    try:
        return command()
    except (FlagError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    except OSError as error:
        told = ": ".join(filter(None, (error.strerror or str(error), error.filename)))
        print(f"error: {told}; nothing was changed", file=sys.stderr)
        return FAILED
    except CheckpointError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except Preempted:
        print("Stopped. What was finished is kept: the same command goes on from there.", file=sys.stderr)
        return EXIT_PREEMPTED
    except KeyboardInterrupt:
        print("\nInterrupted. What was finished is kept: the same command goes on from there.", file=sys.stderr)
        return INTERRUPTED


def _run(module, arguments):
    experiment = Experiment.of(module)
    if "--list" in arguments:
        print("\n".join(sys.modules[module.__spec__.name.rpartition(".")[0]].listing()))
        return 0
    if {"--help", "-h", "-help"} & set(arguments):
        print(help_page(experiment.doc, experiment.config))
        return 0
    own, common = parse(arguments, experiment.config, Options)
    if common.get("compile_for"):
        common.setdefault("preset", "accelerator")
    options = Options(**common)
    config = experiment.configured(options.preset, **own)
    if options.compile_for:
        print(_planned(experiment, config, options))
        return 0
    set_up(options, module.__spec__.name, arguments)
    progress = Progress({experiment.name: experiment.seconds(options.preset)})
    verdicts, ran = carry_out(experiment, config, options, progress)
    folder = Path(options.output_dir) / experiment.name
    print(table(verdicts))
    print(f"{'Written to' if ran or options.judge_only else 'Nothing has changed since the results in'} {folder}")
    return 0


def _planned(experiment, config, options) -> str:
    """What the programs of an experiment would need on the devices of --compile_for, as a table."""
    target = compile_for.target(options.compile_for)
    devices.set_up()  # what is drawn and not trained is computed here
    group = options.data_parallel * options.model_parallel
    mesh = compile_for.mesh(target, max(1, len(target.devices) // group), options.data_parallel, options.model_parallel)
    planner = compile_for.Planner(target, mesh, ADVICE)
    progress = Progress({experiment.name: experiment.seconds(options.preset)})
    progress.enter(experiment.name)
    try:
        experiment.measure(config, Context(mesh, Events(progress=progress.tell, dry_run=planner.plan)))
    finally:
        progress.leave(ran=True)
    return planner.table() if planner.plans else "This experiment trains nothing, so nothing was compiled."


def carry_out(
    experiment: Experiment, config: Flags, options: Options, progress: Progress
) -> tuple[list[Verdict], bool]:
    """Run one experiment unless its results are there, and write its folder. Returns its verdicts, and whether it ran.

    Results count as there when flags, code and data are those that made them; where only the code that judges and
    draws is another, they are judged and drawn again.
    """
    folder = Path(options.output_dir) / experiment.name
    origin = origin_of(experiment, config, options)
    there = broadcast_from_first(lambda: _manifest(folder))
    if options.judge_only and not there:
        raise FlagError(f"--judge_only: {folder} holds no records; run without it first")
    measured = made_by(origin, there)
    if measured:
        progress.enter(experiment.name)
        progress.leave(ran=False)  # or the time still to go would count it as to be run
    if measured and there["judging"] == judging_digest(experiment) and not options.judge_only:
        return _verdicts(folder), False
    if measured or options.judge_only:
        records = Records(tuple(broadcast_from_first(lambda: Records.read(folder / "records.jsonl").rows)))
        manifest = there | {"judging": judging_digest(experiment)}
    else:
        try:
            records, manifest = _measure(experiment, config, origin, options, progress)
        except FinishedElsewhere:
            return _verdicts(folder), True
    exploratory = manifest["criteria"] != fingerprint(experiment.criteria)
    notes = {"experiment": experiment.name, "exploratory": exploratory}
    verdicts = [Verdict(**(asdict(verdict) | notes)) for verdict in judge(records, experiment.criteria)]
    if is_first():
        _write(folder, experiment, records, manifest, verdicts)
        if not options.judge_only:
            Cache(unfinished(experiment.name, origin, Path(options.output_dir))).delete()
    return verdicts, not measured and not options.judge_only


def _measure(experiment, config, origin, options, progress):
    output = Path(options.output_dir)
    check_others(experiment.name, origin, output)
    folder = unfinished(experiment.name, origin, output)
    began, commit, costs = time.time(), provenance.commit(), []

    def tell(what, done, of):
        progress.tell(what, done, of)
        run.raise_if_preempted()

    cache = Cache(folder, lambda: made_by(origin, _manifest(output / experiment.name)), tell)
    progress.enter(experiment.name)
    try:
        with StopSignal() as stop, CheckpointedRun(cache.get_or_compute, folder, resumable(origin), stop) as run:
            context = local_context(None, options.data_parallel, options.model_parallel).with_events(
                progress=tell,
                cached=run.get_or_compute,
                cost=costs.append,
                shards=options.shards,
                checkpointer=run.checkpointer,
            )
            measured = experiment.measure(config, context)
    finally:
        progress.leave(ran=True)
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


def judging_digest(experiment: Experiment) -> str:
    """Changes with the code that judges and draws this experiment's records."""
    return code.digest(code.judging_code(Path(experiment.file)))


def _cost(costs, context) -> dict[str, Any]:
    """Programs, seconds and useful FLOP/s of all sweeps, beside what the devices can do at most."""
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
    with whole_folder(folder) as fresh:
        records.write(fresh / "records.jsonl")
        (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1))
        (fresh / "verdicts.json").write_text(json.dumps([asdict(v) for v in verdicts], indent=1, ensure_ascii=False))
        (fresh / "figures").mkdir()
        for name, figure in figures.items():
            figure.savefig(fresh / "figures" / f"{name}.svg", metadata={"Date": None})
            figure.savefig(fresh / "figures" / f"{name}.png", dpi=120)


def _manifest(folder) -> dict[str, Any]:
    """What is written of an earlier run; empty if nothing whole is there."""
    try:
        return json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError):
        return {}


def _verdicts(folder) -> list[Verdict]:
    found = broadcast_from_first(lambda: json.loads((folder / "verdicts.json").read_text()))
    return [Verdict(**(row | {"verdict": Answer(row["verdict"])})) for row in found]


def table(verdicts: list[Verdict]) -> str:
    """The verdicts as text, one a line."""

    def number(value):
        return "-" if value is None else f"{value:.4g}"

    def line(v):
        interval = f"[{number(v.low)}, {number(v.high)}]"
        mark = " (counter-evidence)" if v.counter else ""
        return (
            f"{v.statement:>4}  {v.verdict:<12} {number(v.estimate):>9} {interval:<22} n={v.n:<3} {v.criterion}{mark}"
            + (f"  [{v.note}]" if v.note else "")
        )

    return "\n".join(map(line, verdicts))
