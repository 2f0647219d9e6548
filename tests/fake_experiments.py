"""Fixtures: experiment modules that train nothing, to test the runner."""

import importlib.util
import sys

import jax
import pytest

from dl_jax.runtime import devices

FAKE = '''
"""A fake that trains nothing (statement @STATEMENT@; nowhere)."""

from dataclasses import asdict, dataclass

import numpy as np

from dl_jax.evidence.criteria import Criterion, exceeds
from dl_jax.evidence.estimands import difference, metric
from dl_jax.evidence.records import Records
from dl_jax.report import plots
from dl_jax.runtime.flags import Flags, flag

COMPUTED, BREAKS, STEPS = [], {}, 100
"""The parts that were computed, in order; the exception that a part, or "draw", raises; 1 over a step of the seed."""


@dataclass(frozen=True)
class Config(Flags):
    size: float = flag(@SIZE@, "the measured number", above=0)
    tasks: tuple[str, ...] = flag(("first", "second"), "the parts of the run")


PRESETS = {"smoke": {"seeds": 2}, "accelerator": {"seeds": 20}}
SECONDS = {"smoke": 1, "laptop": 10}


def measure(config, context):
    def part(name):
        COMPUTED.append(name)
        if name in BREAKS:
            raise BREAKS[name]
        return [
            {"trial": at, "seed": seed, "metric": name, "value": config.size + seed % 100 / STEPS}
            for at, seed in enumerate(config.all_seeds)
        ]

    return Records.gather(
        context.events.cached({"task": name} | asdict(config), lambda name=name: part(name)) for name in config.tasks
    )


CRITERIA = (
    Criterion(
        "@STATEMENT@.large",
        "it is <large>",
        exceeds(metric("first"), 0.5),
        control=difference(metric("first"), metric("second")),
        scope="fakes",
    ),
)


def draw(records):
    if "draw" in BREAKS:
        raise BREAKS["draw"]
    figure, axes = plots.canvas()
    axes[0, 0].plot(records.values("first"))
    return {"sizes": figure}
'''


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """fake(name, statement=69, size=1.0) writes such a module, imports it and returns it."""
    # JAX's devices are initialized and cannot change.
    monkeypatch.setattr(devices, "cores", lambda: jax.config.jax_num_cpu_devices)
    (tmp_path / "fakes").mkdir()

    def make(name, statement=69, size=1.0):
        path = tmp_path / "fakes" / f"{name}.py"
        path.write_text(FAKE.lstrip().replace("@STATEMENT@", str(statement)).replace("@SIZE@", str(size)))
        spec = importlib.util.spec_from_file_location(f"fakes.{name}", path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module

    return make


@pytest.fixture
def results(tmp_path):
    """The folder for the results, which does not exist yet."""
    return tmp_path / "results"
