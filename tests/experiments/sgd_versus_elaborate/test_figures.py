"""Curves by what was spent: one for each method, by passes or by seconds."""

import numpy as np

from dl_jax.evidence.records import Records, measured
from experiments.sgd_versus_elaborate.figures import curves


def records():
    parts = []
    for problem, lowest, test in (("one", 0.001, "test_error_rate"), ("two", 1.0, "test_loss")):
        for method, seconds in (("quick", 0.2), ("slow", 4.0)):
            at = {"problem": problem, "method": method, "seed": 0}
            parts.append(measured({"seconds": seconds}, **at))
            for passes, above in ((1.0, 0.5), (2.0, 0.0)):
                parts.append(measured({"objective": lowest + above, test: passes}, passes=passes, **at))
    return Records.gather(parts)


def test_each_problem_has_a_panel_and_each_method_a_line():
    figure = curves(records(), ("objective",), {"-": ("quick",), "--": ("slow", "absent")})
    assert [ax.get_title() for ax in figure.axes] == ["one", "two: above the lowest"]
    quick, slow = figure.axes[0].lines
    assert list(quick.get_xdata()) == list(slow.get_xdata()) == [1.0, 2.0]
    np.testing.assert_allclose(quick.get_ydata(), [0.501, 0.001])
    np.testing.assert_allclose(figure.axes[1].lines[0].get_ydata(), [0.5, 0.0])
    assert (quick.get_linestyle(), slow.get_linestyle()) == ("-", "--")


def test_each_panel_has_the_metric_of_its_problem():
    figure = curves(records(), ("test_error_rate", "test_loss"), {"-": ("quick",)})
    assert [ax.get_ylabel() for ax in figure.axes] == ["test error rate", "test loss"]


def test_seconds_are_those_of_the_whole_training_in_proportion_to_the_passes():
    figure = curves(records(), ("objective",), {"-": ("quick", "slow")}, seconds=True)
    assert [list(line.get_xdata()) for line in figure.axes[1].lines] == [[0.1, 0.2], [2.0, 4.0]]
