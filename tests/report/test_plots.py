"""What the plots draw: means, ranges, confidence intervals and blank cells, read back from the axes."""

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from dl_jax.report.learning_curves import learning_curve


def records(value):
    """Three seeds at two steps and two depths; value: (seed, step, depth) -> number."""
    rows = [
        {"metric": "loss", "seed": seed, "step": step, "depth": depth, "value": float(value(seed, step, depth))}
        for seed in range(3)
        for step in (10, 20)
        for depth in (1, 2)
    ]
    return Records(tuple(rows))


def test_learning_curve_is_the_mean_with_the_range_of_the_seeds():
    _, ((ax,),) = plots.canvas()
    learning_curve(ax, records(lambda seed, step, depth: step + seed).where(depth=1), "loss", "red", "a", per_step=32)
    (line,), (band,) = ax.lines, ax.collections
    np.testing.assert_allclose(line.get_xdata(), [320, 640])
    np.testing.assert_allclose(line.get_ydata(), [11, 21])
    vertices = band.get_paths()[0].vertices
    assert {tuple(point) for point in vertices} >= {(320.0, 10.0), (320.0, 12.0), (640.0, 20.0), (640.0, 22.0)}


def test_dots_draw_every_seed_and_the_means():
    _, ((ax,),) = plots.canvas()
    plots.dots(ax, [1, 2], [np.array([0.0, 2.0]), np.array([4.0, 6.0])], "red")
    *dots, line = ax.lines
    assert [point for each in dots for point in each.get_ydata()] == [0.0, 2.0, 4.0, 6.0]
    np.testing.assert_array_equal(line.get_ydata(), [1.0, 5.0])


def test_the_interval_is_that_of_the_median():
    assert plots.median_and_interval(np.arange(13.0)) == (6.0, "\n1.000 to 11.000")
    assert plots.median_and_interval(np.arange(3.0)) == (1.0, "")


def test_record_map_has_a_cell_for_each_pair_and_leaves_missing_ones_blank():
    _, ((ax,),) = plots.canvas()
    image = plots.record_map(
        ax, records(lambda seed, step, depth: 10 * depth + step), "loss", ("depth", (1, 2, 3)), ("step", (10, 20))
    )
    np.testing.assert_array_equal(image.get_array().filled(np.nan), [[20, 30], [30, 40], [np.nan, np.nan]])
    assert [text.get_text() for text in ax.texts] == [f"{value}.000" for value in (20, 30, 30, 40)]


@pytest.mark.parametrize(("shape", "count"), [((1, 1), 1), ((2, 3), 6)])
def test_canvas_returns_axes_by_row_and_column(shape, count):
    figure, axes = plots.canvas(*shape, size=(2.0, 1.0))
    assert axes.shape == shape
    assert len(figure.axes) == count
    np.testing.assert_allclose(figure.get_size_inches(), (2.0 * shape[1], 1.0 * shape[0]))
