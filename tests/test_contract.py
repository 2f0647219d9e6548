"""What every file in experiments/ must offer. A new experiment is found by itself: the folder is the registry."""

import importlib
import io
import json
import re
import shlex
import subprocess
import sys
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

import experiments
from dl_jax.evidence.coverage import unread
from dl_jax.evidence.judge import judge
from dl_jax.evidence.records import Records
from dl_jax.evidence.statistics import exact_value
from dl_jax.evidence.verdicts import Answer
from dl_jax.paper.statements import statements
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import Flags, parse
from dl_jax.runtime.options import Options, command_of

ROOT = Path(__file__).parents[1]
NAMES = experiments.claims()

IMPORT_ALL = """
import importlib, sys
import flax, optax  # they bring absl's logging, which has flags of its own
from absl import flags
before = set(flags.FLAGS)
for name in sys.argv[1:]:
    importlib.import_module(f"experiments.{name}")
from jax._src import xla_bridge
assert not xla_bridge.backends_are_initialized(), "importing an experiment started a JAX backend"
assert set(flags.FLAGS) - before <= {"showprefixforinfo"}, set(flags.FLAGS) - before
"""

pytestmark = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def experiment(name):
    return Experiment.of(importlib.import_module(f"experiments.{name}"))


@pytest.fixture(scope="session")
def measure_once(context, quickly):
    """experiment -> (its records at preset smoke, the keys of its cached parts): each is measured once a session."""
    done = {}

    def measured(experiment):
        if experiment.name not in done:
            keys, reports = [], []

            def cached(key, *computes):
                keys.append(json.dumps(key, sort_keys=True, default=str))
                return Records.gather(compute() for compute in computes)

            def progress(label, count, total):
                reports.append((label, count, total))

            with quickly():  # a smoke run compiles for long and computes for seconds
                records = experiment.measure(
                    experiment.configured("smoke", seeds=2, first_seed=3),
                    context.with_events(cached=cached, progress=progress),
                )
            assert all(label and 0 < count <= total for label, count, total in reports)
            done[experiment.name] = records, keys
        return done[experiment.name]

    return measured


@pytest.fixture
def records(experiment, measure_once):
    return measure_once(experiment)[0]


def test_the_docstring_has_the_headings_that_a_reader_needs(experiment):
    title = experiment.doc.strip().splitlines()[0]
    assert re.search(r"\(statements? \d", title), title
    for line in ("Refuted if", "Run", "Takes", "Left open"):
        assert re.search(rf"^{line}\s+\S", experiment.doc, re.MULTILINE), f"no line {line!r}"
    assert f"launch/local.sh {experiment.name}" in experiment.doc


def test_expected_seconds_are_data(experiment):
    assert experiment.seconds["laptop"] > 0
    assert set(experiment.seconds) <= {"smoke", "laptop", "accelerator"}


def test_the_title_names_the_statements_that_are_judged(experiment):
    context = re.search(r"\(statements? ([^;)]*)", experiment.doc)[1]
    named = set()
    for first, last in re.findall(r"(\d+)(?:\s*(?:-|–|to)\s*(\d+))?", context):
        named |= set(range(int(first), int(last or first) + 1))
    assert {criterion.statement for criterion in experiment.criteria} <= named


def test_the_config_is_a_small_frozen_dataclass_of_flags(experiment):
    config = experiment.config
    assert is_dataclass(config)
    assert config.__dataclass_params__.frozen
    assert issubclass(config, Flags)
    added = [field for field in fields(config) if field.name not in {field.name for field in fields(Flags)}]
    assert len(added) < 11
    for field in added:
        assert field.metadata.get("help"), field.name
        assert field.default is not MISSING, field.name


def test_every_preset_builds(experiment):
    assert {"smoke", "accelerator"} <= set(experiment.presets) <= {"smoke", "laptop", "accelerator"}
    for preset in ("smoke", "laptop", "accelerator"):
        assert isinstance(experiment.configured(preset), experiment.config)


def test_a_config_comes_back_from_its_command_line(experiment):
    for preset in ("smoke", "laptop", "accelerator"):
        config = experiment.configured(preset, seeds=3, first_seed=11)
        bash, script, name, *typed = shlex.split(command_of(experiment.name, config))
        assert (bash, script, name) == ("bash", "launch/local.sh", experiment.name)
        values, runner = parse(typed, experiment.config, Options)
        assert experiment.config(**values) == config
        assert runner == {}


def test_every_criterion_belongs_to_a_statement_and_has_a_key_and_a_control(experiment):
    judged_by = {statement.number: statement.experiment for statement in statements()}
    assert experiment.criteria
    for criterion in experiment.criteria:
        assert re.fullmatch(r"\d+\.[a-z][a-z0-9_]*", criterion.key), criterion.key
        assert experiment.name in judged_by[criterion.statement], criterion.statement
        assert criterion.title
        assert criterion.control is not criterion.test.estimand
        assert criterion.test.region.low < criterion.test.region.high
    assert len({criterion.key for criterion in experiment.criteria}) == len(experiment.criteria)
    for number in {criterion.statement for criterion in experiment.criteria}:
        roles = {criterion.role for criterion in experiment.criteria if criterion.statement == number}
        assert "core" in roles or len(judged_by[number]) > 1, f"nothing decides {number}"


def test_it_has_its_own_tests(name):
    assert (ROOT / "tests" / "experiments" / f"test_{name}.py").is_file()


@pytest.fixture(scope="session")
def imported_together():
    command = [sys.executable, "-c", IMPORT_ALL, *NAMES]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_importing_it_beside_the_others_starts_nothing(name, imported_together):
    assert imported_together.returncode == 0, imported_together.stderr


def test_the_records_are_tidy(experiment, records):
    assert records.axis("seed") == (3, 4)
    for row in records.rows:
        assert {"metric", "value"} <= set(row)
        assert isinstance(row["value"], float)
        assert all(isinstance(value, str | int | float | bool) for value in row.values()), row
    rows = [json.dumps({key: v for key, v in row.items() if key != "value"}, sort_keys=True) for row in records.rows]
    assert len(set(rows)) == len(rows), "two rows differ in nothing but their value"
    arrays = [json.dumps([each.metric, each.at], sort_keys=True) for each in records.arrays]
    assert len(set(arrays)) == len(arrays), "two arrays differ in nothing but their values"


def test_no_metric_carries_an_axis_in_its_name(experiment, records):
    """Numbers, states and kinds of label are columns, not parts of a name."""
    metrics = {row["metric"] for row in records.rows} | {each.metric for each in records.arrays}
    for metric in metrics:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", metric), metric
        assert not re.search(r"(^|_)(un)?trained(_|$)|_\d+$", metric) or metric == "depth_scales_6", metric


def test_records_come_back_from_the_disk(experiment, records, tmp_path):
    records.write(tmp_path / "records.jsonl")
    read = Records.read(tmp_path / "records.jsonl")
    assert len(read.rows) == len(records.rows)
    assert [(each.metric, each.at, each.axes) for each in read.arrays] == [
        (each.metric, each.at, each.axes) for each in records.arrays
    ]
    for mine, theirs in zip(records.arrays, read.arrays, strict=True):
        np.testing.assert_array_equal(mine.values, theirs.values)


def test_each_part_has_a_key_of_its_own(experiment, measure_once):
    """Parts are cached under their keys: of two with one key, the second would be given the first's records."""
    keys = measure_once(experiment)[1]
    assert len(set(keys)) == len(keys)
    assert not [key for key in keys if " at 0x" in key], "a key with an address is another one in each run"


def test_it_can_be_judged_and_no_control_is_supported(experiment, records):
    verdicts = judge(records, experiment.criteria)
    assert not [verdict for verdict in verdicts if verdict.verdict is Answer.ERROR]
    left_out = [verdict for verdict in verdicts if verdict.verdict is Answer.NOT_RUN]
    assert len(left_out) < len(verdicts)
    for verdict in left_out:  # by the preset, not by a wrong name
        assert re.match(r"no (\S+) at", verdict.note)[1] in records.axis("metric"), verdict.note
    for criterion, verdict in zip(experiment.criteria, verdicts, strict=True):
        if verdict in left_out:
            continue
        values, control = criterion.test.estimand(records), criterion.control(records)
        fact = criterion.test.interval is exact_value
        assert verdict.n == (0 if fact else 2)
        assert values.shape == ((1,) if fact else (2,))
        assert control.shape in ((1,), values.shape), "a control may be a fact"
        assert not np.array_equal(values, control), f"the control measures the same: {criterion.title}"


def test_what_is_recorded_is_judged_or_declared(experiment, records):
    """An outcome that speaks against those that are judged must not stay unseen."""
    assert unread(records, experiment.criteria, experiment.not_judged) == []
    assert all(records.where(**each.axes).rows for each in experiment.not_judged), "declared and not recorded"


def test_it_draws(experiment, records):
    figures = experiment.draw(records)
    assert figures
    for name, figure in figures.items():
        assert re.fullmatch(r"[a-z0-9_]+", name)
        assert isinstance(figure, Figure)
        with matplotlib.rc_context({"svg.fonttype": "none"}):
            figure.savefig(io.BytesIO(), format="svg")
