"""The picture of a benchmark: times, FLOP/s by depth under the measured peak, tiny nets, convolutional nets."""

import io
from functools import partial
from statistics import median

from dl_jax.report.plots import AMBER, BLUE, COLOURS, GREEN, GREY, canvas


def draw(results: dict) -> dict[str, bytes]:
    """Return {"png": ..., "svg": ...}."""
    panels = {"reference": (_times, _rates), "tiny": (_tiny,)}
    panels |= {net: (partial(_images, net),) for net in ("convnet", "lenet5")}
    chosen = [panel for part in results["tasks"] for panel in panels[part]]
    figure, axes = canvas(1, len(chosen))
    for ax, panel in zip(axes[0], chosen, strict=True):
        panel(ax, results)
    machine = results["machine"]
    figure.suptitle(
        f"{results['rounds']} rounds (medians); {machine['cores']} cores of {machine['cpu']}",
        fontsize=9,
    )
    pictures = {kind: io.BytesIO() for kind in ("png", "svg")}
    for kind, file in pictures.items():
        figure.savefig(file, format=kind, dpi=150)
    return {kind: file.getvalue() for kind, file in pictures.items()}


def _times(ax, results):
    """Wall time of every competitor in the reference sweep, split into import, compilation and run."""
    times = results["summary"]["times"]["reference"]
    left = dict.fromkeys(times, 0.0)
    for name, colour in (("import", AMBER), ("compile", GREEN), ("run", BLUE), ("rest", GREY)):
        seconds = {competitor: one[f"{name}_s"]["median"] for competitor, one in times.items() if name != "rest"}
        seconds = seconds or {
            competitor: max(0.0, one["wall_s"]["median"] - left[competitor]) for competitor, one in times.items()
        }
        ax.barh(list(times), list(seconds.values()), left=list(left.values()), color=colour, label=name)
        left = {competitor: left[competitor] + seconds[competitor] for competitor in times}
    for row, one in enumerate(times.values()):
        wall = one["wall_s"]
        ax.plot([wall["min"], wall["max"]], [row, row], color="black", lw=1)
    ax.invert_yaxis()
    ax.set(title=f"Reference sweep, {results['steps']} steps", xlabel="seconds (line: range of the wall time)")
    ax.legend(fontsize=7, frameon=False)


def _rates(ax, results):
    """Useful FLOP/s of the run time, by depth, with the measured peak."""
    raw = results["raw"]
    flops = {part["depth"]: part["flops"] for part in raw[0]["reference"]["library"]["parts"]}
    depths = list(flops)
    for competitor, colour in zip(raw[0]["reference"], COLOURS, strict=False):
        seconds = {
            depth: median(
                p["run_s"] for one in raw for p in one["reference"][competitor]["parts"] if p["depth"] == depth
            )
            for depth in depths
        }
        ax.plot(
            range(len(depths)),
            [flops[d] / seconds[d] / 1e9 for d in depths],
            "o-",
            ms=4,
            color=colour,
            label=competitor,
        )
    peak = {name: value / 1e9 for name, value in results["summary"]["peak_flops_s"].items()}
    ax.axhspan(peak["min"], peak["max"], color=GREY, alpha=0.2, lw=0)
    ax.axhline(peak["median"], color=GREY, ls="--", lw=1, label="matmul peak")
    ax.set_xticks(range(len(depths)), depths)
    ax.set(title="Useful FLOP/s of the run time", xlabel="hidden layers", ylabel="GFLOP/s", ylim=(0, None))
    ax.legend(fontsize=7, frameon=False)


def _tiny(ax, results):
    """Microseconds per step of one tiny net."""
    raw, task = results["raw"], results["tasks"]["tiny"]
    steps = results["steps"] * task["trials"]
    for competitor, colour in zip(raw[0]["tiny"], COLOURS, strict=False):
        values = [
            median(one["tiny"][competitor]["parts"][index]["run_s"] for one in raw) / steps * 1e6
            for index in range(len(task["widths"]))
        ]
        ax.plot(range(len(values)), values, "o-", ms=4, color=colour, label=competitor)
    ax.set_xticks(range(len(task["widths"])), task["widths"])
    ax.set(
        title=f"{task['trials']} tiny nets, {task['steps']} steps",
        xlabel="width",
        ylabel="µs per step and net",
        yscale="log",
    )
    ax.legend(fontsize=7, frameon=False)


def _images(net, ax, results):
    """Milliseconds per step of one convolutional net on all cores; the line is the range over the rounds."""
    task, times = results["tasks"][net], results["summary"]["times"][net]
    steps = task["steps"] * task["seeds"] / 1e3
    for row, (competitor, one) in enumerate(times.items()):
        run = {name: value / steps for name, value in one["run_s"].items()}
        ax.barh(competitor, run["median"], color=COLOURS[row])
        ax.plot([run["min"], run["max"]], [row, row], color="black", lw=1)
    ax.invert_yaxis()
    ax.set(
        title=f"{net}, {task['seeds']} seeds, {task['steps']} steps",
        xlabel=f"ms per step of {task['batch_size']} images, without compilation",
    )
