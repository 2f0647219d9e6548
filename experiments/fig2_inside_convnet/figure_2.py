"""Figure 2: the outputs of every module of a convolutional net, from the picture at the bottom to the scores."""

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots

CELLS = 32
"""Least number of cells along the side of a drawn map."""
MOST_SCORES = 7
"""Number of classes named in the paper's figure."""
LINE = 90
"""Number of letters of names and scores that fit a line."""
LEFT, WIDE, HIGH, GAP = 2.0, 9.6, 1.2, 0.45
"""Inches: the left edge of the rows, their largest width, the largest height of a line, and the gap between rows."""


def figure_2(records: Records, modules: list[str]) -> Figure:
    """The maps of the first seed's net, a row for each module: convolutions in two lines, pooling in one."""
    of_first = records.where(seed=records.axis("seed")[0])
    picture_HxWxC = records.array("picture").values
    colours = "red, green and blue" if picture_HxWxC.shape[-1] == 3 else "grey"
    label = f"The picture, and the\n{colours}\nthat enter the net"
    rows = [(label, _inputs(records.array("portrait").values, picture_HxWxC), 2.2)]
    for name in modules:
        map_MxHxW = np.moveaxis(of_first.array("maps", module=name).values, -1, 0)
        is_convolution = name.startswith("convolution")
        size = f"{len(map_MxHxW)} maps of {map_MxHxW.shape[1]} × {map_MxHxW.shape[2]}"
        lines = 2 if is_convolution else 1
        tiles = _tiled(map_MxHxW, lines)
        height = min(WIDE * len(tiles) / len(tiles[0]), HIGH * lines)
        rows.append((f"{'Convolutions and ReLU' if is_convolution else 'Max pooling'}\n{size}", tiles, height))
    high, bottom = sum(height for *_, height in rows) + GAP * len(rows) + 1.0, 0.35
    figure = Figure(figsize=(LEFT + WIDE + 0.2, high))
    right, middle = figure.get_figwidth(), (LEFT + WIDE / 2) / figure.get_figwidth()
    for label, pixels, height in rows:
        ax = figure.add_axes((LEFT / right, bottom / high, WIDE / right, height / high))
        ax.imshow(pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        ax.axis("off")
        figure.text(LEFT / 2 / right, (bottom + height / 2) / high, label, ha="center", va="center", fontsize=10)
        bottom += height + GAP
        figure.text(middle, (bottom - GAP / 2) / high, "↑", ha="center", va="center", fontsize=15, color=plots.GREY)
    scores = _best_scores(of_first)
    figure.text(middle, (bottom + 0.2) / high, scores, ha="center", va="center", fontsize=13, weight="bold")
    figure.text(LEFT / 2 / right, (bottom + 0.2) / high, "Scores", ha="center", va="center", fontsize=10)
    figure.text(0.99, 0.1 / high, _caption(of_first), ha="right", va="bottom", fontsize=8, color=plots.GREY)
    return figure


def _inputs(portrait_HxWx3, picture_HxWxC):
    """The picture, and beside it each colour channel of the input of the net."""
    height, width = portrait_HxWx3.shape[:2]
    times = height // picture_HxWxC.shape[0]
    large_HxWxC = np.repeat(np.repeat(picture_HxWxC, times, 0), times, 1)
    channels = large_HxWxC.shape[-1]
    gap, parts = np.full((height, width // 12, 3), 255.0), [portrait_HxWx3.astype(float)]
    for channel in range(channels):
        tint_3 = np.eye(3)[channel] if channels == 3 else np.ones(3)
        parts += [gap, large_HxWxC[..., channel, None] * tint_3]
    return np.clip(np.concatenate(parts, 1) / 255, 0, 1)


def _tiled(map_MxHxW, lines):
    """All maps as one picture with this many lines, white between them; 1 is the 99.5 % quantile of all outputs."""
    times = max(1, CELLS // map_MxHxW.shape[1])
    largest = np.quantile(map_MxHxW, 0.995) or 1.0
    large = np.clip(np.repeat(np.repeat(map_MxHxW / largest, times, 1), times, 2), 0, 1)
    edge = max(1, large.shape[1] // 12)
    framed = np.pad(large, ((0, -len(large) % lines), (0, edge), (0, edge)), constant_values=1.0)
    return np.concatenate([np.concatenate(list(line), 1) for line in np.split(framed, lines)])


def _best_scores(records):
    """The best scores and their classes, in two lines where one would be too long."""
    best = sorted(records.where(metric="score").rows, key=lambda row: -row["value"])[:MOST_SCORES]
    texts = [f"{row['class']} ({row['value']:.1f})" for row in best]
    half = -(-len(texts) // 2) if sum(map(len, texts)) > LINE else len(texts)
    return "\n".join("; ".join(line) for line in (texts[:half], texts[half:]) if line)


def _caption(records):
    accuracy, name = records.values("test_accuracy")[0], records.axis("dataset")[0]
    correct = f"{100 * accuracy:.0f} % of held-out pictures correct"
    return f"Weights trained here on {name}: {correct}. White is a large output, black is 0."
