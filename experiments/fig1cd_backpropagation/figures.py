"""Panels c and d of figure 1: the equations as printed, each with its relative errors; and what is learned by them."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from dl_jax.evidence.records import Records
from dl_jax.report.plots import AMBER, BLUE, GREEN, GREY, RED, canvas

FORMULAS = {
    "total_input": r"$z_k = \sum_j w_{jk}\, y_j$",
    "output": r"$y_k = f(z_k)$",
    "cost_derivative": r"$\dfrac{\partial E}{\partial y_l} = y_l - t_l$",
    "into_total_input": r"$\dfrac{\partial E}{\partial z_k} = \dfrac{\partial E}{\partial y_k}\, f'(z_k)$",
    "to_outputs_below": r"$\dfrac{\partial E}{\partial y_j} = \sum_k w_{jk}\, \dfrac{\partial E}{\partial z_k}$",
    "weight_derivative": r"$\dfrac{\partial E}{\partial w_{jk}} = y_j\, \dfrac{\partial E}{\partial z_k}$",
}
PANELS = {"c   forward": ("total_input", "output"), "d   backward": tuple(FORMULAS)[2:]}
PRECISIONS = {"float32": (AMBER, 2.0**-23, 0.14), "float64": (BLUE, 2.0**-52, -0.14)}
LEFTMOST = 2e-18
"""Where an error of exactly 0 is drawn."""


def draw_equations(records: Records, numbers: Mapping[int, tuple[str, str]]) -> Figure:
    """Draw each equation with its errors by precision, and the errors of its mutations.

    numbers: number of a statement -> (name of its equation, the equation in words).
    """
    figure = Figure(figsize=(12.0, 8.2), layout="constrained")
    axes = figure.subplots(2, 2, width_ratios=(1.0, 2.6), height_ratios=[len(panel) for panel in PANELS.values()])
    statement = {name: number for number, (name, _) in numbers.items()}
    for (left, right), (title, equations) in zip(axes, PANELS.items(), strict=True):
        _formulas(left, title, equations, statement)
        _errors(right, records, equations)
    axes[0, 1].set_title("relative error against the oracles, every seed and nonlinearity", fontsize=10)
    axes[1, 1].set_xlabel("relative error, scaled by norms (at the left edge: exactly 0)", fontsize=9)
    return figure


def _formulas(ax: Axes, title: str, equations: tuple[str, ...], statement: Mapping[str, int]):
    ax.set(xlim=(0, 10), ylim=(len(equations) - 0.5, -0.5))
    ax.axis("off")
    ax.set_title(title, loc="left", fontsize=13, fontweight="bold")
    for row, equation in enumerate(equations):
        ax.add_patch(
            FancyBboxPatch(
                (0.2, row - 0.36), 9.2, 0.72, boxstyle="round,pad=0,rounding_size=0.1", fc="#f7fafc", ec="#cbd5e0"
            )
        )
        ax.text(4.8, row, FORMULAS[equation], ha="center", va="center", fontsize=15)
        ax.text(0.5, row - 0.26, f"{statement[equation]}", ha="left", va="center", fontsize=8, color=GREY)


def _errors(ax: Axes, records: Records, equations: tuple[str, ...]):
    records = records.where(metric="relative_error")
    markers = {"linen": "o", "grad": "o", "jacobians": "s", "finite_differences": "^"}
    for row, equation in enumerate(equations):
        here = records.where(equation=equation)
        for precision, (colour, _, shift) in PRECISIONS.items():
            of_precision = here.where(precision=precision)
            for oracle in of_precision.axis("oracle"):
                value = np.maximum(of_precision.values("relative_error", oracle=oracle, mutation="none"), LEFTMOST)
                style = {"mfc": "none"} if oracle == "finite_differences" else {"mew": 0}
                ax.semilogx(
                    value, np.full(len(value), row + shift), markers[oracle], color=colour, ms=4.5, alpha=0.55, **style
                )
        mutations = [name for name in here.axis("mutation") if name != "none"]
        for at, mutation in enumerate(mutations):
            value = here.values("relative_error", mutation=mutation)
            height = row + 0.64 * ((at + 0.5) / len(mutations) - 0.5)
            ax.semilogx(value, np.full(len(value), height), "x", color=RED, ms=3.5, mew=0.8, alpha=0.6)
            ax.text(6e1, height, mutation, color=RED, fontsize=7.5, va="center")
        if row:
            ax.axhline(row - 0.5, color="#e2e8f0", lw=0.8)
    for precision, (colour, eps, _) in PRECISIONS.items():
        ax.axvline(eps, color=colour, lw=0.9, ls="--", zorder=0)
        ax.text(eps, -0.47, f" eps, {precision}", color=colour, fontsize=7.5, va="top")
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.set(xlim=(LEFTMOST / 2, 1e6), ylim=(len(equations) - 0.5, -0.5), yticks=[])
    ax.set_xticks([10.0**power for power in range(-16, 1, 4)])
    ax.tick_params(labelsize=8)
    if "output" in equations:
        handles = [ax.plot([], [], m, color=GREY, ms=5, mfc=GREY if m != "^" else "none")[0] for m in "os^"]
        handles += ax.plot([], [], "x", color=RED, ms=5)
        names = ("linen (c), jax.grad (d)", "explicit Jacobians", "central differences", "with a mistake")
        ax.legend(handles, names, fontsize=7.5, frameon=False, loc="center", bbox_to_anchor=(0.37, 0.5))


def draw_learning(records: Records) -> Figure:
    """Draw the share of the loss on digits that is removed, and test accuracy with and without biases, a dot a seed."""
    figure, axes = canvas(1, 2, size=(4.8, 3.4))
    ways = (
        ("gradient\nas printed", "gradient", "weights", BLUE),
        ("gradient, random\nfeedback", "gradient", "random", GREEN),
        ("random\ndirection", "random direction", "weights", RED),
        ("no\nupdate", "no update", "weights", GREY),
    )
    for at, (_, direction, feedback, colour) in enumerate(ways):
        _dots(axes[0, 0], at, records.values("loss_removed", direction=direction, feedback=feedback), colour)
    axes[0, 0].axhline(0, color=GREY, lw=0.8, ls="--", zorder=0)
    axes[0, 0].set_xticks(range(len(ways)), [name for name, *_ in ways], fontsize=7.5)
    axes[0, 0].set_ylabel("share of the training loss removed")
    axes[0, 0].set_title("direction of the update (7)", fontsize=10)
    ticks, labels, at = [], [], 0.0
    for distance in records.axis("distance"):
        for nonlinearity, label in (("identity", "linear"), ("relu", "relu"), ("tanh", "tanh")):
            for biases, colour, shift in ((1, BLUE, -0.12), (0, RED, 0.12)):
                where = {"distance": distance, "nonlinearity": nonlinearity, "biases": biases}
                _dots(axes[0, 1], at + shift, records.values("test_accuracy", **where), colour)
            ticks, labels, at = [*ticks, at], [*labels, label], at + 1
        where = "through the origin" if distance == 0 else f"{distance:g} from the origin"
        axes[0, 1].text(at - 2, 1.025, f"boundary {where}", ha="center", fontsize=8)
        at += 0.6
    axes[0, 1].set_xticks(ticks, labels, fontsize=8)
    axes[0, 1].set(ylim=(0.45, 1.06), ylabel="test accuracy on a half-space")
    axes[0, 1].text(0.0, 0.5, "with biases", color=BLUE, fontsize=8.5, va="bottom")
    axes[0, 1].text(0.0, 0.47, "without", color=RED, fontsize=8.5, va="bottom")
    axes[0, 1].set_title("biases, omitted for simplicity (84)", fontsize=10)
    return figure


def _dots(ax: Axes, at: float, value_S: np.ndarray, colour: str):
    ax.plot(np.full(len(value_S), at), value_S, "o", color=colour, ms=4, alpha=0.5, mew=0)
    ax.plot([at - 0.1, at + 0.1], [np.mean(value_S)] * 2, color=colour, lw=2)
