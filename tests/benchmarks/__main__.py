"""Compare the library's training speed with PyTorch and with a flax training loop, interleaved on this machine.

reference  80 trainings (5 depths x 4 nonlinearities x 4 seeds): the library's sweep, the flax-example style
           (a jitted step for each batch), PyTorch at its defaults, PyTorch with one pinned process per core
tiny       200 tiny nets of each width: the library's sweep, and PyTorch at its defaults
convnet    4 trainings of conv5x5x32-pool-conv5x5x64-pool-fc256 on 28 x 28 pixels: the library's sweep, PyTorch with
           channels last at its default threads, and the same with one pinned process per core
lenet5     4 trainings of LeNet-5, by the same three

Every competitor runs in a new process with an empty compilation cache; a round runs them all, every other round in
the opposite order. PyTorch is optional: `EXTRAS=bench bash launch/test.sh` installs it. A round of 2,000 steps takes
about 20 minutes on 2 idle cores; with fewer --steps it is shorter, and compilation takes a larger share. Run it on an
idle machine: a busy core slows competitors with a thread pool most.
"""

import argparse
import importlib.util
import json
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from tests.benchmarks.picture import draw
from tests.benchmarks.process import BenchmarkError, timed
from tests.benchmarks.summary import summary, table
from tests.benchmarks.tasks import NETS, Images, Reference, Tiny

PEAK = "peak.matmul"
RUNS = {
    "reference": {
        "library": "library.reference_sweep",
        "flax": "peers_jax.reference_sweep",
        "torch": "peers_torch.reference_sweep",
        "torch pinned": "peers_torch_pinned.reference_sweep",
    },
    "tiny": {"library": "library.tiny_nets", "torch": "peers_torch.tiny_nets"},
    **{
        net: {
            "library": "library.images",
            "torch": "peers_torch.images",
            "torch pinned": "peers_torch_pinned.images",
        }
        for net in NETS
    },
}


def flags() -> argparse.Namespace:
    """Parse the flags; an invalid one ends the program with one line."""

    def positive(value):
        number = int(value)
        if number < 1:
            raise argparse.ArgumentTypeError(f"{value} is not at least 1")
        return number

    def several(kind):
        return lambda value: tuple(kind(each) for each in value.split(","))

    def part(name):
        if name not in RUNS:
            raise argparse.ArgumentTypeError(f"unknown part {name!r}; choose from {', '.join(RUNS)}")
        return name

    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__, allow_abbrev=False)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--rounds", type=positive, default=5, help="times that every competitor runs (default: %(default)s)")
    add("--steps", type=positive, default=2000, help="steps of every training without convolutions")
    add("--image_steps", type=positive, default=Images.steps, help="steps of convnet; lenet5 has five times as many")
    add("--output_dir", type=Path, default=Path("results/benchmarks"), help="folder for the JSON and the picture")
    add("--only", type=several(part), default=tuple(RUNS), help=f"parts to run, of {','.join(RUNS)}")
    add("--depths", type=several(positive), default=Reference.depths, help="of the reference sweep")
    add("--seeds", type=positive, default=Reference.seeds, help="of the reference sweep (default: %(default)s)")
    add("--widths", type=several(positive), default=Tiny.widths, help="of the tiny nets")
    add("--trials", type=positive, default=Tiny.trials, help="tiny nets of each width (default: %(default)s)")
    add("--without_torch", action="store_true", help="leave PyTorch out even if it is installed")
    return parser.parse_args()


def main() -> int:
    """Run the rounds; write benchmarks.json and the picture after each one, so that an interruption loses one round."""
    chosen = flags()
    tasks = {
        "reference": Reference(depths=chosen.depths, seeds=chosen.seeds, steps=chosen.steps),
        "tiny": Tiny(widths=chosen.widths, trials=chosen.trials, steps=chosen.steps),
        "convnet": Images("convnet", steps=chosen.image_steps),
        "lenet5": Images("lenet5", steps=5 * chosen.image_steps),
    }
    torch = importlib.util.find_spec("torch") is not None and not chosen.without_torch
    if not torch and not chosen.without_torch:
        print("PyTorch is not installed and is left out; EXTRAS=bench bash launch/test.sh installs it.")
    runs = [
        (part, competitor) for part in chosen.only for competitor in RUNS[part] if torch or "torch" not in competitor
    ]
    chosen.output_dir.mkdir(parents=True, exist_ok=True)
    rounds = []
    for number in range(1, chosen.rounds + 1):
        measured = {"load_average": os.getloadavg()[0], "peak": timed(PEAK), **{part: {} for part in chosen.only}}
        print(f"round {number}: matmul peak {measured['peak']['flops_s'] / 1e9:.0f} GFLOP/s", flush=True)
        for part, competitor in runs[:: 1 if number % 2 else -1]:
            measured[part][competitor] = one = timed(RUNS[part][competitor], tasks[part])
            times = ", ".join(f"{name[:-2]} {one[name]:.1f}" for name in ("import_s", "compile_s", "run_s", "wall_s"))
            print(f"round {number}: {part} {competitor}: {times} s", flush=True)
        rounds.append(measured)
        results = {
            "steps": chosen.steps,
            "rounds": number,
            "machine": machine(torch),
            "tasks": {part: vars(tasks[part]) for part in chosen.only},
            "summary": summary(rounds),
            "raw": rounds,
        }
        write(chosen.output_dir / "benchmarks.json", json.dumps(results, indent=1).encode())
        for kind, picture in draw(results).items():
            write(chosen.output_dir / f"benchmarks.{kind}", picture)
    print(table(results["summary"]))
    print(f"Written to {chosen.output_dir}")
    return 0


def machine(torch: bool) -> dict:
    """Return the processor, the system and the versions of the packages."""
    packages = ("jax", "jaxlib", "flax", "optax", "numpy", *(["torch"] if torch else []))
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "versions": {"python": platform.python_version()} | {name: metadata.version(name) for name in packages},
    }


def write(path: Path, content: bytes) -> None:
    """Write a file atomically."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BenchmarkError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("Interrupted. The completed rounds are written.")
