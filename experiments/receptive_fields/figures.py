"""Receptive fields: where a unit's gradient lies, layer by layer, and how far it reaches."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from dl_jax.report.packed import pictures

STATES = ("untrained", "trained")


def heat_maps(records: Records, modules: Sequence[str]) -> Figure:
    """The squared gradient of the middle unit of every module by the pixels, for the first seed's net."""
    figure, axes = plots.canvas(2, len(modules), size=(1.9, 2.0))
    for row, state in zip(axes, STATES, strict=True):
        for ax, name, field_HxW in zip(row, modules, pictures(records, f"field_{state}"), strict=True):
            ax.imshow(np.sqrt(field_HxW), cmap="magma", vmin=0)
            formula, start = (records.values(metric, module=name)[0] for metric in ("formula_side", "formula_from"))
            seed = records.where(metric=f"field_{state}").rows[0]["seed"]
            effective = records.values(f"side_{state}", module=name, seed=seed)[0]
            centroid = [np.average(np.arange(len(field_HxW)), weights=field_HxW.sum(axis) + 1e-30) for axis in (0, 1)]
            _square(ax, (start + (formula - 1) / 2,) * 2, formula, color="white")
            _square(ax, centroid, effective, color=plots.AMBER, ls="--")
            ax.set_xlim(-0.5, field_HxW.shape[1] - 0.5)
            ax.set_ylim(field_HxW.shape[0] - 0.5, -0.5)
            ax.set_xticks([])
            ax.set_yticks([])
            ax.set_title(f"{name}\n{formula:g} x {formula:g} pixels", fontsize=8)
        row[0].set_ylabel(state)
    figure.suptitle(
        "Root of the squared gradient of the middle unit by the pixels, one net; white: the formula, "
        "dashed: side of 95 %",
        fontsize=9,
    )
    return figure


def _square(ax, centre_2, side, **line):
    """x before y."""
    corner_5 = side / 2 * np.array([-1, 1, 1, -1, -1])
    ax.plot(centre_2[0] + corner_5, centre_2[1] + np.roll(corner_5, 1), lw=1, **line)


def by_layer(records: Records, modules: Sequence[str]) -> Figure:
    """Sides and radii of the fields, from module to module: by the formula, untrained and trained."""
    figure, axes = plots.canvas(1, 2, size=(4.6, 3.6))
    places = range(len(modules))
    kinds = (
        ("side", "formula_side", "by the formula", "side (pixels)"),
        ("radius", "formula_radius", "if all its pixels counted alike", "root mean square radius (pixels)"),
    )
    for ax, (kind, formula, told, label) in zip(axes[0], kinds, strict=True):
        lines = [(formula, plots.GREY, told)]
        lines += [("random_radius", "black", "predicted for random weights")] if kind == "radius" else []
        for metric, colour, name in lines:
            ax.plot(places, [records.values(metric, module=m).mean() for m in modules], "--", color=colour, label=name)
        for state, colour in zip(STATES, (plots.BLUE, plots.RED), strict=True):
            found = [records.by_seed(f"{kind}_{state}", module=module) for module in modules]
            plots.dots(ax, places, found, colour, f"{state}{', 95 % of it' if kind == 'side' else ''}")
        ax.set_xticks(places, modules, rotation=30, ha="right")
        ax.set(ylabel=label, ylim=(0, None))
        ax.legend(fontsize=7, frameon=False)
    figure.suptitle("The field of the formula and what is effective of it, by the squared gradient", fontsize=9)
    return figure
