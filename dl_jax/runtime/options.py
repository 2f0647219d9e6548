"""The flags of the runner, which are the same for every experiment, and the set-up of a run."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dl_jax.errors import FlagError
from dl_jax.runtime import devices
from dl_jax.runtime.experiment import PRESETS
from dl_jax.runtime.flags import Checked, Flags, describe, flag, text
from dl_jax.runtime.store import check_writable
from dl_jax.scale import processes


@dataclass(frozen=True)
class Options(Checked):
    """Flags of the runner. By default one process runs the experiment on all devices of this host."""

    preset: str = flag("laptop", "amount of computation", choices=PRESETS)
    output_dir: str = flag("results", "folder for the results")
    require_device: str = flag("any", "refuse to run on any other kind of device", choices=("any", "cpu", "gpu", "tpu"))
    data_parallel: int = flag(1, "devices over which each batch and the optimizer state are sharded", at_least=1)
    model_parallel: int = flag(1, "devices over which the units of each layer are sharded", at_least=1)
    num_processes: int = flag(
        1, "processes to start on this host, connected by jax.distributed", at_least=1, at_most=64
    )
    distributed: str = flag(
        "auto", "connect to the processes that a cluster started for this run", choices=("auto", "off", "on")
    )
    shards: int = flag(
        1,
        "parts that each sweep is split into, for processes started with the same command and --output_dir",
        at_least=1,
    )
    compile_for: str = flag(
        "",
        "run nothing; compile for other devices and print the memory and time they need (v5e:2x4, v5p:4x4x4, cuda)",
    )
    judge_only: bool = flag(False, "judge and draw the existing records again; measure nothing")
    run: str = flag("latest", "the run that --judge_only judges: its digest, the start of its digest, or latest")
    compare: str = flag(
        "", "run nothing; compare two runs of this experiment (A,B as for --run), or two output folders"
    )

    def __post_init__(self):
        super().__post_init__()
        if self.run != "latest" and not self.judge_only:
            raise FlagError("--run needs --judge_only; to repeat a run, give its flags")


def set_up(options: Options, module_name: str, arguments: Sequence[str]) -> None:
    """Check that results can be written, connect the processes of this run and initialize its devices.

    With --num_processes this process starts the others, waits for them and exits with their status.
    """
    check_writable(Path(options.output_dir))
    if options.num_processes > 1 and not processes.local_process_count():
        sys.exit(
            processes.start_processes(options.num_processes, [sys.executable, "-P", "-m", module_name, *arguments])
        )
    devices.set_up(options.require_device, options.distributed, options.data_parallel * options.model_parallel)


def help_page(doc: str, *groups: type) -> str:
    """Return the docstring, followed by the flags with their defaults."""
    lines = [line for group in (*groups, Options) for line in describe(group)]
    lines += [("--list", "list the experiments"), ("--help", "print this page")]
    return doc.strip() + "\n\nFlags\n" + "\n".join(f"  {name}\n        {help}" for name, help in lines)


def command_of(name: str, config: Flags) -> str:
    """Return the command that runs this configuration: it contains the flags that differ from the defaults."""
    defaults = type(config)()
    flags = [f"--{key}={text(value)}" for key, value in asdict(config).items() if value != getattr(defaults, key)]
    return shlex.join(["bash", "launch/local.sh", name, *flags])
