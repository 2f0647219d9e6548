"""The projection of the hidden units, and what the panels of figure 1a contain."""

import numpy as np
from matplotlib.figure import Figure

from experiments.fig1a_space_distortion.figures import draw_diagram, draw_plane, draw_shares, projection


def test_two_units_are_drawn_as_they_are():
    np.testing.assert_array_equal(projection(np.ones((5, 2)), np.array([3.0, 4.0])), np.eye(2))


def test_more_units_are_projected_across_the_boundary_and_along_their_largest_variance():
    generator = np.random.default_rng(0)
    hidden_NxW = generator.normal(size=(500, 3)) * [5.0, 0.1, 3.0]
    basis_2xW = projection(hidden_NxW, np.array([2.0, 0.0, 0.0]))
    np.testing.assert_allclose(basis_2xW @ basis_2xW.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(basis_2xW[0], [1, 0, 0])
    np.testing.assert_allclose(np.abs(basis_2xW[1]), [0, 0, 1], atol=0.01)


def test_the_line_that_is_drawn_is_where_the_score_is_0():
    ax = Figure().subplots()
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9), indexing="ij"), -1)
    draw_plane(ax, grid, np.zeros((2, 2)), np.array([0, 1]), lambda x: x[:, 0] - 0.25)
    line = ax.collections[-1].get_paths()[0].vertices
    np.testing.assert_allclose(line[:, 0], 0.25, atol=1e-9)


def test_the_diagram_has_a_line_for_each_weight_and_shares_have_exact_intervals():
    axes = Figure().subplots(1, 2)
    draw_diagram(axes[0], np.ones((2, 3)), np.ones((3, 1)))
    assert len(axes[0].lines) == 9
    draw_shares(axes[1], ["a", "b"], [np.ones(20), np.zeros(20)], ["red", "blue"])
    assert [text.get_text() for text in axes[1].texts] == ["20 of 20", "0 of 20"]
    np.testing.assert_allclose(axes[1].lines[0].get_xdata(), [0.0025 ** (1 / 20), 1], atol=1e-4)
