"""Medians and ranges over rounds, the ratios of the goals P1 to P10, and a table of them."""

from collections.abc import Callable
from statistics import fmean, median

TIMES = ("wall_s", "import_s", "compile_s", "run_s", "cpu_s", "rss_mb", "programs")
AIMS = {
    "P1": ("reference sweep against torch eager at its defaults", 2.5, 3.0),
    "P2": ("reference sweep against torch, one pinned process per core", 1.7, 2.0),
    "P3": ("reference sweep against flax, a jitted step per batch", 2.5, 3.0),
    "P4": ("useful FLOP/s over the pinned matmul peak, whole sweep", None, 0.75),
    "P4 depth 20": ("the same at depth 20", None, 0.8),
    "P6 width 2": ("tiny nets against torch eager at its defaults, per trial", 100, 200),
    "P6 width 8": ("the same at width 8", None, 100),
    "P6 width 32": ("the same at width 32", None, 50),
    "P10 convnet": (
        "conv5x5x32-pool-conv5x5x64-pool-fc256 against torch, channels last, its default threads",
        0.7,
        1.0,
    ),
    "P10 convnet pinned": ("the same against one pinned process per core", 0.7, 1.0),
    "P10 lenet5": ("LeNet-5 against torch, channels last, its default threads", 0.7, 1.0),
    "P10 lenet5 pinned": ("the same against one pinned process per core", 0.7, 1.0),
}
"""Comparison, present target, and goal, by name."""


def summary(rounds: list[dict]) -> dict:
    """Return the times of all competitors, the ratios within each round, and the results of the trainings."""
    parts = [part for part in ("reference", "tiny", "convnet", "lenet5") if part in rounds[0]]
    times = {
        part: {
            competitor: {name: spread([one[part][competitor][name] for one in rounds]) for name in TIMES}
            for competitor in rounds[0][part]
        }
        for part in parts
    }
    compared = {name: {"with_compile": whole, "run_only": run} for name, whole, run in _ratios(rounds)}
    return {
        "peak_flops_s": spread([one["peak"]["flops_s"] for one in rounds]),
        "load_average": spread([one["load_average"] for one in rounds]),
        "times": times,
        "ratios": compared,
        "ends": {part: _ends(rounds[0][part]) for part in parts},
    }


def spread(values: list[float]) -> dict[str, float]:
    """Return median, min and max."""
    return {"median": median(values), "min": min(values), "max": max(values)}


def _ratios(rounds):
    """Yield (name, ratio of whole processes, ratio of run times) for each goal that was measured."""

    def over(with_compile: Callable, run_only: Callable):
        return spread([with_compile(one) for one in rounds]), spread([run_only(one) for one in rounds])

    if "reference" in rounds[0]:
        for name, peer in (("P1", "torch"), ("P2", "torch pinned"), ("P3", "flax")):
            if peer in rounds[0]["reference"]:
                whole, run = (lambda one, t=t, p=peer: _quotient(one["reference"], p, t) for t in ("wall_s", "run_s"))
                yield name, *over(whole, run)
        whole, run = (lambda one, t=t: _share(one, one["reference"]["library"], t) for t in ("wall_s", "run_s"))
        yield "P4", *over(whole, run)
        if 20 in [part["depth"] for part in rounds[0]["reference"]["library"]["parts"]]:
            whole, run = (lambda one, t=t: _share(one, _deep(one), t) for t in (None, "run_s"))
            yield "P4 depth 20", *over(whole, run)
    if "torch" in rounds[0].get("tiny", {}):
        for index, part in enumerate(rounds[0]["tiny"]["library"]["parts"]):
            whole, run = (lambda one, n=index, t=t: _a_trial(one["tiny"], n, t) for t in (True, False))
            yield f"P6 width {part['width']}", *over(whole, run)
    for net in ("convnet", "lenet5"):
        for goal, peer in ((f"P10 {net}", "torch"), (f"P10 {net} pinned", "torch pinned")):
            if peer in rounds[0].get(net, {}):
                whole, run = (lambda one, n=net, t=t, p=peer: _quotient(one[n], p, t) for t in ("wall_s", "run_s"))
                yield goal, *over(whole, run)


def _quotient(measured, peer, time):
    return measured[peer][time] / measured["library"][time]


def _a_trial(measured, index, with_compile):
    theirs, ours = (measured[competitor]["parts"][index] for competitor in ("torch", "library"))
    return theirs["run_s"] / (ours["run_s"] + (ours["compile_s"] if with_compile else 0.0))


def _deep(one):
    return next(part for part in one["reference"]["library"]["parts"] if part["depth"] == 20)


def _share(one, part, time=None):
    """Return useful FLOP/s over the peak of the same round; compile and run time if `time` is None."""
    seconds = part[time] if time else part["compile_s"] + part["run_s"]
    return part["flops"] / seconds / one["peak"]["flops_s"]


def _ends(measured):
    """Return means over seeds by competitor and cell, and the cell with the largest difference from the library."""

    def means(cells, metric):
        axes = [name for name in ("depth", "nonlinearity", "width", "net") if name in cells[0]]
        groups = {}
        for cell in cells:
            groups.setdefault(" ".join(str(cell[name]) for name in axes), []).append(cell[metric])
        return {group: fmean(values) for group, values in groups.items()}

    ends = {}
    for competitor, one in measured.items():
        ends[competitor] = {metric: means(one["cells"], metric) for metric in ("test_accuracy", "train_loss")}
        for metric, by_cell in list(ends[competitor].items()):
            ours = ends["library"][metric]
            differences = {cell: by_cell[cell] - ours[cell] for cell in ours if cell in by_cell}
            worst = max(differences, key=lambda cell: abs(differences[cell]))
            ends[competitor][f"{metric}_mean"] = fmean(by_cell.values())
            ends[competitor][f"{metric}_furthest"] = {"cell": worst, "from_library": differences[worst]}
    return ends


def table(measured: dict) -> str:
    """Return the summary as text, medians with their range."""

    def span(value, form=".1f"):
        return f"{value['median']:{form}} ({value['min']:{form}}-{value['max']:{form}})"

    peak = {name: value / 1e9 for name, value in measured["peak_flops_s"].items()}
    load = span(measured["load_average"])
    lines = ["", f"matmul peak, all cores pinned: {span(peak, '.0f')} GFLOP/s; load average before each round: {load}"]
    for part, competitors in measured["times"].items():
        names = ("wall_s", "import_s", "compile_s", "run_s", "cpu_s", "rss_mb")
        lines += ["", f"{part:14}" + "".join(f"{name:>22}" for name in names) + f"{'programs':>10}"]
        for competitor, times in competitors.items():
            row = "".join(f"{span(times[name]):>22}" for name in names)
            lines.append(f"{competitor:14}{row}{times['programs']['median']:10.0f}")
        for competitor, ends in measured["ends"][part].items():
            furthest = ends["test_accuracy_furthest"]
            note = (
                ""
                if competitor == "library"
                else f"; {furthest['from_library']:+.3f} from the library at {furthest['cell']}"
            )
            lines.append(
                f"{competitor:14}mean test accuracy {ends['test_accuracy_mean']:.3f}, "
                f"mean training loss {ends['train_loss_mean']:.3f}{note}"
            )
    lines += ["", f"{'goal':20}{'with compiling':>24}{'run alone':>24}{'target':>9}{'goal':>7}  what"]
    for name, ratio in measured["ratios"].items():
        what, aim, goal = AIMS.get(name, ("", None, None))
        numbers = "".join(f"{span(ratio[kind], '.2f'):>24}" for kind in ("with_compile", "run_only"))
        lines.append(f"{name:20}{numbers}{aim or '':>9}{goal or '':>7}  {what}")
    lines.append("With compiling: whole processes for P1 to P4 and P10; compile and run time for P4 depth 20 and P6.")
    return "\n".join(lines)
