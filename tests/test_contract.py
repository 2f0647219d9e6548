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
from dl_jax.evidence.verdicts import Answer, judge
from dl_jax.paper.statements import statements
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import Flags, parse
from dl_jax.runtime.options import Options, command_of

ROOT = Path(__file__).parents[1]
NAMES = [name for name in experiments.listing() if name != "reproduce"]

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
    """experiment -> (its records at preset smoke, the names of its parts): each is measured once a session."""
    done = {}

    def measured(experiment):
        if experiment.name not in done:
            parts, told = [], []

            def keep(name, compute):
                parts.append(json.dumps(name, sort_keys=True, default=str))
                return json.loads(json.dumps(compute()))  # as they come back from the disk

            here = context.with_events(cached=keep, progress=lambda what, count, of: told.append((count, of)))
            with quickly():  # a smoke run compiles for long and computes for seconds
                records = experiment.measure(experiment.configured("smoke", seeds=2, first_seed=3), here)
            assert all(0 < count <= of for count, of in told)
            done[experiment.name] = records, parts
        return done[experiment.name]

    return measured


@pytest.fixture
def records(experiment, measure_once):
    return measure_once(experiment)[0]


def test_the_docstring_tells_what_a_reader_must_know(experiment):
    title = experiment.doc.strip().splitlines()[0]
    assert re.search(r"\(statements? \d", title), title
    for line in ("Refuted if", "Run", "Takes", "Left open"):
        assert re.search(rf"^{line}\s+\S", experiment.doc, re.MULTILINE), f"no line {line!r}"
    assert re.search(r"^Takes\s+\d+ (s|min)\b", experiment.doc, re.MULTILINE)
    assert f"launch/local.sh {experiment.name}" in experiment.doc


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
    own = [field for field in fields(config) if field.name not in {field.name for field in fields(Flags)}]
    assert len(own) < 10
    for field in own:
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
        own, runner = parse(typed, experiment.config, Options)
        assert experiment.config(**own) == config
        assert runner == {}


def test_every_criterion_belongs_to_a_statement_and_has_a_control(experiment):
    judged_by = {statement.number: statement.experiment for statement in statements()}
    assert experiment.criteria
    for criterion in experiment.criteria:
        assert experiment.name in judged_by[criterion.statement], criterion.statement
        assert criterion.title
        assert criterion.control is not criterion.test.estimand
        assert criterion.test.region.low < criterion.test.region.high
    assert len({(c.statement, c.title) for c in experiment.criteria}) == len(experiment.criteria)
    assert any(not criterion.counter_evidence for criterion in experiment.criteria)


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
        assert {"trial", "seed", "metric", "value"} <= set(row)
        assert isinstance(row["value"], float)
        assert all(isinstance(value, str | int | float | bool) for value in row.values()), row
    rows = [json.dumps({key: v for key, v in row.items() if key != "value"}, sort_keys=True) for row in records.rows]
    assert len(set(rows)) == len(rows), "two rows differ in nothing but their value"


def test_each_part_has_a_name_of_its_own(experiment, measure_once):
    """Parts are kept under their names: of two with one name, the second would be given the first's rows."""
    parts = measure_once(experiment)[1]
    assert len(set(parts)) == len(parts)
    assert not [name for name in parts if " at 0x" in name], "a name with an address is another one in each run"


def test_it_can_be_judged_and_no_control_is_supported(experiment, records):
    verdicts = judge(records, experiment.criteria)
    assert not [verdict for verdict in verdicts if verdict.verdict is Answer.ERROR]
    left_out = [verdict for verdict in verdicts if verdict.verdict is Answer.NOT_RUN]
    assert len(left_out) < len(verdicts)
    for verdict in left_out:  # by the preset, not by a slip of the pen
        assert re.match(r"no (\S+) at", verdict.note)[1] in records.axis("metric"), verdict.note
    assert all(verdict.n == 2 for verdict in verdicts if verdict not in left_out)
    for criterion, verdict in zip(experiment.criteria, verdicts, strict=True):
        if verdict in left_out:
            continue
        found, control = criterion.test.estimand(records), criterion.control(records)
        assert found.shape == control.shape == (2,)
        assert not np.array_equal(found, control), f"the control measures the same: {criterion.title}"


def test_it_draws(experiment, records):
    figures = experiment.draw(records)
    assert figures
    for name, figure in figures.items():
        assert re.fullmatch(r"[a-z0-9_]+", name)
        assert isinstance(figure, Figure)
        with matplotlib.rc_context({"svg.fonttype": "none"}):
            figure.savefig(io.BytesIO(), format="svg")
