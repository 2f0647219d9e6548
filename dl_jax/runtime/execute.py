"""Measure, judge and draw one experiment, unless a run with the same origin has results."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp

from dl_jax.errors import FlagError
from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Verdicts
from dl_jax.measures.peak import peak_flops
from dl_jax.runtime import code, ledger, provenance, results
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import Flags
from dl_jax.runtime.options import Options, command_of
from dl_jax.runtime.origin import check_unfinished, digest_of, identity_of, origin_of, unfinished_folder
from dl_jax.runtime.progress import Progress
from dl_jax.runtime.rounds import judged, measured_in_rounds
from dl_jax.scale.cache import Cache, FinishedElsewhere
from dl_jax.scale.checkpointed_run import CheckpointedRun
from dl_jax.scale.preemption import StopSignal
from dl_jax.scale.processes import broadcast_from_first, is_first
from dl_jax.training.context import Cost, local_context


class Outcome(NamedTuple):
    """The verdicts of an experiment, the folder of the run that they belong to, and whether it was measured now."""

    verdicts: Verdicts
    run: Path
    measured: bool


def execute(experiment: Experiment, config: Flags, options: Options, progress: Progress) -> Outcome:
    """Return the outcome of an experiment, and write it unless a run with the same origin has results.

    If only the code that judges and draws has changed since that run, its records are judged and drawn again. With
    --judge_only that is done to the run that --run names. Raises FlagError if there is no such run.
    """
    folder = Path(options.output_dir) / experiment.name
    if results.has_older_layout(folder):
        print(f"{folder} also has results in the layout of an earlier version; they are left unchanged")
    if options.judge_only:
        run = _find_run(folder, options.run)
        with _saying_what_is_kept(run):
            _judge_again(experiment, run)
        return Outcome(_verdicts(run), run, False)
    origin = origin_of(experiment, config, options)
    run, parts = folder / digest_of(origin), unfinished_folder(experiment.name, origin, folder.parent)
    manifest = broadcast_from_first(lambda: results.read_manifest(run))
    with _saying_what_is_kept(run, parts):
        if not manifest:
            check_unfinished(experiment.name, origin, folder.parent)
            _measure_and_write(experiment, config, origin, options, run, parts, progress)
        else:
            progress.start(experiment.name)
            progress.finish(ran=False)  # excludes it from the forecast
            if manifest["judging"] != judging_digest(experiment):
                _judge_again(experiment, run)
        if is_first():
            results.set_latest(run)
    return Outcome(_verdicts(run), run, not manifest)


def judging_digest(experiment: Experiment) -> str:
    """Return the digest of the code that judges and draws an experiment's records."""
    return code.digest(code.judging_code(Path(experiment.file)))


def _find_run(folder, name) -> Path:
    """Find a run on the first process, since the others may have another disk. Every process raises its FlagError."""

    def find():
        try:
            return str(results.find_run(folder, name, "judge_only")), ""
        except FlagError as error:
            return "", str(error)

    run, error = broadcast_from_first(find)
    if error:
        raise FlagError(error)
    return Path(run)


def _verdicts(run) -> Verdicts:
    return results.parse_verdicts(broadcast_from_first(lambda: json.loads((run / "verdicts.json").read_text())))


def _judge_again(experiment, run):
    if is_first():
        records, manifest = results.read_records(run), results.read_manifest(run)
        verdicts = judged(experiment, records, manifest["flags"], manifest["criteria"])
        manifest["judging"] = judging_digest(experiment)
        results.write_run(run, manifest, verdicts, experiment.draw(records))


def _measure_and_write(experiment, config, origin, options, run, parts, progress):
    progress.start(experiment.name)
    try:
        records, manifest = _measure(experiment, config, origin, options, run, parts, progress)
    except FinishedElsewhere:
        return
    finally:
        progress.finish(ran=True)
    if is_first():
        verdicts = judged(experiment, records, manifest["flags"], manifest["criteria"])
        results.write_run(run, manifest, verdicts, experiment.draw(records), records)
        Cache(parts).delete()


def _measure(experiment, config, origin, options, run, parts, progress) -> tuple[Records, dict[str, Any]]:
    started, commit = time.time(), provenance.commit()
    costs: list[Cost] = []

    def report(part, done, total):
        progress.update(part, done, total)
        checkpointed.raise_if_preempted()

    cache = Cache(parts, lambda: bool(results.read_manifest(run)), report)
    identity = identity_of(origin)
    with StopSignal() as stop, CheckpointedRun(cache.get_or_compute, parts, identity, stop) as checkpointed:
        context = local_context(None, options.data_parallel, options.model_parallel).with_events(
            progress=report,
            cached=checkpointed.get_or_compute,
            cost=costs.append,
            shards=options.shards,
            checkpointer=checkpointed.checkpointer,
        )
        records = measured_in_rounds(experiment, config, options.preset, context)
        records = records.with_axes(experiment=experiment.name)
    manifest = {
        "experiment": experiment.name,
        "digest": digest_of(origin),
        **origin,
        "command": command_of(experiment.name, config),
        "criteria": ledger.digest(experiment),
        "judging": judging_digest(experiment),
        "commit": commit,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(started)),
        "wall_s": round(time.time() - started, 2),
        "cost": _cost(costs, context),
    }
    return records, manifest


def _cost(costs, context) -> dict[str, Any]:
    """Return the programs, seconds and useful FLOP/s of all trainings, and the measured peak of the devices."""
    run_s = sum(cost.run_s for cost in costs)
    return {
        "programs": sum(cost.programs for cost in costs),
        "compile_s": round(sum(cost.compile_s for cost in costs), 2),
        "run_s": round(run_s, 2),
        "gflops": round(sum(cost.flops for cost in costs) / run_s / 1e9, 2) if run_s else None,
        "peak_gflops": round(peak_flops(context, jnp.float32) / 1e9, 2) if run_s else None,
    }


@contextmanager
def _saying_what_is_kept(run: Path, parts: Path | None = None) -> Iterator[None]:
    """Add a note to an OSError that says which results are on disk: those of the run, or its finished parts."""
    try:
        yield
    except OSError as error:
        finished = len(list(parts.glob("*.jsonl"))) if parts else 0
        if results.read_manifest(run):
            error.add_note(f"the results in {run} are kept")
        elif finished:
            error.add_note(
                f"no results were written, but {finished} finished parts are kept in {parts}; the same command resumes "
                "the run"
            )
        else:
            error.add_note("no results were written")
        raise
