"""The page: words stand as they were written, numbers that are not there are dashes, each verdict at its statement."""

import re

import pytest

from dl_jax.evidence.verdicts import Answer, Verdict
from dl_jax.paper.statements import Statement
from dl_jax.report.page import Chapter, embedded, number, page

STATEMENTS = [
    Statement(1, "I. Introduction", ("identity",), "One <thing>.", "一件事。", ("mine",)),
    Statement(2, "I. Introduction", ("context",), "Another.", "另一件事。", reason="Nothing <to> measure."),
    Statement(3, "II. Learning", ("sweep",), "A third.", "第三件事。", counter="Seen & told."),
]
VERDICT = Verdict(1, "a < b", Answer.SUPPORTED, 1.23456, 1.0, 1.5, 5, scope="<b>all</b> & more", experiment="mine")


def shown(*verdicts, chapters=()):
    return page(STATEMENTS, verdicts, chapters, "Made <today>.")


def article(text, at):
    return re.search(rf'<article class="[^"]*" id="s{at}">.*?</article>', text, re.DOTALL)[0]


def test_words_are_escaped():
    text = shown(VERDICT, chapters=[Chapter("mine", "A <doc> & more", {}, (), "Broke: <here>")])
    assert "&lt;b&gt;all&lt;/b&gt; &amp; more" in article(text, 1)
    for words in ("a &lt; b", "One &lt;thing&gt;.", "Nothing &lt;to&gt; measure.", "Seen &amp; told."):
        assert words in text
    for words in ("A &lt;doc&gt; &amp; more", "Broke: &lt;here&gt;", "Made &lt;today&gt;."):
        assert words in text
    assert not re.search("<thing>|<b>|<doc>|<here>|<today>|<to>", text)


def test_numbers_have_four_digits_and_none_is_a_dash():
    assert (number(None), number(0.0), number(1.23456), number(1e-9)) == ("–", "0", "1.235", "1e-09")
    assert '<td class="num">1.235</td><td class="num">1 to 1.5</td><td class="num">5</td>' in article(shown(VERDICT), 1)
    missing = article(shown(Verdict(1, "not run", Answer.NOT_RUN)), 1)
    assert '<td class="num">–</td><td class="num">– to –</td><td class="num">0</td>' in missing
    assert "None" not in missing


def test_each_verdict_stands_at_its_statement():
    text = shown(VERDICT, Verdict(3, "known against it", Answer.REFUTED, 0.0, -1.0, 1.0, 5, counter=True))
    assert 'class="is-SUPPORTED"' in article(text, 1)
    assert "NOT RUN" in article(text, 2)
    assert 'class="is-NOT_RUN"' in article(text, 3)  # evidence against it is shown beside it, and never counted
    assert "Evidence against" in article(text, 3)
    assert "known against it" in article(text, 3)
    assert re.findall(r"<h2>(.*?)</h2>", text) == ["I. Introduction", "II. Learning", "The experiments"]


@pytest.mark.parametrize(("exploratory", "times"), [(False, 0), (True, 1)])
def test_what_was_judged_by_later_criteria_is_marked(exploratory, times):
    verdict = Verdict(1, "it holds", Answer.SUPPORTED, 1.0, 0.5, 1.5, 5, exploratory=exploratory)
    assert article(shown(verdict), 1).count("exploratory") == times


def test_pictures_lie_in_the_page_itself(tmp_path):
    path = tmp_path / "picture.svg"
    path.write_text("<svg/>")
    assert embedded(path) == "data:image/svg+xml;base64,PHN2Zy8+"
    text = shown(chapters=[Chapter("mine", "Doc", {}, [path])])
    assert '<img src="data:image/svg+xml;base64,PHN2Zy8+" alt="mine: picture">' in text
    assert str(tmp_path) not in text
