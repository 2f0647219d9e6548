"""Curves by what was spent: one a method, with the passes or the seconds below them."""

import numpy as np

from dl_jax.evidence.records import Records
from experiments.sgd_versus_elaborate.figures import curves


def rows():
    for problem, lowest in (("one", 0.001), ("two", 1.0)):
        for method, seconds in (("quick", 0.1), ("slow", 2.0)):
            at = {"problem": problem, "method": method, "seed": 0}
            yield {**at, "metric": "seconds_a_pass", "value": seconds}
            for passes, above in ((1.0, 0.5), (2.0, 0.0)):
                yield {**at, "passes": passes, "metric": "loss", "value": lowest + above}


def test_each_problem_has_a_panel_and_each_method_a_line():
    figure = curves(Records(tuple(rows())), "loss", {"-": ("quick",), "--": ("slow", "absent")})
    assert [ax.get_title() for ax in figure.axes] == ["one", "two: above the lowest"]
    quick, slow = figure.axes[0].lines
    assert list(quick.get_xdata()) == list(slow.get_xdata()) == [1.0, 2.0]
    np.testing.assert_allclose(quick.get_ydata(), [0.501, 0.001])
    np.testing.assert_allclose(figure.axes[1].lines[0].get_ydata(), [0.5, 0.0])
    assert (quick.get_linestyle(), slow.get_linestyle()) == ("-", "--")


def test_seconds_are_passes_times_the_seconds_of_one():
    figure = curves(Records(tuple(rows())), "loss", {"-": ("quick", "slow")}, seconds=True)
    assert [list(line.get_xdata()) for line in figure.axes[1].lines] == [[0.1, 0.2], [2.0, 4.0]]
