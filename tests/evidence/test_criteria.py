"""The fingerprint of criteria: another one whenever what is judged is another, and the same in every process."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dl_jax.evidence.criteria import Criterion, below, equals, exceeds, fingerprint, identity, mostly

MODULE = """
from functools import partial

import numpy as np

from dl_jax.evidence.criteria import Criterion, exceeds
from dl_jax.evidence.estimands import difference, metric

EDGE, LIMIT, TASKS, BEST, NAMES = 0.5, 7, ("xor", "ring"), {"xor": 0.75}, {"relu", "tanh", "logistic"}


def helper(values):
    return list(filter(lambda value: value > LIMIT, values))


def of(machine):
    def estimand(records, offset=1.0):
        return np.mean([records.by_seed(task, machine=machine) - BEST.get(task, 0) for task in TASKS], axis=0)

    return estimand


def control(records):
    return sum(helper(difference(of("net"), metric("error"))(records))) + len(NAMES)


CRITERIA = (
    Criterion(
        71,
        "it holds",
        exceeds(of("linear"), 0.05),
        control=lambda r: control(r)
        - r.by_seed("accuracy", depth=3),
        scope=partial(max, EDGE),
    ),
    Criterion(70, "more", exceeds(difference(lambda r: r.by_seed("loss", layer=1), metric("best", width=8)), 0.1),
        control),
)
"""

CHANGES = {
    "the margin": ("0.05", "0.06"),
    "the direction": ("exceeds", "below"),
    "the words": ("it holds", "it fails"),
    "the statement": ("71,", "70,"),
    "a value closed over": ('of("linear"', 'of("net"'),
    "the body of the estimand": ("np.mean", "np.max"),
    "a default value": ("offset=1.0", "offset=2.0"),
    "a constant that the estimand uses": ('("xor", "ring")', '("xor",)'),
    "a value in a table that it uses": ("0.75", "0.76"),
    "a constant of a function that it calls": ("0.5, 7", "0.5, 8"),
    "a member of a set": ('"logistic"', '"identity"'),
    "the second line of a lambda": ("depth=3", "depth=4"),
    "the body of a function that it calls": ("value > LIMIT", "value >= LIMIT"),
    "a function given to one of the library": ("layer=1", "layer=2"),
    "a value given to one of the library": ("width=8", "width=9"),
    "a value given to a partial function": ("0.5, 7", "0.6, 7"),
    "the scope": ("partial(max", "partial(min"),
}


def mark(folder, source, seed="0"):
    """The fingerprint of a module's criteria, found by a new process."""
    (folder / "planted.py").write_text(source)
    command = (
        "from planted import CRITERIA; from dl_jax.evidence.criteria import fingerprint; print(fingerprint(CRITERIA))"
    )
    here = {
        "PYTHONPATH": f"{folder}:{Path(__file__).parents[2]}",
        "PYTHONHASHSEED": seed,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run([sys.executable, "-c", command], env=here, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def mark_here(source, folder):
    """The same in this process, quicker."""
    number = len(list(folder.iterdir()))
    path = folder / f"planted_{number}.py"
    path.write_text(source)
    space = {"__name__": "planted"}
    exec(compile(source, str(path), "exec"), space)
    return fingerprint(space["CRITERIA"])


@pytest.mark.parametrize("what", CHANGES)
def test_it_changes_with(what, tmp_path):
    old, new = CHANGES[what]
    assert old in MODULE
    changed = MODULE.replace(old, new)
    assert mark_here(MODULE, tmp_path) != mark_here(changed, tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- BEST", "-  BEST"),
        ("    return estimand", "    # a remark\n    return estimand"),
        ("\n\n\ndef of", "\n\ndef of"),
    ],
)
def test_it_does_not_change_with_layout_and_remarks(old, new, tmp_path):
    assert old in MODULE
    assert mark_here(MODULE, tmp_path) == mark_here(MODULE.replace(old, new), tmp_path)


def test_it_is_the_same_in_every_process(tmp_path):
    marks = {mark(tmp_path, MODULE, seed) for seed in ("1", "2")}
    assert len(marks) == 1
    assert len(marks.pop()) == 12


def test_it_depends_on_every_part_of_a_criterion():
    def found(records):
        return records.by_seed("found")

    def other(records):
        return records.by_seed("other")

    first = Criterion("1.it_holds", "it holds", exceeds(found, 0.5), other)
    others = [
        first._replace(key="2.it_holds"),
        first._replace(title="it does not"),
        first._replace(control=found),
        first._replace(scope="digits"),
        first._replace(role="limit"),
        *(first._replace(test=holds) for holds in (below(found, 0.5), exceeds(other, 0.5), exceeds(found, 0.4))),
        first._replace(test=mostly(found, 0.5)),
        first._replace(test=first.test._replace(seeds=6)),
        first._replace(control=partial(other, 1)),
    ]
    marks = [fingerprint([criterion]) for criterion in (first, *others)]
    assert len(set(marks)) == len(marks)
    assert fingerprint([first]) == fingerprint([Criterion("1.it_holds", "it holds", exceeds(found, 0.5), other)])
    assert fingerprint([first, others[0]]) != fingerprint([others[0], first])


def test_comparisons_ask_for_what_their_names_say():
    def estimand(records):
        return np.zeros(1)

    assert exceeds(estimand, 0.1).region == (0.1, np.inf)
    assert below(estimand, 0.1).region == (-np.inf, 0.1)
    assert equals(estimand, 2.0, within=0.5).region == (1.5, 2.5)
    assert mostly(estimand, 0.9).region == (0.9, np.inf)
    assert identity(estimand, 1e-6).region == (-1e-6, 1e-6)
    assert identity(estimand, 1e-6).seeds == 1
    assert all(comparison(estimand, 0.5).seeds == 5 for comparison in (exceeds, below, mostly))
