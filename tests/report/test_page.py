"""The report page: escaped text, dashes for missing numbers, and every verdict at its statement."""

import re
from dataclasses import replace

from dl_jax.evidence.verdicts import Answer, Verdict
from dl_jax.paper.statements import Statement
from dl_jax.report.page import ExperimentSection, data_uri, format_number, page

STATEMENTS = [
    Statement(1, "I. Introduction", ("identity",), "One <thing>.", "一件事。", ("mine",)),
    Statement(2, "I. Introduction", ("context",), "Another.", "另一件事。", reason="Nothing <to> measure."),
    Statement(3, "II. Learning", ("sweep",), "A third.", "第三件事。", counter="Known & published."),
]
VERDICT = Verdict(1, "a < b", Answer.SUPPORTED, 1.23456, 1.0, 1.5, 5, scope="<b>all</b> & more", experiment="mine")


def rendered(*verdicts, sections=()):
    return page(STATEMENTS, verdicts, sections, "Made <today>.")


def article(text, number):
    return re.search(rf'<article class="[^"]*" id="s{number}">.*?</article>', text, re.DOTALL)[0]


def test_text_is_escaped():
    text = rendered(VERDICT, sections=[ExperimentSection("mine", "A <doc> & more", {}, (), "Broke: <here>")])
    assert "&lt;b&gt;all&lt;/b&gt; &amp; more" in article(text, 1)
    for words in ("a &lt; b", "One &lt;thing&gt;.", "Nothing &lt;to&gt; measure.", "Known &amp; published."):
        assert words in text
    for words in ("A &lt;doc&gt; &amp; more", "Broke: &lt;here&gt;", "Made &lt;today&gt;."):
        assert words in text
    assert not re.search("<thing>|<b>|<doc>|<here>|<today>|<to>", text)


def test_numbers_have_four_digits_and_none_is_a_dash():
    assert (format_number(None), format_number(0.0), format_number(1.23456), format_number(1e-9)) == (
        "–",
        "0",
        "1.235",
        "1e-09",
    )
    assert '<td class="num">1.235</td><td class="num">1 to 1.5</td>\n<td class="num">5</td>' in article(
        rendered(VERDICT), 1
    )
    missing = article(rendered(Verdict(1, "not run", Answer.NOT_RUN)), 1)
    assert '<td class="num">–</td><td class="num">– to –</td>\n<td class="num">0</td>' in missing
    assert "None" not in missing


def test_each_verdict_is_in_the_article_of_its_statement():
    text = rendered(VERDICT, Verdict(3, "counter-example", Answer.REFUTED, 0.0, -1.0, 1.0, 5, role="limit"))
    assert 'class="is-SUPPORTED"' in article(text, 1)
    assert "NOT RUN" in article(text, 2)
    assert 'class="is-NOT_RUN"' in article(text, 3)  # a limit does not decide
    assert "where it stops holding" in article(text, 3)
    assert "counter-example" in article(text, 3)
    assert re.findall(r"<h2>(.*?)</h2>", text) == ["I. Introduction", "II. Learning", "The experiments"]


def test_what_is_exploratory_is_never_green():
    verdict = Verdict(1, "a < b", Answer.SUPPORTED, 1.0, 0.5, 1.5, 5)
    assert 'class="badge SUPPORTED"' in article(rendered(verdict), 1)
    exploratory = article(rendered(replace(verdict, exploratory=True)), 1)
    assert exploratory.count('class="badge exploratory"') == 2
    assert 'class="badge SUPPORTED"' not in exploratory


def test_figures_are_embedded(tmp_path):
    path = tmp_path / "picture.svg"
    path.write_text("<svg/>")
    assert data_uri(path) == "data:image/svg+xml;base64,PHN2Zy8+"
    text = rendered(sections=[ExperimentSection("mine", "Doc", {}, [path])])
    assert '<img src="data:image/svg+xml;base64,PHN2Zy8+" alt="mine: picture">' in text
    assert str(tmp_path) not in text


def test_an_experiment_shows_how_it_is_reproduced_and_what_it_cost():
    manifest = {
        "command": "bash launch/local.sh mine",
        "device": {"count": 2, "name": "cpu"},
        "versions": {"jax": "1.2", "python": "3.12"},
        "wall_s": 9.5,
        "cost": {"programs": 3, "compile_s": 4.5, "run_s": 2.5, "gflops": None, "peak_gflops": None},
        "data": "abc",
        "code": "def",
        "criteria": "ghi",
        "commit": "",
    }
    text = rendered(sections=[ExperimentSection("mine", "Doc", manifest, ())])
    assert "Reproduce with <code>bash launch/local.sh mine</code>" in text
    assert "2 × cpu, JAX 1.2, Python 3.12" in text
    assert "9.5 s in total; 3 programs, 4.5 s to compile and 2.5 s to run" in text
    assert "GFLOP/s" not in text
