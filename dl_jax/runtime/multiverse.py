"""The command `multiverse`: one experiment under other reasonable choices, and how often its verdicts survive them."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from dl_jax.errors import FlagError
from dl_jax.evidence.tables import number
from dl_jax.evidence.verdicts import HOLDS, Answer
from dl_jax.report.answers import answer_map
from dl_jax.runtime.execute import execute
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import Flags, parse, text
from dl_jax.runtime.options import Options, help_page, set_up
from dl_jax.runtime.progress import Progress, duration
from dl_jax.runtime.run import exit_status
from dl_jax.scale.atomic import write_text
from dl_jax.scale.processes import is_first

LENGTHS, WIDTHS = (0.5, 1.0, 4.0), (0.5, 1.0, 2.0)
"""Factors of the training's length, and of the number of units."""
AMOUNTS = ("steps", "stack_steps", "image_steps", "filter_steps", "epochs", "windows")
UNITS = ("hidden", "width", "widths", "maps")
"""Flags that such factors change."""
CHOICES = ("nonlinearity", "initializer", "optimizer", "net")
"""Flags of which every other value is tried."""
ORDER = (Answer.ERROR, Answer.REFUTED, Answer.NOT_RUN, Answer.INCONCLUSIVE, Answer.EXACT, Answer.SUPPORTED)
"""From the worst answer to the best."""


class Setting(NamedTuple):
    """One universe: its name, the factors of length and width, and its flags."""

    name: str
    length: float
    width: float
    config: Flags


def settings(config: Flags, datasets: tuple[str, ...] = ()) -> list[Setting]:
    """Return every length with every width, then each other choice and data set at the usual length and width."""
    grid = [
        Setting(f"length x {length:g}, width x {width:g}", length, width, _scaled(config, length, width))
        for length, width in product(LENGTHS, WIDTHS)
    ]
    limits = {field.name: field.metadata["choices"] for field in fields(config)}
    others = [(name, each) for name in CHOICES if name in limits for each in limits[name]]
    others += [("dataset", name) for name in datasets if "dataset" in limits]
    return _different(
        [*grid, *(Setting(f"{name} {each}", 1.0, 1.0, replace(config, **{name: each})) for name, each in others)]
    )


def _scaled(config, length, width) -> Flags:
    factors = {name: length for name in AMOUNTS} | {name: width for name in UNITS}

    def scaled(value, factor):
        if isinstance(value, tuple):
            return tuple(dict.fromkeys(scaled(each, factor) for each in value))
        return max(1, round(value * factor)) if value else value

    names = [field.name for field in fields(config) if field.name in factors]
    return replace(config, **{name: scaled(getattr(config, name), factors[name]) for name in names})


def _different(found) -> list[Setting]:
    """Without settings that amount to an earlier one: an experiment may lack a flag, or choose its usual value."""
    first: dict[Any, Setting] = {}
    for setting in sorted(found, key=lambda setting: (setting.length, setting.width) != (1.0, 1.0)):
        first.setdefault(setting.config, setting)
    return sorted(first.values(), key=found.index)


def multiverse(doc: str, arguments: list[str], modules: Mapping[str, ModuleType]) -> int:
    """Run the experiment that the first argument names in all settings, draw the map, and return the exit status."""
    return exit_status(lambda: _multiverse(doc, arguments, modules))


def _multiverse(doc, arguments, modules):
    if {"--help", "-h", "-help"} & set(arguments) or not arguments:
        print(help_page(doc))
        return 0
    name, *rest = arguments
    if name not in modules:
        raise FlagError(f"there is no experiment {name!r}; name one first: {', '.join(modules)}")
    datasets = [each.partition("=")[2] for each in rest if each.startswith("--datasets=")]
    rest = [each for each in rest if not each.startswith("--datasets=")]
    experiment = Experiment.of(modules[name])
    given, common = parse(rest, experiment.config, Options)
    options = Options(**common)
    output = Path(options.output_dir) / "multiverse"
    options = replace(options, output_dir=str(output))
    config = experiment.configured(options.preset, **{"rounds": 1, **given})
    chosen = settings(config, tuple(",".join(datasets).split(",")) if datasets else ())
    set_up(options, "experiments.multiverse", arguments)
    seconds = [experiment.expected_seconds(options.preset, each.config) for each in chosen]
    rows = []
    for index, setting in enumerate(chosen):
        left = duration(sum(seconds[index:]))
        print(f"[{index + 1} of {len(chosen)}] {setting.name}; about {left} left", flush=True)
        progress = Progress({name: seconds[index]})
        outcome = execute(experiment, setting.config, options, progress)
        rows += [_row(setting, verdict, outcome.run, config) for verdict in outcome.verdicts if verdict.role == "core"]
    if is_first():
        write_text(output / f"{name}.json", json.dumps(rows, indent=1, ensure_ascii=False))
        for suffix in ("svg", "png"):
            _map(rows).savefig(output / f"{name}.{suffix}", dpi=120)
    print(summary(rows))
    print(f"The map is {output / f'{name}.svg'}")
    return 0


def _row(setting, verdict, run, config) -> dict[str, Any]:
    usual = {field.name: getattr(config, field.name) for field in fields(config)}
    changed = {key: text(value) for key, value in vars(setting.config).items() if value != usual[key]}
    return {
        "setting": setting.name,
        "length": setting.length,
        "width": setting.width,
        "flags": changed,
        "key": verdict.key,
        "title": verdict.title,
        "answer": verdict.verdict.value,
        "estimate": verdict.estimate,
        "note": verdict.note,
        "run": run.name,
    }


def _map(rows):
    keys, names = (list(dict.fromkeys(row[column] for row in rows)) for column in ("key", "setting"))
    cells = {(row["key"], row["setting"]): row for row in rows}
    answers = [[cells[key, name]["answer"] for name in names] for key in keys]
    notes = [[number(cells[key, name]["estimate"]) for name in names] for key in keys]
    return answer_map(answers, keys, names, notes)


def summary(rows: list[dict[str, Any]]) -> str:
    """Return a line for each criterion: the share of settings that support it, and the worst setting."""

    def line(key):
        universes = [row for row in rows if row["key"] == key]
        holds = sum(Answer(row["answer"]) in HOLDS for row in universes)
        worst = min(universes, key=lambda row: ORDER.index(Answer(row["answer"])))
        return (
            f"{key}: holds in {holds} of {len(universes)} settings; the worst is {worst['setting']}, {worst['answer']}"
        )

    return "\n".join(map(line, dict.fromkeys(row["key"] for row in rows)))
