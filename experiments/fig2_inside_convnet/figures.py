"""Figure 2: what every module of a convolutional net puts out for one picture, from it at the bottom to the scores."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from dl_jax.report.packed import pictures

IN_A_LINE = 16
"""Filters side by side, at most."""
CELLS = 32
"""Each map is drawn with so many cells a side, or more."""
MOST_SCORES = 7
"""As many classes as the paper's figure names."""
LINE = 90
"""Letters of names and scores that fit a line."""
LEFT, WIDE, HIGH, GAP = 2.0, 9.6, 1.2, 0.45
"""Inches: where the rows begin, how wide they are and how high a line of one at most, and how far apart they are."""


def inside(records: Records, names: Sequence[str]) -> Figure:
    """The maps of the first seed's net, row upon row as in the paper: convolutions in two lines, pooling in one."""
    picture_CxHxW = pictures(records, "picture")
    colours = "red, green and blue" if len(picture_CxHxW) == 3 else "grey"
    told = [
        (f"The picture, and the\n{colours}\nthat enter the net", _enters(pictures(records, "portrait"), picture_CxHxW))
    ]
    heights = [2.2]
    for name in names:
        map_MxHxW = pictures(records, "maps", module=name)
        convolution = name.startswith("convolution")
        size = f"{len(map_MxHxW)} maps of {map_MxHxW.shape[1]} × {map_MxHxW.shape[2]}"
        label = f"{'Convolutions and ReLU' if convolution else 'Max pooling'}\n{size}"
        lines = 2 if convolution else 1
        row = _side_by_side(map_MxHxW, lines)
        told.append((label, row))
        heights.append(min(WIDE * len(row) / len(row[0]), HIGH * lines))
    high, bottom = sum(heights) + GAP * len(heights) + 1.0, 0.35
    figure = Figure(figsize=(LEFT + WIDE + 0.2, high))
    right, middle = figure.get_figwidth(), (LEFT + WIDE / 2) / figure.get_figwidth()
    for (label, row), height in zip(told, heights, strict=True):
        ax = figure.add_axes((LEFT / right, bottom / high, WIDE / right, height / high))
        ax.imshow(row, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        ax.axis("off")
        figure.text(LEFT / 2 / right, (bottom + height / 2) / high, label, ha="center", va="center", fontsize=10)
        bottom += height + GAP
        figure.text(middle, (bottom - GAP / 2) / high, "↑", ha="center", va="center", fontsize=15, color=plots.GREY)
    figure.text(middle, (bottom + 0.2) / high, _scores(records), ha="center", va="center", fontsize=13, weight="bold")
    figure.text(LEFT / 2 / right, (bottom + 0.2) / high, "Scores", ha="center", va="center", fontsize=10)
    figure.text(0.99, 0.1 / high, _told(records), ha="right", va="bottom", fontsize=8, color=plots.GREY)
    return figure


def _enters(portrait_3xHxW, picture_CxHxW):
    """Side by side the picture, and each colour of it as the net is shown it."""
    height, width = portrait_3xHxW.shape[1:]
    times = height // picture_CxHxW.shape[1]
    large_CxHxW = np.repeat(np.repeat(picture_CxHxW, times, 1), times, 2)
    gap, parts = np.full((height, width // 12, 3), 255.0), [np.moveaxis(portrait_3xHxW, 0, -1)]
    for number, level_HxW in enumerate(large_CxHxW):
        tint_3 = np.eye(3)[number] if len(large_CxHxW) == 3 else np.ones(3)
        parts += [gap, level_HxW[..., None] * tint_3]
    return np.clip(np.concatenate(parts, 1) / 255, 0, 1)


def _side_by_side(map_MxHxW, lines):
    """One picture of all maps, in so many lines, with white between them; 1 for what nearly none exceeds."""
    times = max(1, CELLS // map_MxHxW.shape[1])
    most = np.quantile(map_MxHxW, 0.995) or 1.0
    large = np.clip(np.repeat(np.repeat(map_MxHxW / most, times, 1), times, 2), 0, 1)
    edge = max(1, large.shape[1] // 12)
    framed = np.pad(large, ((0, -len(large) % lines), (0, edge), (0, edge)), constant_values=1.0)
    return np.concatenate([np.concatenate(list(line), 1) for line in np.split(framed, lines)])


def _scores(records):
    """The best scores and whose they are, in two lines where one would run over."""
    rows = records.where(metric="score", seed=records.where(metric="picture").rows[0]["seed"]).rows
    best = sorted(rows, key=lambda row: -row["value"])[:MOST_SCORES]
    told = [f"{row['class']} ({row['value']:.1f})" for row in best]
    half = -(-len(told) // 2) if sum(map(len, told)) > LINE else len(told)
    return "\n".join("; ".join(line) for line in (told[:half], told[half:]) if line)


def _told(records):
    seed = records.where(metric="picture").rows[0]["seed"]
    accuracy = records.where(seed=seed).values("test_accuracy")[0]
    name = records.axis("dataset")[0]
    right = f"{100 * accuracy:.0f} % of held-out pictures right"
    return f"Weights learned here from {name}: {right}. White is strong, black is nothing."


def filters(records: Records) -> Figure:
    """The first filters of the first seed's net before and after training, each with its orientation selectivity."""
    seed = records.where(metric="picture").rows[0]["seed"]
    states, here = ("untrained", "trained"), records.where(seed=seed)
    packed = {state: pictures(here, f"filters_{state}") for state in states}
    count = len(here.where(metric="selectivity_trained").rows)
    columns = min(count, IN_A_LINE)
    lines = -(-count // columns)
    figure, axes = plots.canvas(2 * lines, columns, size=(0.72, 0.86))
    for ax in axes.flat:
        ax.axis("off")
    for block, state in enumerate(states):
        part_MxCxKxK = packed[state].reshape(count, -1, *packed[state].shape[1:])
        for number in range(count):
            ax = axes[block * lines + number // columns, number % columns]
            colours = part_MxCxKxK[number]
            ax.imshow(np.moveaxis(colours if len(colours) == 3 else colours[:1].repeat(3, 0), 0, -1).clip(0, 1))
            selectivity = here.values(f"selectivity_{state}", filter=number + 1)[0]
            oriented = here.values(f"is_oriented_{state}", filter=number + 1)[0]
            ax.set_title(f"{selectivity:.2f}", fontsize=7, color=plots.RED if oriented else "black")
    told = "First filters, untrained (above) and trained (below), with their orientation selectivity;\n"
    told += "red: oriented and band-pass"
    shares = [f"{state} {np.mean(records.by_seed(f'oriented_{state}')):.2f}" for state in states]
    told += f". Share of them, mean over seeds: {', '.join(shares)}"
    figure.suptitle(told, fontsize=9)
    return figure


def zeros_and_shifts(records: Records, names: Sequence[str]) -> Figure:
    """How many outputs of each module are exactly 0, and how well its maps follow a shift of the picture."""
    figure, axes = plots.canvas(1, 2, size=(4.8, 3.6))
    panels = (
        (
            (
                ("zeros_untrained", "untrained"),
                ("zeros_trained", "trained"),
                ("zeros_softplus", "trained, softplus instead"),
            )
        ),
        (("miss_whole", "by whole places"), ("miss_one", "by one pixel"), ("miss_dealt", "weights not shared")),
    )
    for ax, lines in zip(axes[0], panels, strict=True):
        for (metric, label), colour in zip(lines, (plots.BLUE, plots.RED, plots.AMBER), strict=True):
            found = [records.by_seed(metric, module=name) for name in names]
            plots.dots(ax, range(len(names)), np.maximum(found, 1e-8) if "miss" in metric else found, colour, label)
        ax.set_xticks(range(len(names)), names, rotation=30, ha="right")
        ax.legend(fontsize=7, frameon=False)
    axes[0, 0].set(ylabel="share of outputs that are exactly 0", ylim=(-0.03, 1.03), title="Rectified outputs")
    axes[0, 1].set(ylabel="unlike the shifted maps (1e-8: exactly alike)", yscale="log", title="The picture shifts")
    return figure
