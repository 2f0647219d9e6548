"""One experiment under other reasonable choices."""

import json
from dataclasses import dataclass, replace

import pytest

from dl_jax.runtime.flags import Flags, flag
from dl_jax.runtime.multiverse import multiverse, settings, summary


@dataclass(frozen=True)
class Config(Flags):
    steps: int = flag(100, "steps")
    hidden: tuple[int, ...] = flag((64, 32), "units")
    optimizer: str = flag("adam", "how", choices=("adam", "sgd"))
    dataset: str = flag("digits", "data")


def test_every_length_with_every_width_and_each_other_choice_once():
    chosen = settings(Config(), ("mnist", "digits"))
    names = [setting.name for setting in chosen]
    assert len(chosen) == 9 + 2
    assert names[-2:] == ["optimizer sgd", "dataset mnist"]
    by_name = {setting.name: setting.config for setting in chosen}
    assert by_name["length x 4, width x 0.5"] == replace(Config(), steps=400, hidden=(32, 16))
    assert by_name["length x 1, width x 1"] == Config()


def test_what_an_experiment_has_no_flag_for_is_not_varied():
    @dataclass(frozen=True)
    class Short(Flags):
        steps: int = flag(100, "steps")

    assert [setting.config.steps for setting in settings(Short())] == [50, 100, 400]


@pytest.fixture
def modules(fake):
    module = fake("fake")

    @dataclass(frozen=True)
    class Config(module.Config):
        steps: int = flag(4, "the measured number falls with it", at_least=1)

    measure = module.measure
    module.Config = Config
    module.measure = lambda config, context: measure(replace(config, size=4.0 / config.steps**2), context)
    return {"fake": module}


def test_the_map_says_in_which_settings_a_criterion_holds(modules, results, capsys):
    assert multiverse("", ["fake", f"--output_dir={results}"], modules) == 0
    printed = capsys.readouterr().out
    assert "69.large: holds in 1 of 3 settings; the worst is length x 1, width x 1, REFUTED" in printed
    rows = json.loads((results / "multiverse" / "fake.json").read_text())
    assert [row["answer"] for row in rows] == ["SUPPORTED", "REFUTED", "REFUTED"]
    assert rows[0]["flags"] == {"steps": "2"}
    assert (results / "multiverse" / "fake.svg").is_file()
    assert not (results / "fake").exists(), "a multiverse leaves the experiment's own runs alone"
    count = len(modules["fake"].COMPUTED)
    assert multiverse("", ["fake", f"--output_dir={results}"], modules) == 0
    assert len(modules["fake"].COMPUTED) == count, "finished settings are not run again"


def test_wrong_words_are_refused(modules, results, capsys):
    assert multiverse("Help.", [], modules) == 0
    assert multiverse("", ["fakes"], modules) == 2
    assert "there is no experiment 'fakes'" in capsys.readouterr().err
    assert multiverse("", ["fake", "--stepz=3"], modules) == 2


def test_the_summary_names_the_worst_setting():
    rows = [
        {"key": "1.a", "setting": name, "answer": answer}
        for name, answer in (("usual", "SUPPORTED"), ("long", "INCONCLUSIVE"), ("wide", "REFUTED"))
    ]
    assert summary(rows) == "1.a: holds in 1 of 3 settings; the worst is wide, REFUTED"
