"""From raw rounds to medians with their range, the ratios of the goals P1 to P10, and a table."""

from collections.abc import Callable
from statistics import fmean, median

TIMES = ("wall_s", "import_s", "compile_s", "run_s", "cpu_s", "rss_mb", "programs")
AIMS = {
    "P1": ("reference sweep against torch eager at its defaults", 2.5, 3.0),
    "P2": ("reference sweep against torch, one pinned process a core", 1.7, 2.0),
    "P3": ("reference sweep against flax, a jitted step a batch", 2.5, 3.0),
    "P4": ("useful FLOP/s over the pinned matmul peak, whole sweep", None, 0.75),
    "P4 depth 20": ("the same at depth 20", None, 0.8),
    "P6 width 2": ("tiny nets against torch eager at its defaults, a trial", 100, 200),
    "P6 width 8": ("the same at width 8", None, 100),
    "P6 width 32": ("the same at width 32", None, 50),
    "P10 convnet": (
        "conv5x5x32-pool-conv5x5x64-pool-fc256 against torch, channels last, its default threads",
        0.7,
        1.0,
    ),
    "P10 convnet pinned": ("the same against one pinned process a core", 0.7, 1.0),
    "P10 lenet5": ("LeNet-5 against torch, channels last, its default threads", 0.7, 1.0),
    "P10 lenet5 pinned": ("the same against one pinned process a core", 0.7, 1.0),
}
"""What is compared, the aim now, and the goal."""


def summary(rounds: list[dict]) -> dict:
    """Times of every competitor, the ratios, and how alike their trainings end. Ratios are taken within a round."""
    parts = [part for part in ("reference", "tiny", "convnet", "lenet5") if part in rounds[0]]
    times = {
        part: {
            who: {name: spread([one[part][who][name] for one in rounds]) for name in TIMES} for who in rounds[0][part]
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
    """Median, min and max over the rounds."""
    return {"median": median(values), "min": min(values), "max": max(values)}


def _ratios(rounds):
    """(name, with everything included, run time alone) for each goal that these rounds can answer."""

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
        for place, part in enumerate(rounds[0]["tiny"]["library"]["parts"]):
            whole, run = (lambda one, n=place, t=t: _a_trial(one["tiny"], n, t) for t in (True, False))
            yield f"P6 width {part['width']}", *over(whole, run)
    for net in ("convnet", "lenet5"):
        for goal, peer in ((f"P10 {net}", "torch"), (f"P10 {net} pinned", "torch pinned")):
            if peer in rounds[0].get(net, {}):
                whole, run = (lambda one, n=net, t=t, p=peer: _quotient(one[n], p, t) for t in ("wall_s", "run_s"))
                yield goal, *over(whole, run)


def _quotient(found, peer, time):
    return found[peer][time] / found["library"][time]


def _a_trial(found, place, with_compile):
    theirs, ours = (found[who]["parts"][place] for who in ("torch", "library"))
    return theirs["run_s"] / (ours["run_s"] + (ours["compile_s"] if with_compile else 0.0))


def _deep(one):
    return next(part for part in one["reference"]["library"]["parts"] if part["depth"] == 20)


def _share(one, part, time=None):
    """Useful FLOP/s over the peak of the same round; without a name of a time, compiling and running together."""
    seconds = part[time] if time else part["compile_s"] + part["run_s"]
    return part["flops"] / seconds / one["peak"]["flops_s"]


def _ends(found):
    """Mean end of training by competitor and cell (over seeds), and how far each is from the library at most."""

    def means(cells, metric):
        axes = [name for name in ("depth", "nonlinearity", "width", "net") if name in cells[0]]
        groups = {}
        for cell in cells:
            groups.setdefault(" ".join(str(cell[name]) for name in axes), []).append(cell[metric])
        return {group: fmean(values) for group, values in groups.items()}

    ends = {}
    for who, one in found.items():
        ends[who] = {metric: means(one["cells"], metric) for metric in ("test_accuracy", "train_loss")}
        for metric, by_cell in list(ends[who].items()):
            ours = ends["library"][metric]
            apart = {cell: by_cell[cell] - ours[cell] for cell in ours if cell in by_cell}
            worst = max(apart, key=lambda cell: abs(apart[cell]))
            ends[who][f"{metric}_mean"] = fmean(by_cell.values())
            ends[who][f"{metric}_furthest"] = {"cell": worst, "from_library": apart[worst]}
    return ends


def table(found: dict) -> str:
    """The whole summary for a screen, medians with their range."""

    def span(value, form=".1f"):
        return f"{value['median']:{form}} ({value['min']:{form}}-{value['max']:{form}})"

    peak = {name: value / 1e9 for name, value in found["peak_flops_s"].items()}
    load = span(found["load_average"])
    lines = ["", f"matmul peak, all cores pinned: {span(peak, '.0f')} GFLOP/s; load average before each round: {load}"]
    for part, competitors in found["times"].items():
        names = ("wall_s", "import_s", "compile_s", "run_s", "cpu_s", "rss_mb")
        lines += ["", f"{part:14}" + "".join(f"{name:>22}" for name in names) + f"{'programs':>10}"]
        for who, times in competitors.items():
            row = "".join(f"{span(times[name]):>22}" for name in names)
            lines.append(f"{who:14}{row}{times['programs']['median']:10.0f}")
        for who, ends in found["ends"][part].items():
            far = ends["test_accuracy_furthest"]
            note = "" if who == "library" else f"; {far['from_library']:+.3f} from the library at {far['cell']}"
            lines.append(
                f"{who:14}mean test accuracy {ends['test_accuracy_mean']:.3f}, "
                f"mean training loss {ends['train_loss_mean']:.3f}{note}"
            )
    lines += ["", f"{'goal':20}{'with compiling':>24}{'run alone':>24}{'aim now':>9}{'goal':>7}  what"]
    for name, ratio in found["ratios"].items():
        what, aim, goal = AIMS.get(name, ("", None, None))
        numbers = "".join(f"{span(ratio[kind], '.2f'):>24}" for kind in ("with_compile", "run_only"))
        lines.append(f"{name:20}{numbers}{aim or '':>9}{goal or '':>7}  {what}")
    lines.append(
        "With compiling: P1 to P4 and P10 the whole life of the process; P4 depth 20 and P6 compiling and running."
    )
    return "\n".join(lines)
