"""Run all experiments one after another, and write a page with all verdicts."""

import json
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from dl_jax.errors import FlagError
from dl_jax.evidence.verdicts import Answer, Verdict
from dl_jax.paper.statements import statements
from dl_jax.report.page import ExperimentSection, page
from dl_jax.runtime import results
from dl_jax.runtime.compare import REPRODUCTION, compare_reproductions
from dl_jax.runtime.execute import execute
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import Checked, flag, parse
from dl_jax.runtime.ledger import REPETITIONS, first_seed
from dl_jax.runtime.options import Options, help_page, set_up
from dl_jax.runtime.progress import Progress, duration
from dl_jax.runtime.run import FAILED, exit_status
from dl_jax.runtime.stability import answers_of, write_stability
from dl_jax.scale.atomic import write_text
from dl_jax.scale.processes import broadcast_from_first, is_first


@dataclass(frozen=True)
class Seeds(Checked):
    """Flags that apply to all experiments."""

    seeds: int | None = flag(None, "number of repetitions; by default each experiment has its own", at_least=1)
    rounds: int = flag(2, "2: what these seeds leave undecided is decided by as many more", at_least=1, at_most=2)
    first_seed: int = flag(
        0, "the first seed; by default those that the ledger fixed, which alone confirm", at_least=0, at_most=10**9
    )
    stability: int = flag(
        0, "repeat everything so often with fresh seeds, and compare the answers", at_least=0, at_most=REPETITIONS - 1
    )


def reproduce(doc: str, arguments: list[str], modules: Mapping[str, ModuleType]) -> int:
    """Run the experiments in `modules` with the flags in `arguments`, and return the exit status.

    Experiments that have results for these flags are not run again. The status is 0 if every experiment ran, whatever
    its verdicts.
    """
    return exit_status(lambda: _reproduce(doc, arguments, modules))


def _reproduce(doc, arguments, modules):
    if "--list" in arguments:
        print("\n".join(["reproduce", *modules]))
        return 0
    if {"--help", "-h", "-help"} & set(arguments):
        print(help_page(doc, Seeds))
        return 0
    given, common = parse(arguments, Seeds, Options)
    options = Options(**common)
    repetitions = Seeds(**given).stability
    given = {name: value for name, value in given.items() if name != "stability"}
    if options.compare:
        print(compare_reproductions(options.compare))
        return 0
    for name in ("compile_for", "run"):
        if name in common:
            raise FlagError(f"--{name} needs the name of one experiment: bash launch/local.sh NAME --{name}=...")
    experiments = {name: Experiment.of(module) for name, module in modules.items()}
    configs = {name: each.configured(options.preset, **given) for name, each in experiments.items()}
    set_up(options, "experiments.reproduce", arguments)
    progress = Progress(
        {name: each.expected_seconds(options.preset, configs[name]) for name, each in experiments.items()}
    )
    started, output = time.monotonic(), Path(options.output_dir)
    if options.judge_only:
        made = _read(output)
        experiments = {name: each for name, each in experiments.items() if made["runs"].get(name)}
    else:
        made = {"made": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "preset": options.preset, "flags": given, "runs": {}}
    verdicts, sections = [], []
    for number, (name, experiment) in enumerate(experiments.items(), 1):
        print(f"[{number} of {len(experiments)}] {experiment.title}", flush=True)
        these = replace(options, run=made["runs"][name]) if options.judge_only else options
        new, run, error = _execute(experiment, configs[name], these, progress)
        verdicts += new
        made["runs"][name] = run.name if run else None
        sections.append(_section(experiment, run, error))
    if is_first():
        _write(output, made, verdicts, sections)
    answers = list(answers_of(verdicts).values())
    counts = (f"{answers.count(answer)} {answer.value.lower().replace('_', ' ')}" for answer in Answer)
    print(f"Of {len(answers)} statements: {', '.join(counts)}")
    if repetitions:
        runs = [verdicts, *(_repeat(experiments, options, given, number) for number in range(1, repetitions + 1))]
        print(write_stability(output, [answers_of(run) for run in runs]))
    print(f"{duration(time.monotonic() - started)}; the report is {output / 'report.html'}")
    return FAILED if any(verdict.verdict is Answer.ERROR for verdict in verdicts) else 0


def _repeat(experiments, options, given, number) -> list[Verdict]:
    """Run all experiments with the fresh seeds of a repetition; the page stays that of the first."""
    verdicts = []
    options = replace(options, output_dir=str(Path(options.output_dir) / "stability"))
    for name, experiment in experiments.items():
        seeds = {} if options.preset == "smoke" else {"first_seed": first_seed(name, number)}
        config = experiment.configured(options.preset, **{**given, **seeds})
        print(f"[repetition {number}] {experiment.title}", flush=True)
        progress = Progress({name: experiment.expected_seconds(options.preset, config)})
        verdicts += _execute(experiment, config, options, progress)[0]
    return verdicts


def _read(output) -> dict[str, Any]:
    """Return what `_write` wrote about the reproduction in the output folder: date, preset, flags and runs."""

    def read():
        try:
            return json.loads((output / REPRODUCTION).read_text())
        except OSError:
            return None

    made = broadcast_from_first(read)
    if made is None:
        raise FlagError(f"--judge_only: no reproduction was finished in {output}; run without --judge_only first")
    return made


def _write(output, made, verdicts, sections):
    rows = [asdict(verdict) for verdict in verdicts]
    write_text(output / "verdicts.json", json.dumps(rows, indent=1, ensure_ascii=False))
    text = f"Made on {made['made'][:10]} at preset {made['preset']}."
    write_text(output / "report.html", page(statements(), verdicts, sections, text))
    write_text(output / REPRODUCTION, json.dumps(made, indent=1))


def _execute(experiment, config, options, progress) -> tuple[list[Verdict], Path | None, str]:
    """Return (verdicts, run, ""), or if the experiment raises (an ERROR for each criterion, None, the message)."""
    try:
        outcome = execute(experiment, config, options, progress)
        return outcome.verdicts, outcome.run, ""
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        message = f"{type(error).__name__}: {error}"
        errors = [
            Verdict(
                criterion.key,
                criterion.title,
                Answer.ERROR,
                role=criterion.role,
                note=message,
                experiment=experiment.name,
            )
            for criterion in experiment.criteria
        ]
        return errors, None, message


def _section(experiment, run, error):
    return ExperimentSection(
        experiment.name,
        experiment.doc,
        results.read_manifest(run) if run else {},
        sorted((run / "figures").glob("*.svg")) if run else (),
        error,
        experiment.not_judged,
    )
