"""Figure 1b with numbers, and how well the product of two derivatives predicts dz."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report.plots import AMBER, BLUE, GREEN, GREY, RED

INK = "#1a202c"


def draw_chain(records: Records, wrong: str, nonlinearity: str = "tanh") -> Figure:
    """Draw the chain with the first seed's numbers, the remainder over dx, and the errors for vectors.

    wrong:        the chain that is drawn beside the product, as a control.
    nonlinearity: of the chain with numbers.
    """
    figure = Figure(figsize=(12.4, 4.1), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.0, 1.15, 1.35))
    _numbers(left, records.where(seed=records.axis("seed")[0], nonlinearity=nonlinearity), nonlinearity)
    _remainders(middle, records, wrong)
    _vectors(right, records)
    for ax in (middle, right):
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=8)
    return figure


def _numbers(ax: Axes, records: Records, nonlinearity: str):
    """Draw panel b as in the paper, with x at the bottom and z at the top."""

    def of(metric, variable):
        return float(records.by_seed(metric, variable=variable)[0])

    ax.set(xlim=(0, 10), ylim=(0, 10))
    ax.axis("off")
    ax.set_title(f"one small change, {nonlinearity}", fontsize=10)
    for name, height in (("x", 3.6), ("y", 6.2), ("z", 8.8)):
        ax.plot(1.4, height, "o", ms=27, mfc="white", mec=INK, mew=1.3)
        ax.text(1.4, height, f"${name}$", ha="center", va="center", fontsize=13, color=INK)
        ax.text(2.7, height + 0.28, f"${name} = {of('value', name):.4f}$", va="center", fontsize=9.5, color=INK)
        delta = f"$\\Delta {name} = {of('change', name):+.4f}$"
        ax.text(2.7, height - 0.36, delta, va="center", fontsize=9.5, color=BLUE)
    for (above, below), height in ((("y", "x"), 4.9), (("z", "y"), 7.5)):
        ax.annotate(
            "", (1.4, height + 0.62), (1.4, height - 0.62), arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.3}
        )
        slope = of("derivative", above)
        text = f"$\\partial {above}/\\partial {below} = {slope:.4f}$"
        ax.text(2.0, height, text, va="center", fontsize=9.5, color=GREEN)
    dz_dy, dy_dx, dx = of("derivative", "z"), of("derivative", "y"), of("change", "x")
    product = dz_dy * dy_dx * dx
    rule = r"$\Delta z \approx \dfrac{\partial z}{\partial y}\,\dfrac{\partial y}{\partial x}\,\Delta x$"
    ax.text(0.3, 1.9, rule, va="center", fontsize=10.5, color=INK)
    numbers = f"$= {dz_dy:.4f} \\times {dy_dx:.4f} \\times {dx:.1f} = {product:+.4f}$"
    ax.text(0.3, 0.75, numbers, va="center", fontsize=10.5, color=INK)
    ax.text(0.3, 0.0, f"remainder: {of('change', 'z') - product:+.4f}", va="center", fontsize=9.5, color=RED)


def _remainders(ax: Axes, records: Records, wrong: str):
    """Draw the remainder over dx, a thin line for each seed, beside guides of slope 1 and 2."""
    steps = np.asarray(records.axis("dx"))

    def lines(nonlinearity, chain, colour, label):
        where = {"nonlinearity": nonlinearity, "chain": chain}
        value_XxS = np.asarray([records.by_seed("remainder", dx=dx, **where) for dx in steps])
        value_XxS = np.where(value_XxS > 0, value_XxS, np.nan)
        for value_X in value_XxS.T:
            ax.loglog(steps, value_X, color=colour, lw=0.7, alpha=0.35)
        ax.loglog(steps, np.sqrt(np.nanmean(value_XxS**2, 1)), color=colour, lw=1.8, label=label)

    lines("tanh", wrong, RED, f"tanh, {wrong}: control")
    lines("relu", "product", AMBER, "relu, with a kink: product")
    lines("logistic", "product", GREEN, "logistic: product")
    lines("tanh", "product", BLUE, "tanh: product")
    for power, start, at in ((1, 3.0, 3e-5), (2, 4e-3, 3e-5)):
        ax.loglog(steps, start * steps**power, "--", color=GREY, lw=0.9, zorder=0)
        ax.text(
            at,
            start * at**power,
            f"  slope {power}  ",
            color=GREY,
            fontsize=8,
            ha="right" if power == 1 else "left",
            va="bottom" if power == 1 else "top",
        )
    ax.set(xlabel=r"$\Delta x$", ylim=(1e-17, 30))
    ax.set_title("remainder of $\\Delta z$ (float64, root mean square)", fontsize=10)
    ax.legend(fontsize=7.5, frameon=False, loc="lower right")


def _vectors(ax: Axes, records: Records):
    """Draw the relative errors of the product of Jacobians, and of wrong products, by oracle."""
    oracles = ("jacfwd", "jacrev", "jvp", "vjp", "finite_differences")
    chains = [chain for chain in records.where(metric="relative_error").axis("chain") if chain != "product"]
    for row, oracle in enumerate(oracles):
        for precision, colour, shift in (("float32", AMBER, 0.15), ("float64", BLUE, -0.15)):
            found = records.where(metric="relative_error", oracle=oracle, precision=precision)
            for chain, marker, tone in (("product", "o", colour), *((chain, "x", RED) for chain in chains)):
                value = np.maximum(found.values("relative_error", chain=chain), 1e-17)
                ax.semilogx(value, np.full(len(value), row + shift), marker, color=tone, ms=4, alpha=0.6, mew=0.9)
    for precision, colour, eps in (("float32", AMBER, 2.0**-23), ("float64", BLUE, 2.0**-52)):
        ax.axvline(eps, color=colour, lw=0.9, ls="--", zorder=0)
        ax.text(eps, -0.75, f" eps of {precision}", color=colour, fontsize=7.5, ha="center")
    ax.text(0.3, -0.75, "×: wrong products", color=RED, fontsize=7.5, ha="center")
    ax.set(ylim=(4.5, -1.1), xlim=(3e-18, 20), xlabel="relative error (leftmost: exactly 0)")
    ax.set_yticks(range(len(oracles)), [oracle.replace("_", "\n") for oracle in oracles])
    ax.set_title(r"vectors: $J_{zy}\,J_{yx}$ against the derivative of the whole", fontsize=10)
