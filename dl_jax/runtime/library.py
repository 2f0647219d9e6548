"""Run experiments from Python, such as in a notebook: `dl.experiments.run("linear_half_spaces", seeds=5)`."""

import importlib
from dataclasses import asdict, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.figure import Figure

import experiments
from dl_jax.errors import FlagError
from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Verdicts
from dl_jax.runtime import ledger
from dl_jax.runtime.execute import execute
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import from_values
from dl_jax.runtime.options import Options
from dl_jax.runtime.progress import Progress
from dl_jax.runtime.results import read_records
from dl_jax.runtime.rounds import judged, measured_in_rounds
from dl_jax.runtime.store import check_writable
from dl_jax.training.context import local_context


class Result(NamedTuple):
    """The records of an experiment, the verdicts that follow from them, and its figures by name."""

    records: Records
    verdicts: Verdicts
    figures: dict[str, Figure]


def names() -> list[str]:
    """Return the names of all experiments, sorted."""
    return experiments.claims()


def run(name: str, *, preset: str = "laptop", output_dir: str | Path | None = None, **flags: Any) -> Result:
    """Run an experiment in this process, on all devices of JAX, and return its result.

    name:       of the experiment; `names()` lists them.
    preset:     "smoke", "laptop" or "accelerator": the flags that are not given.
    output_dir: folder for the results. If it has results of a run with the same flags, code, data and versions, these
                are returned. By default nothing is written.
    flags:      the experiment's flags, as on its command line, with Python values: seeds=5, depths=(1, 20).

    Raises FlagError for an unknown experiment or flag, or a value that a flag does not take. Progress is printed to
    standard error.
    """
    experiment = _experiment(name)
    options = Options(preset=preset)
    config = experiment.configured(preset, **from_values(experiment.config, flags))
    progress = Progress({name: experiment.expected_seconds(preset, config)})
    if output_dir is not None:
        check_writable(Path(output_dir))
        outcome = execute(experiment, config, replace(options, output_dir=str(output_dir)), progress)
        records, verdicts = read_records(outcome.run), outcome.verdicts
    else:
        progress.start(name)
        context = local_context().with_events(progress=progress.update)
        try:
            records = measured_in_rounds(experiment, config, preset, context).with_axes(experiment=name)
        finally:
            progress.finish(ran=True)
        verdicts = judged(experiment, records, asdict(config), ledger.digest(experiment))
    return Result(records, verdicts, experiment.draw(records))


def _experiment(name) -> Experiment:
    if name not in names():
        near = get_close_matches(name, names(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"the experiments are {', '.join(names())}"
        raise FlagError(f"there is no experiment {name!r}; {hint}")
    return Experiment.of(importlib.import_module(f"experiments.{name}"))
