"""The statements: all of them, in order, in two languages, and at one with the experiments that judge them."""

import importlib
import re

import pytest

import experiments
from dl_jax.paper.statements import statements
from dl_jax.runtime.experiment import Experiment

NAMES = experiments.claims()
KINDS = ["identity", "measurement", "sweep", "control", "comparison", "scaling", "external", "context", "figure"]
ROMAN = ["I", "II", "III", "IV", "V"]


def judged(name):
    """The statements that an experiment has a criterion for."""
    experiment = Experiment.of(importlib.import_module(f"experiments.{name}"))
    return {criterion.statement for criterion in experiment.criteria}


def test_there_are_109_in_the_order_of_the_source():
    assert [statement.number for statement in statements()] == list(range(1, 110))
    places = list(dict.fromkeys(statement.place for statement in statements()))
    sections = [place.split(".")[0] for place in places if place.split(".")[0] in ROMAN]
    assert sections == sorted(sections, key=ROMAN.index)


@pytest.mark.parametrize("statement", statements(), ids=lambda statement: str(statement.number))
def test_each_is_whole(statement):
    assert re.search(r"[A-Za-z]{3}", statement.en)
    assert not re.search(r"[\u4e00-\u9fff]", statement.en)
    assert re.search(r"[\u4e00-\u9fff]{3}", statement.zh)
    assert statement.place
    assert statement.kind
    assert set(statement.kind) <= set(KINDS)
    assert statement.en.strip().endswith((".", "?", "!", ")"))


@pytest.mark.parametrize("statement", statements(), ids=lambda statement: str(statement.number))
def test_each_has_an_experiment_or_a_reason_and_not_both(statement):
    assert bool(statement.experiment) != bool(statement.reason)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in statement.experiment)
    assert len(set(statement.experiment)) == len(statement.experiment)


def test_the_words_are_those_of_109_different_statements():
    for language in ("en", "zh"):
        assert len({getattr(statement, language) for statement in statements()}) == 109


@pytest.mark.parametrize("name", NAMES)
def test_a_statement_that_names_an_experiment_is_judged_by_it(name):
    named = {statement.number for statement in statements() if name in statement.experiment}
    assert named == judged(name)
