"""The parts of an experiment module, and how long a run is expected to take."""

import importlib
from dataclasses import dataclass

import pytest

import experiments
from dl_jax.runtime.experiment import PRESETS, Experiment
from dl_jax.runtime.flags import Flags, flag

NAMES = experiments.claims()


@dataclass(frozen=True)
class Config(Flags):
    steps: int = flag(1000, "steps; 0 computes a number")
    depths: tuple[int, ...] = flag((1, 2, 5, 20), "numbers of layers")
    hidden: tuple[int, ...] = flag((64, 64), "units of the layers of one net")
    width: int = flag(64, "units")
    rates: tuple[float, ...] = flag((), "learning rates; none computes them")


@pytest.fixture
def experiment():
    presets = {"smoke": {"seeds": 2, "steps": 10}, "accelerator": {"seeds": 52}}
    return Experiment("name", "", "", Config, presets, {"smoke": 8, "laptop": 60}, None, (), None, ())


@pytest.mark.parametrize(
    ("preset", "flags", "seconds"),
    [
        ("laptop", {}, 60),
        ("laptop", {"seeds": 26}, 120),
        ("laptop", {"steps": 500}, 30),
        ("laptop", {"steps": 500, "depths": (1, 2)}, 15),
        ("laptop", {"hidden": (64,), "width": 8}, 60),
        ("laptop", {"steps": 0}, 60),
        ("laptop", {"rates": (0.1, 0.2)}, 60),
        ("laptop", {"steps": 1}, 10),
        ("smoke", {}, 8),
        ("smoke", {"steps": 1}, 8),
        ("smoke", {"seeds": 4}, 16),
        ("accelerator", {}, 240),
    ],
)
def test_the_expected_seconds_are_in_proportion_to_the_flags(experiment, preset, flags, seconds):
    assert experiment.expected_seconds(preset, experiment.configured(preset, **flags)) == pytest.approx(seconds)


def test_the_docstring_is_not_configuration(fake):
    experiment = Experiment.of(fake("fake"))
    assert experiment.seconds == {"smoke": 1, "laptop": 10}
    assert experiment.title == "A fake that trains nothing (statement 69; nowhere)."


def test_one_number_is_the_seconds_of_the_laptop_preset(fake):
    module = fake("fake")
    module.SECONDS = 60
    experiment = Experiment.of(module)
    assert experiment.expected_seconds("laptop", experiment.configured("laptop")) == 60
    assert experiment.expected_seconds("smoke", experiment.configured("smoke", seeds=6)) == 60 * 6 / 13


def test_a_missing_part_is_named(fake):
    module = fake("fake")
    del module.SECONDS
    with pytest.raises(AttributeError, match="SECONDS"):
        Experiment.of(module)


def test_an_experiment_may_name_its_data_sets_in_other_flags():
    config = importlib.import_module("experiments.feature_hierarchy").Config
    assert config().data_sources() == ()
    assert config(photographs="cifar10_jpeg", manual_dir="raw").data_sources() == (("cifar10_jpeg", "raw"),)


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_has_expected_seconds(name):
    experiment = Experiment.of(importlib.import_module(f"experiments.{name}"))
    assert {"laptop"} <= set(experiment.seconds) <= set(PRESETS)
    assert all(seconds > 0 for seconds in experiment.seconds.values())
    assert experiment.expected_seconds("laptop", experiment.configured("laptop")) == experiment.seconds["laptop"]
