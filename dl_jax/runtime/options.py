"""What the runner itself is told, the same for every experiment."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dl_jax.runtime import devices
from dl_jax.runtime.experiment import PRESETS
from dl_jax.runtime.flags import Checked, Flags, describe, flag, text
from dl_jax.runtime.store import check_writable
from dl_jax.scale import processes


@dataclass(frozen=True)
class Options(Checked):
    """Defaults are a run by one process on all devices of this machine."""

    preset: str = flag("laptop", "how much to run", choices=PRESETS)
    output_dir: str = flag("results", "the folder that gets the results")
    require_device: str = flag("any", "refuse to run on anything else", choices=("any", "cpu", "gpu", "tpu"))
    data_parallel: int = flag(1, "devices among which each batch and the weights are shared out", at_least=1)
    model_parallel: int = flag(1, "devices among which the units of each layer are shared out", at_least=1)
    num_processes: int = flag(1, "processes to start on this machine, which compute as one", at_least=1, at_most=64)
    distributed: str = flag(
        "auto", "compute as one with the processes that a cluster started", choices=("auto", "off", "on")
    )
    shards: int = flag(
        1,
        "parts of every sweep, for processes that were started alike and share --output_dir",
        at_least=1,
    )
    compile_for: str = flag(
        "",
        "run nothing: compile for devices that are not here, and tell what they would need (v5e:2x4, v5p:4x4x4, cuda)",
    )
    judge_only: bool = flag(False, "judge and draw the records that are there; measure nothing")


def set_up(options: Options, module_name: str, arguments: Sequence[str]) -> None:
    """Check the place of the results, and find the processes and the devices of this run.

    Where it starts the processes itself, this one waits for them, and exits as they do.
    """
    check_writable(Path(options.output_dir))
    if options.num_processes > 1 and not processes.local_process_count():
        sys.exit(
            processes.start_processes(options.num_processes, [sys.executable, "-P", "-m", module_name, *arguments])
        )
    devices.set_up(options.require_device, options.distributed, options.data_parallel * options.model_parallel)


def help_page(doc: str, *groups: type) -> str:
    """The docstring, then the flags with their defaults."""
    lines = [line for group in (*groups, Options) for line in describe(group)]
    lines += [("--list", "name the experiments that there are"), ("--help", "this page")]
    return doc.strip() + "\n\nFlags\n" + "\n".join(f"  {name}\n        {help}" for name, help in lines)


def command_of(name: str, config: Flags) -> str:
    """What to type to run this again: the flags that differ from the defaults."""
    plain = type(config)()
    typed = [f"--{key}={text(value)}" for key, value in asdict(config).items() if value != getattr(plain, key)]
    return shlex.join(["bash", "launch/local.sh", name, *typed])
