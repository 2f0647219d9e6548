"""The ledger: a criterion that was changed after its records were seen confirms nothing, whatever is run again."""

from datetime import date

import pytest

from dl_jax.evidence.criteria import exceeds
from dl_jax.evidence.estimands import metric
from dl_jax.runtime import code, ledger
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.ledger_command import ledger as command
from dl_jax.runtime.library import names
from dl_jax.runtime.run import run
from tests.runtime.test_run import written

TODAY = date(2026, 11, 28)


@pytest.fixture
def book(tmp_path, monkeypatch):
    """An empty ledger."""
    path = tmp_path / "ledger.toml"
    path.touch()
    monkeypatch.setattr(ledger, "LEDGER", path)
    ledger.read.cache_clear()
    yield path
    ledger.read.cache_clear()


@pytest.fixture
def module(fake, book):
    module = fake("fake", size=0.4)
    module.STEPS = 1e6
    return module


def start(module, monkeypatch, results, *arguments):
    monkeypatch.setattr("sys.argv", ["fake", f"--output_dir={results}", *arguments])
    with pytest.raises(SystemExit) as status:
        run(module.__name__)
    return status.value.code


def verdict_of(results):
    (verdict,) = written(results, "verdicts.json")
    return verdict["verdict"], verdict["exploratory"]


def test_a_changed_criterion_is_not_laundered_by_a_rerun(module, monkeypatch, results):
    """Margin .5 is refuted; with .25 the same records support it. No rerun makes that more than exploratory."""
    experiment = Experiment.of(module)
    assert ledger.append(experiment, "the first form", ["0-19"], TODAY) == ["69.large"]
    assert start(module, monkeypatch, results) == 0
    first = ledger.first_seed("fake")
    assert written(results, "manifest.json")["flags"]["first_seed"] == first
    assert verdict_of(results) == ("REFUTED", False)

    eased = module.CRITERIA[0]._replace(test=exceeds(metric("first"), 0.25))
    monkeypatch.setattr(module, "CRITERIA", (eased,))
    assert start(module, monkeypatch, results, "--judge_only") == 0
    assert verdict_of(results) == ("SUPPORTED", True)
    assert start(module, monkeypatch, results / "elsewhere") == 0, "measured again, by the same seeds"
    assert verdict_of(results / "elsewhere") == ("SUPPORTED", True)

    ledger.append(Experiment.of(module), "eased", [], TODAY)
    assert start(module, monkeypatch, results / "third", f"--first_seed={first}") == 0
    assert verdict_of(results / "third") == ("SUPPORTED", True), "the seeds were seen"
    assert start(module, monkeypatch, results, "--judge_only") == 0
    assert verdict_of(results) == ("SUPPORTED", True), "the records are older than the criterion"
    assert start(module, monkeypatch, results / "fourth") == 0
    assert written(results / "fourth", "manifest.json")["flags"]["first_seed"] != first
    assert verdict_of(results / "fourth") == ("SUPPORTED", False), "fresh seeds, which nobody has seen"


def test_the_ledger_keeps_what_was_and_which_seeds_were_seen(module, monkeypatch, book):
    ledger.append(Experiment.of(module), 'said "large"', ["0-19"], TODAY)
    before, first = book.read_text(), ledger.first_seed("fake")
    assert ledger.append(Experiment.of(module), "nothing changed", [], TODAY) == []
    monkeypatch.setattr(module, "CRITERIA", (module.CRITERIA[0]._replace(role="support"),))
    assert ledger.append(Experiment.of(module), "a role", ["40-45"], TODAY) == ["69.large"]
    assert book.read_text().startswith(before)
    old, new = ledger.of("fake")
    assert old.why == 'said "large"'
    assert new.seen == ("0-19", "40-45", f"{first}-{first + 25}")
    assert ledger.fixed("fake")["69.large"].startswith("support ")


def test_seeds_differ_by_repetition_and_by_experiment(module, fake, book):
    for each in (module, fake("other")):
        ledger.append(Experiment.of(each), "first", [], TODAY)
    seeds = {ledger.first_seed(name, repetition) for name in ("fake", "other") for repetition in range(20)}
    assert len(seeds) == 40
    assert min(seeds) >= ledger.LEAST_SEED
    assert ledger.first_seed("nowhere") == 0
    assert (
        ledger.exploratory(Experiment.of(module), ledger.first_seed("fake", 7), ledger.digest(Experiment.of(module)))
        == set()
    )


CHANGES = {
    "a margin": ("0.5)", "0.6)", True),
    "the title": ("it is <large>", "it is <huge>", True),
    "a control": ('metric("second"))', 'metric("first"))', True),
    "a measurement": ("seed % 100", "seed % 10", True),
    "a default": ('"the measured number", above=0', '"the measured number", above=1', True),
    "a comment": ("COMPUTED.append(name)", "COMPUTED.append(name)  # a remark", False),
    "the layout": (
        "COMPUTED, BREAKS, STEPS = [], {}, 100",
        "COMPUTED, BREAKS, STEPS = (\n    [],\n    {},\n    100,\n)",
        False,
    ),
    "a docstring": ("A fake that trains nothing", "A fake", False),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_fingerprint_changes_with_what_is_measured_and_judged(what, tmp_path):
    from tests.fake_experiments import FAKE

    old, new, changes = CHANGES[what]
    assert old in FAKE
    path = tmp_path / "experiments" / "fake.py"
    path.parent.mkdir()
    marks = []
    for text in (FAKE, FAKE.replace(old, new)):
        path.write_text(text.lstrip().replace("@SIZE@", "1").replace("@STATEMENT@", "69"))
        marks.append(code.substance(code.deciding_code(path, tmp_path), tmp_path))
    assert (marks[0] != marks[1]) == changes


def test_a_measure_that_an_experiment_imports_counts(tmp_path):
    measure, experiment = tmp_path / "dl_jax/measures/share.py", tmp_path / "experiments/fake.py"
    for path in (measure, experiment):
        path.parent.mkdir(parents=True)
    experiment.write_text("from dl_jax.measures.share import oriented\n")
    marks = set()
    for threshold in (0.4, 0.3):
        measure.write_text(f"LEAST = {threshold}\n")
        marks.add(code.substance(code.deciding_code(experiment, tmp_path), tmp_path))
    assert len(marks) == 2


def test_the_command_lists_what_is_not_in_the_ledger_and_appends_it(module, book, capsys):
    modules = {"fake": module}
    assert command("", [], modules) == 1
    assert "69.large is not in the ledger" in capsys.readouterr().out
    assert command("", ["--why=first"], modules) == 0
    assert command("", [], modules) == 0
    assert command("", ["--wy=first"], modules) == 2
    assert "--why" in capsys.readouterr().err


def test_every_experiment_is_in_the_ledger():
    assert {change.experiment for change in ledger.read(ledger.LEDGER)} == set(names())
