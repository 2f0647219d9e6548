"""All experiments one after another, and the page on all of them."""

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
from dl_jax.report.page import Chapter, page
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import Checked, flag, parse
from dl_jax.runtime.options import Options, help_page, set_up
from dl_jax.runtime.progress import Progress, duration
from dl_jax.runtime.run import FAILED, carry_out, guarded
from dl_jax.scale.atomic import write_text
from dl_jax.scale.processes import is_first


@dataclass(frozen=True)
class Seeds(Checked):
    """What can be set for all experiments at once; where nothing is typed, each keeps its own."""

    seeds: int | None = flag(
        None, "how many times to repeat everything; each experiment has its own number", at_least=1
    )
    first_seed: int = flag(0, "the first seed; another one judges on fresh draws", at_least=0, at_most=10**9)


def reproduce(doc: str, arguments: list[str], modules: Mapping[str, ModuleType]) -> int:
    """Run the modules' experiments as the flags say. Returns the exit status: 0 unless one failed to run.

    A refutation is a result, and no failure. What was finished before is not run again.
    """
    return guarded(lambda: _reproduce(doc, arguments, modules))


def _reproduce(doc, arguments, modules):
    if "--list" in arguments:
        print("\n".join(["reproduce", *modules]))
        return 0
    if {"--help", "-h", "-help"} & set(arguments):
        print(help_page(doc, Seeds))
        return 0
    typed, common = parse(arguments, Seeds, Options)
    options, output = Options(**common), Path(common.get("output_dir", Options().output_dir))
    Seeds(**typed)
    if options.compile_for:
        raise FlagError("--compile_for takes one experiment at a time: bash launch/local.sh NAME --compile_for=...")
    experiments = {name: Experiment.of(module) for name, module in modules.items()}
    configs = {name: each.configured(options.preset, **typed) for name, each in experiments.items()}
    set_up(options, "experiments.reproduce", arguments)
    progress = Progress({name: each.seconds(options.preset) for name, each in experiments.items()})
    began, verdicts, chapters = time.monotonic(), [], []
    for place, (name, experiment) in enumerate(experiments.items(), 1):
        print(f"[{place} of {len(experiments)}] {experiment.title}", flush=True)
        found, error = _carried_out(experiment, configs[name], options, progress)
        verdicts += found
        chapters.append(_chapter(experiment, output / name, error))
    verdicts = correct(verdicts)
    if is_first():
        _write(output, options, verdicts, chapters)
    answers = [verdict.verdict for verdict in verdicts if not verdict.counter]
    counts = (f"{answers.count(answer)} {answer.value.lower().replace('_', ' ')}" for answer in Answer)
    print(f"Of {len(answers)} criteria: {', '.join(counts)}")
    print(f"{duration(time.monotonic() - began)}; the report is {output / 'report.html'}")
    return FAILED if Answer.ERROR in answers else 0


def _write(output, options, verdicts, chapters):
    rows = [asdict(verdict) for verdict in verdicts]
    write_text(output / "verdicts.json", json.dumps(rows, indent=1, ensure_ascii=False))
    made = f"Made on {time.strftime('%Y-%m-%d')} at preset {options.preset}."
    write_text(output / "report.html", page(statements(), verdicts, chapters, made))


def _carried_out(experiment, config, options, progress) -> tuple[list[Verdict], str]:
    """The experiment's verdicts; if it breaks, an ERROR for each of its statements, and what broke."""
    try:
        return carry_out(experiment, config, options, progress)[0], ""
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        said = f"{type(error).__name__}: {error}"
        broken = {
            c.statement: Verdict(c.statement, c.says, Answer.ERROR, note=said, experiment=experiment.name)
            for c in experiment.criteria
        }
        return list(broken.values()), said


def _chapter(experiment, folder, error):
    manifest = folder / "manifest.json"
    there = not error and manifest.exists()
    return Chapter(
        experiment.name,
        experiment.doc,
        json.loads(manifest.read_text()) if there else {},
        sorted((folder / "figures").glob("*.svg")) if there else (),
        error,
    )
