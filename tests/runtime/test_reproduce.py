"""Running all experiments: their verdicts together, errors of one of them, and the page."""

import json
import shutil
from html.parser import HTMLParser

import pytest

from dl_jax.evidence.verdicts import Answer
from dl_jax.runtime.reproduce import reproduce
from dl_jax.runtime.results import set_latest
from dl_jax.runtime.stability import agreement

PARTS = ["first", "second"]


class Links(HTMLParser):
    """The links, ids and tags of an HTML page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids, self.tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]
        self.ids += [value for name, value in attrs if name == "id"]


@pytest.fixture
def modules(fake):
    return {"good": fake("good", 69), "other": fake("other", 7)}


@pytest.fixture
def started(modules, results):
    """started(*arguments) runs the command and returns its exit status."""
    return lambda *arguments: reproduce("All of it.", [f"--output_dir={results}", *arguments], modules)


@pytest.fixture
def verdicts(results):
    return lambda: json.loads((results / "verdicts.json").read_text())


def page_of(results):
    return (results / "report.html").read_text()


def test_all_verdicts_are_written_together(started, verdicts, modules, results, capsys):
    assert started() == 0
    answers = [(row["experiment"], row["key"], row["verdict"]) for row in verdicts()]
    assert answers == [("good", "69.large", "SUPPORTED"), ("other", "7.large", "SUPPORTED")]
    for name in modules:
        folder = results / name / "latest"
        assert json.loads((folder / "verdicts.json").read_text())[0] in verdicts()
        assert {path.name for path in folder.iterdir()} == {
            "records.jsonl",
            "verdicts.json",
            "manifest.json",
            "figures",
        }
    printed = capsys.readouterr().out
    assert "[1 of 2]" in printed
    assert "2 supported, 0 supported within limits, 0 exact, 0 refuted" in printed
    assert "report.html" in printed
    made = {"report.html", "verdicts.json", "reproduce.json"}
    assert {path.name for path in results.iterdir()} == {"good", "other", *made}


def test_the_page_has_every_statement_and_needs_no_other_file(started, results):
    assert started() == 0
    page = page_of(results)
    parsed = Links(page)
    assert parsed.tags.count("article") == 109
    assert [name for name in parsed.ids if name[0] == "s" and name[1:].isdigit()] == [f"s{n}" for n in range(1, 110)]
    assert parsed.tags.count("img") == 2
    assert all(link.startswith(("data:", "#")) for link in parsed.links), parsed.links
    assert {link[1:] for link in parsed.links if link.startswith("#")} <= set(parsed.ids)
    assert not {"script", "link", "iframe", "object", "embed", "base"} & set(parsed.tags)
    assert "@import" not in page
    assert "url(" not in page
    assert str(results.parent) not in page


def test_finished_experiments_are_not_run_again(started, verdicts, modules):
    assert started() == 0
    before = verdicts()
    assert started() == 0
    assert [module.COMPUTED for module in modules.values()] == [PARTS, PARTS]
    assert verdicts() == before
    assert started("--seeds=14") == 0
    assert [module.COMPUTED for module in modules.values()] == [PARTS * 2, PARTS * 2]
    assert {row["n"] for row in verdicts()} == {14}


@pytest.mark.parametrize("broken", ["good", "other"])
def test_an_experiment_that_raises_is_an_error_and_the_others_are_run(
    started, verdicts, modules, results, capsys, broken
):
    modules[broken].BREAKS["second"] = ZeroDivisionError("nothing <to> divide by")
    assert started() == 1
    answers = {row["experiment"]: row for row in verdicts()}
    assert {name: row["verdict"] for name, row in answers.items()} == {
        name: "ERROR" if name == broken else "SUPPORTED" for name in modules
    }
    assert answers[broken]["note"] == "ZeroDivisionError: nothing <to> divide by"
    assert "Traceback" in capsys.readouterr().err
    page = page_of(results)
    assert Links(page).tags.count("article") == 109
    assert "nothing &lt;to&gt; divide by" in page
    modules[broken].BREAKS.clear()
    assert started() == 0
    assert {row["verdict"] for row in verdicts()} == {"SUPPORTED"}
    for name, module in modules.items():
        assert len(module.COMPUTED) == (3 if name == broken else 2)  # its first part was kept


def test_the_page_shows_no_earlier_figures_of_an_experiment_that_raised(started, modules, results):
    assert started() == 0
    modules["good"].BREAKS["first"] = ZeroDivisionError("broken")
    assert started("--seeds=14") == 1
    assert Links(page_of(results)).tags.count("img") == 1


def test_the_page_is_made_from_the_runs_of_this_reproduction(started, modules, results):
    assert started("--seeds=14", "--preset=smoke") == 0
    made = json.loads((results / "reproduce.json").read_text())
    assert (made["preset"], made["flags"]) == ("smoke", {"seeds": 14})
    assert set(made["runs"]) == set(modules)
    assert started(f"--output_dir={results.parent / 'elsewhere'}") == 0  # the default seeds
    for name, digest in made["runs"].items():
        other = results.parent / "elsewhere" / name / "latest"
        shutil.copytree(other, results / name / other.resolve().name)
        set_latest(results / name / other.resolve().name)  # a newer run, which does not belong to the reproduction
        assert digest != other.resolve().name
    assert started("--judge_only") == 0
    assert json.loads((results / "reproduce.json").read_text()) == made
    assert "--seeds=14" in page_of(results)
    assert "--seeds=13" not in page_of(results)
    assert {row["n"] for row in json.loads((results / "verdicts.json").read_text())} == {14}


def test_judge_only_needs_a_reproduction(started, results, capsys):
    results.mkdir()
    assert started("--judge_only") == 2
    assert f"no reproduction was finished in {results}" in capsys.readouterr().err


def test_two_reproductions_are_compared(fake, results, capsys):
    elsewhere = results.parent / "elsewhere"
    modules = {name: fake(name, number) for name, number in (("good", 69), ("other", 7))}
    assert reproduce("", [f"--output_dir={results}"], modules) == 0
    modules["other"].BREAKS["first"] = ZeroDivisionError("broken")
    assert reproduce("", [f"--output_dir={elsewhere}", "--seeds=14"], modules) == 1
    capsys.readouterr()
    assert reproduce("", [f"--compare={results},{elsewhere}"], modules) == 0
    printed = capsys.readouterr().out
    assert f"A  {results}  " in printed
    assert "flags seeds              13 | 14\n" in printed
    assert "Verdicts with different answers: 1\nother  7.large: it is <large>" in printed
    assert "B  ERROR" in printed
    assert "Verdicts with the same answer and different numbers: 1\ngood  69.large" in printed
    assert reproduce("", [f"--compare={results},{results.parent}"], modules) == 2
    assert f"--compare: {results.parent} has no reproduce.json" in capsys.readouterr().err


def test_ctrl_c_stops_all_and_the_same_command_resumes(started, modules, results):
    modules["other"].BREAKS["second"] = KeyboardInterrupt()
    assert started() == 130
    assert not (results / "report.html").exists()
    modules["other"].BREAKS.clear()
    assert started() == 0
    assert [module.COMPUTED for module in modules.values()] == [PARTS, ["first", "second", "second"]]


def test_a_refutation_exits_with_0(fake, verdicts, results):
    assert reproduce("", [f"--output_dir={results}"], {"small": fake("small", size=0.1)}) == 0
    assert [row["verdict"] for row in verdicts()] == ["REFUTED"]


@pytest.mark.parametrize("argument", ["--seed=3", "--seeds=0", "--size=2", "good", "--run=3fa2", "--compare=one"])
def test_an_invalid_flag_writes_nothing(started, modules, results, argument):
    assert started(argument) == 2
    assert not results.exists()
    assert not modules["good"].COMPUTED


def test_list_and_help_run_nothing(started, modules, capsys):
    assert started("--list") == 0
    assert capsys.readouterr().out.split() == ["reproduce", "good", "other"]
    assert started("--help") == 0
    printed = capsys.readouterr().out
    assert all(flag in printed for flag in ("All of it.", "--seeds=", "--preset=laptop"))
    assert not modules["good"].COMPUTED


def test_stability_repeats_everything_with_fresh_seeds(started, modules, results, capsys):
    assert started("--stability=2") == 0
    assert "100% of the decided answers are equal in 3 runs" in capsys.readouterr().out
    made = json.loads((results / "stability.json").read_text())
    assert made["runs"][0] == {"statement": 7, "answers": ["SUPPORTED"] * 3}
    assert (results / "stability.svg").is_file()
    assert {path.name for path in (results / "stability").iterdir()} == set(modules)


def test_agreement_counts_what_the_first_run_decided():
    first = {1: Answer.SUPPORTED, 2: Answer.REFUTED, 3: Answer.INCONCLUSIVE, 4: Answer.EXACT}
    other = first | {2: Answer.INCONCLUSIVE, 3: Answer.SUPPORTED}
    assert agreement([first, other]) == (2 / 3, [2])
    assert agreement([first, first, other]) == (5 / 6, [2])
