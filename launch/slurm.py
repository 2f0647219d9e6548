"""Run an experiment on a SLURM cluster, as a job array that shares out its trials or as one program on several nodes.

  python -m launch.slurm EXPERIMENT --array=16 --time=2:00:00 -- --preset=accelerator --seeds=20
  python -m launch.slurm EXPERIMENT --nodes=4 --gpus_per_node=8 -- --preset=accelerator

An array is for sweeps: its elements start and end independently, and the parts of a lost element are computed by the
others. Nodes are for one model that needs them all at once.

This folder, its .venv and --output_dir must be on a file system that the nodes share; for GPUs, .venv needs JAX's
plug-in: EXTRAS=cuda13 bash launch/local.sh --list. Two minutes before its time limit a job receives SIGTERM, saves its
state and is requeued, at most --max_restarts times. The same command resumes what is unfinished.

Run it from this folder with the project's Python, .venv/bin/python. --dry_run prints the script.
"""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from dl_jax.errors import FlagError
from dl_jax.runtime.flags import flag
from launch.commands import STOPPED, LaunchError, LaunchOptions, check_pattern, main, output_of, require_program

NOTICE_S = 120
"""Seconds before its time limit at which a job receives SIGTERM."""

OTHERS_S = 60
"""Seconds that the tasks of one program have to finish writing after the first of them has ended."""

TIME = r"\d+(:\d\d){0,2}|\d+-\d+(:\d\d){0,2}"


@dataclass(frozen=True)
class Slurm(LaunchOptions):
    """Options of this launcher."""

    array: int | None = flag(None, "elements of a job array that share out the trials", at_least=1, at_most=10_000)
    max_at_once: int | None = flag(None, "elements that may run at the same time; all by default", at_least=1)
    shards: int | None = flag(None, "parts that each sweep is split into; as many as elements by default", at_least=1)
    nodes: int | None = flag(None, "nodes of one program, instead of an array", at_least=1)
    gpus_per_node: int = flag(0, "GPUs of each element or node; 0 requests none", at_least=0)
    cpus: int = flag(2, "processor cores of each element or node", at_least=1)
    time: str = flag("1:00:00", "time limit of each start, in the format of sbatch: hours:minutes:seconds")
    partition: str = flag("", "partition; the cluster's default if empty")
    account: str = flag("", "account to charge; your default account if empty")
    max_restarts: int = flag(20, "how often a job is requeued at most", at_least=0)

    def __post_init__(self):
        super().__post_init__()
        check_pattern(self, TIME, "2:00:00", "time")
        check_pattern(self, r"\w[\w.,-]*", "gpu", "partition")
        check_pattern(self, r"\w[\w.-]*", "my_project", "account")
        if (self.array is None) == (self.nodes is None):
            raise FlagError("give either --array=16, elements that share out a sweep, or --nodes=4, one program")
        if self.array is None and (self.max_at_once or self.shards):
            raise FlagError("--max_at_once and --shards go with --array, not with --nodes")
        if any(sign in self.output_dir for sign in '"\\\n'):
            raise FlagError(
                "--output_dir must not contain a quotation mark, a backslash or a line break, because sbatch parses it"
            )


def command(name: str, flags: list[str], options: Slurm) -> list[str]:
    """Return the command of each element or node, with the Python that runs this."""
    how = (
        [f"--shards={options.shards or options.array}", "--distributed=off"] if options.array else ["--distributed=on"]
    )
    device = ["--require_device=gpu"] if options.gpus_per_node else []
    output = f"--output_dir={Path(options.output_dir).absolute()}"
    return [sys.executable, "-P", "-m", f"experiments.{name}", *flags, output, *how, *device]


def script(name: str, flags: list[str], options: Slurm) -> str:
    """Return the batch script. It is self-contained: `sbatch FILE` submits it again."""
    at_once = f"%{options.max_at_once}" if options.max_at_once else ""
    log = f"{Path(options.output_dir).absolute()}/slurm/{name}-".replace("%", "%%")
    requests = {
        "job-name": name,
        "output": f'"{log}{"%A_%a" if options.array else "%j"}.log"',
        "open-mode": "append",
        "array": f"0-{options.array - 1}{at_once}" if options.array else "",
        "nodes": options.nodes or 1,
        "ntasks-per-node": 1,
        "cpus-per-task": options.cpus,
        "gpus-per-node": options.gpus_per_node or "",
        "time": options.time,
        "partition": options.partition,
        "account": options.account,
        "signal": f"B:TERM@{NOTICE_S}",
    }
    lines = [f"#SBATCH --{key}={value}" for key, value in requests.items() if value != ""]
    if options.array:
        job, start, stop = "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID", "", 'kill -TERM "$child"'
    else:
        # --kill-on-bad-exit=1 would kill the other tasks when the first one ends after SIGTERM.
        start = f"srun --kill-on-bad-exit=0 --wait={OTHERS_S} "
        job, stop = "$SLURM_JOB_ID", 'scancel --signal=TERM "$SLURM_JOB_ID"'  # srun itself would send SIGKILL
    arguments = "\n".join(f"    {shlex.quote(word)}" for word in command(name, flags, options))
    return TEMPLATE.format(
        requests="\n".join([*lines, "#SBATCH --requeue"]),
        arguments=arguments,
        job=job,
        start=start,
        stop=stop,
        stopped=" | ".join(map(str, STOPPED)),
        limit=options.max_restarts,
    )


TEMPLATE = """#!/bin/bash
{requests}

command=(
{arguments}
)
job={job}
restarts=${{SLURM_RESTART_COUNT:-0}}

child=
signalled=
stop() {{ [ -z "$child" ] || {stop} 2>/dev/null; }}
trap 'signalled=yes; stop' TERM
{start}"${{command[@]}}" &
child=$!
[ -z "$signalled" ] || stop
status=0
wait "$child" || status=$?
while [ -n "$signalled" ]; do # the signal ended the wait, not the child
    signalled=
    status=0
    wait "$child" || status=$?
done

# Requeue the job if it stopped on SIGTERM after saving. A cancelled job, or one that SLURM has requeued itself, is no
# longer RUNNING.
case $status in
    {stopped})
        if [ "$(squeue --noheader --jobs="$job" --format=%T)" != RUNNING ]; then
            echo "Stopped. Finished parts are saved: submit this script again to resume." >&2
        elif [ "$restarts" -ge {limit} ]; then
            echo "Requeued $restarts times, the limit: submit this script again to resume." >&2
        else
            echo "Finished parts are saved; requeued, restart $((restarts + 1)) of {limit}." >&2
            scontrol requeue "$job" && sleep 60 # SLURM ends it meanwhile
        fi
        ;;
esac
exit "$status"
"""


def start(name: str, flags: list[str], options: Slurm) -> int:
    """Write the batch script and submit it."""
    folder = Path(options.output_dir).absolute() / "slurm"
    path, text = folder / f"{name}.sbatch", script(name, flags, options)
    argv = ["sbatch", "--parsable", str(path)]
    if options.dry_run:
        print(f"# {path}\n{text}\n# then\n{shlex.join(argv)}")
        return 0
    require_program("sbatch", "run this where jobs are submitted, on the cluster's login node")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    try:
        job = output_of(argv).partition(";")[0]
    except LaunchError as error:
        raise LaunchError(f"{error}\nNothing was submitted; the script is {path}") from None
    log = folder / f"{name}-{job}{'_0' if options.array else ''}.log"
    print(f"job     {job}\nscript  {path}")
    print(f"watch   squeue --jobs={job}\n        tail -F {shlex.quote(str(log))}\ncancel  scancel {job}")
    print(f"results {folder.parent / name}, when the job has finished")
    return 0


if __name__ == "__main__":
    sys.exit(main(__doc__, Slurm, start, sys.argv[1:]))
