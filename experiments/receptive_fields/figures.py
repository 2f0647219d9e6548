"""Figures of receptive_fields: where a unit's gradient lies, layer by layer, and how wide it is."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from experiments.receptive_fields.metrics import STATES


def draw(records: Records) -> dict[str, Figure]:
    """The fields of one net as heat maps, and their sides and radii by layer."""
    modules = list(dict.fromkeys(row["module"] for row in records.where(metric="formula_side").rows))
    return {"fields": heat_maps(records, modules), "by_layer": by_layer(records, modules)}


def heat_maps(records: Records, modules: Sequence[str]) -> Figure:
    """The squared gradient of the middle unit of every module by the pixels, for the first seed's net."""
    figure, axes = plots.canvas(2, len(modules), size=(1.9, 2.0))
    seed = records.axis("seed")[0]
    for row, state in zip(axes, STATES, strict=True):
        field_HxWxL = records.array("field", state=state, seed=seed).values
        for ax, name, field_HxW in zip(row, modules, np.moveaxis(field_HxWxL, -1, 0), strict=True):
            ax.imshow(np.sqrt(field_HxW), cmap="magma", vmin=0)
            (formula,) = records.values("formula_side", module=name, kernels="all")
            (start,) = records.values("formula_start", module=name)
            effective = records.values("side_of_95_percent", state=state, module=name, seed=seed)[0]
            centroid = [np.average(np.arange(len(field_HxW)), weights=field_HxW.sum(axis) + 1e-30) for axis in (0, 1)]
            _square(ax, (start + (formula - 1) / 2,) * 2, formula, color="white")
            _square(ax, centroid, effective, color=plots.AMBER, ls="--")
            ax.set(xlim=(-0.5, field_HxW.shape[1] - 0.5), ylim=(field_HxW.shape[0] - 0.5, -0.5), xticks=[], yticks=[])
            ax.set_title(f"{name}\n{formula:g} x {formula:g} pixels", fontsize=8)
        row[0].set_ylabel(state)
    figure.suptitle(
        "Root of the squared gradient of the middle unit by the pixels, one net; white: the formula, "
        "dashed: side that contains 95 %",
        fontsize=9,
    )
    return figure


def _square(ax, centre_2, side, **line):
    """Draw a square around a centre (x, y)."""
    corner_5 = side / 2 * np.array([-1, 1, 1, -1, -1])
    ax.plot(centre_2[0] + corner_5, centre_2[1] + np.roll(corner_5, 1), lw=1, **line)


def by_layer(records: Records, modules: Sequence[str]) -> Figure:
    """Sides and radii of the fields by module: by the formula, untrained and trained."""
    figure, ((sides, radii),) = plots.canvas(1, 2, size=(4.6, 3.6))
    x = range(len(modules))

    def line(ax, fact, colour, label, **at):
        ax.plot(x, [records.values(fact, module=m, **at)[0] for m in modules], "--", color=colour, label=label)

    line(sides, "formula_side", plots.GREY, "by the formula", kernels="all")
    line(radii, "formula_radius", plots.GREY, "if all pixels of the square counted alike")
    line(radii, "random_radius", "black", "predicted for random weights")
    for state, colour in zip(STATES, (plots.BLUE, plots.RED), strict=True):
        side_LxS = [records.by_seed("side_of_95_percent", state=state, module=m) for m in modules]
        radius_LxS = [records.by_seed("radius", state=state, kernels="all", module=m) for m in modules]
        plots.dots(sides, x, side_LxS, colour, f"{state}, side that contains 95 %")
        plots.dots(radii, x, radius_LxS, colour, state)
    for ax, label in ((sides, "side (pixels)"), (radii, "root mean square radius (pixels)")):
        ax.set_xticks(x, modules, rotation=30, ha="right")
        ax.set(ylabel=label, ylim=(0, None))
        ax.legend(fontsize=7, frameon=False)
    figure.suptitle("The field of the formula and the effective field, by the squared gradient", fontsize=9)
    return figure
