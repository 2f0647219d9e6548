"""Run all experiments one after another, and write a page with all verdicts."""

import json
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

from dl_jax.errors import FlagError
from dl_jax.evidence.verdicts import Answer, Verdict, correct
from dl_jax.paper.statements import statements
from dl_jax.report.page import ExperimentSection, page
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import Checked, flag, parse
from dl_jax.runtime.options import Options, help_page, set_up
from dl_jax.runtime.progress import Progress, duration
from dl_jax.runtime.run import FAILED, carry_out, exit_status
from dl_jax.scale.atomic import write_text
from dl_jax.scale.processes import is_first


@dataclass(frozen=True)
class Seeds(Checked):
    """Flags that apply to all experiments."""

    seeds: int | None = flag(None, "number of repetitions; by default each experiment has its own", at_least=1)
    first_seed: int = flag(
        0, "the first seed; another value repeats the experiments with fresh random numbers", at_least=0, at_most=10**9
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
    options, output = Options(**common), Path(common.get("output_dir", Options().output_dir))
    Seeds(**given)
    if options.compile_for:
        raise FlagError("--compile_for needs the name of one experiment: bash launch/local.sh NAME --compile_for=...")
    experiments = {name: Experiment.of(module) for name, module in modules.items()}
    configs = {name: each.configured(options.preset, **given) for name, each in experiments.items()}
    set_up(options, "experiments.reproduce", arguments)
    progress = Progress(
        {name: each.expected_seconds(options.preset, configs[name]) for name, each in experiments.items()}
    )
    began, verdicts, sections = time.monotonic(), [], []
    for number, (name, experiment) in enumerate(experiments.items(), 1):
        print(f"[{number} of {len(experiments)}] {experiment.title}", flush=True)
        new, error = _carry_out(experiment, configs[name], options, progress)
        verdicts += new
        sections.append(_section(experiment, output / name, error))
    verdicts = correct(verdicts)
    if is_first():
        _write(output, options, verdicts, sections)
    answers = [verdict.verdict for verdict in verdicts if not verdict.counter_evidence]
    counts = (f"{answers.count(answer)} {answer.value.lower().replace('_', ' ')}" for answer in Answer)
    print(f"Of {len(answers)} criteria: {', '.join(counts)}")
    print(f"{duration(time.monotonic() - began)}; the report is {output / 'report.html'}")
    return FAILED if Answer.ERROR in answers else 0


def _write(output, options, verdicts, sections):
    rows = [asdict(verdict) for verdict in verdicts]
    write_text(output / "verdicts.json", json.dumps(rows, indent=1, ensure_ascii=False))
    made = f"Made on {time.strftime('%Y-%m-%d')} at preset {options.preset}."
    write_text(output / "report.html", page(statements(), verdicts, sections, made))


def _carry_out(experiment, config, options, progress) -> tuple[list[Verdict], str]:
    """Return (verdicts, ""), or if the experiment raises (an ERROR for each criterion, the message)."""
    try:
        return carry_out(experiment, config, options, progress)[0], ""
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        message = f"{type(error).__name__}: {error}"
        errors = [
            Verdict(
                criterion.key,
                criterion.title,
                Answer.ERROR,
                counter_evidence=criterion.counter_evidence,
                note=message,
                experiment=experiment.name,
            )
            for criterion in experiment.criteria
        ]
        return errors, message


def _section(experiment, folder, error):
    manifest = folder / "manifest.json"
    available = not error and manifest.exists()
    return ExperimentSection(
        experiment.name,
        experiment.doc,
        json.loads(manifest.read_text()) if available else {},
        sorted((folder / "figures").glob("*.svg")) if available else (),
        error,
    )
