"""Runs an experiment on a SLURM cluster: as an array whose elements share out its trials, or as one program over nodes.

  python -m launch.slurm EXPERIMENT --array=16 --time=2:00:00 -- --preset=accelerator --seeds=20
  python -m launch.slurm EXPERIMENT --nodes=4 --gpus_per_node=8 -- --preset=accelerator

An array is for sweeps: its elements start and end when they like, and one that is lost costs no more than the parts it
had in hand, which the others take over. Nodes are for one model that needs them all at once.

This folder, its .venv and --output_dir must lie on a disk that the nodes see; for GPUs, .venv must hold the plug-in:
EXTRAS=cuda13 bash launch/local.sh --list. Two minutes before its time is up a job is told to stop: it keeps what is
finished and is put into the queue again, --max_restarts times at most. The same command goes on from what is there.

Run it from this folder with its own Python: .venv/bin/python. --dry_run shows the script.
"""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from dl_jax.errors import FlagError
from dl_jax.runtime.flags import flag
from launch.commands import TOLD, Failed, Launch, asked, check_word, have, main

NOTICE_S = 120
"""How long before its time is up a job is told to stop."""

OTHERS_S = 60
"""How long the tasks of one program may outlive the first that ends, to finish writing."""

TIME = r"\d+(:\d\d){0,2}|\d+-\d+(:\d\d){0,2}"


@dataclass(frozen=True)
class Slurm(Launch):
    """Flags of this launcher."""

    array: int | None = flag(None, "elements of a job array that share out the trials", at_least=1, at_most=10_000)
    max_at_once: int | None = flag(None, "elements that may run at the same time; all, if not given", at_least=1)
    shards: int | None = flag(None, "parts to cut each sweep into; as many as elements, if not given", at_least=1)
    nodes: int | None = flag(None, "nodes of one program, in place of an array", at_least=1)
    gpus_per_node: int = flag(0, "GPUs of each element or node; 0 asks for none", at_least=0)
    cpus: int = flag(2, "processor cores of each element or node", at_least=1)
    time: str = flag("1:00:00", "the longest that one start may take, as sbatch takes it: hours:minutes:seconds")
    partition: str = flag("", "the partition; the cluster's own choice, if not given")
    account: str = flag("", "the account that pays; your own, if not given")
    max_restarts: int = flag(20, "how often a job may be put into the queue again", at_least=0)

    def __post_init__(self):
        super().__post_init__()
        check_word(self, TIME, "2:00:00", "time")
        check_word(self, r"\w[\w.,-]*", "gpu", "partition")
        check_word(self, r"\w[\w.-]*", "my_project", "account")
        if (self.array is None) == (self.nodes is None):
            raise FlagError("say either --array=16, elements that share out a sweep, or --nodes=4, one program")
        if self.array is None and (self.max_at_once or self.shards):
            raise FlagError("--max_at_once and --shards go with --array, not with --nodes")
        if any(sign in self.output_dir for sign in '"\\\n'):
            raise FlagError("--output_dir cannot hold a quotation mark, a backslash or a line break: sbatch reads it")


def command(name: str, flags: list[str], options: Slurm) -> list[str]:
    """What each element or node runs, on the Python that runs this."""
    how = (
        [f"--shards={options.shards or options.array}", "--distributed=off"] if options.array else ["--distributed=on"]
    )
    device = ["--require_device=gpu"] if options.gpus_per_node else []
    output = f"--output_dir={Path(options.output_dir).absolute()}"
    return [sys.executable, "-P", "-m", f"experiments.{name}", *flags, output, *how, *device]


def script(name: str, flags: list[str], options: Slurm) -> str:
    """The batch script: whole in itself, so that `sbatch FILE` submits it again."""
    at_once = f"%{options.max_at_once}" if options.max_at_once else ""
    log = f"{Path(options.output_dir).absolute()}/slurm/{name}-".replace("%", "%%")
    asks = {
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
    lines = [f"#SBATCH --{key}={value}" for key, value in asks.items() if value != ""]
    if options.array:
        job, start, stop = "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID", "", 'kill -TERM "$child"'
    else:
        # Not --kill-on-bad-exit: of those that were told to stop, the first to end would take the others with it.
        start = f"srun --kill-on-bad-exit=0 --wait={OTHERS_S} "
        job, stop = "$SLURM_JOB_ID", 'scancel --signal=TERM "$SLURM_JOB_ID"'  # srun itself would kill, not tell
    words = "\n".join(f"    {shlex.quote(word)}" for word in command(name, flags, options))
    return TEMPLATE.format(
        asks="\n".join([*lines, "#SBATCH --requeue"]),
        words=words,
        job=job,
        start=start,
        stop=stop,
        told=" | ".join(map(str, TOLD)),
        most=options.max_restarts,
    )


TEMPLATE = """#!/bin/bash
{asks}

command=(
{words}
)
job={job}
restarts=${{SLURM_RESTART_COUNT:-0}}

child=
told=
stop() {{ [ -z "$child" ] || {stop} 2>/dev/null; }}
trap 'told=yes; stop' TERM
{start}"${{command[@]}}" &
child=$!
[ -z "$told" ] || stop
status=0
wait "$child" || status=$?
while [ -n "$told" ]; do # the signal ended the wait, not the child
    told=
    status=0
    wait "$child" || status=$?
done

# It was told to stop, and what is finished is kept: start it again. A job that was cancelled is no longer RUNNING, and
# stays away; so does one that SLURM itself has put into the queue again.
case $status in
    {told})
        if [ "$(squeue --noheader --jobs="$job" --format=%T)" != RUNNING ]; then
            echo "Stopped. What is finished is kept: submit this script again to go on." >&2
        elif [ "$restarts" -ge {most} ]; then
            echo "Restarted $restarts times, no more by itself: submit this script again to go on." >&2
        else
            echo "What is finished is kept; into the queue again, for the time $((restarts + 1)) of {most}." >&2
            scontrol requeue "$job" && sleep 60 # SLURM ends it meanwhile
        fi
        ;;
esac
exit "$status"
"""


def start(name: str, flags: list[str], options: Slurm) -> int:
    """Writes the script and submits it."""
    folder = Path(options.output_dir).absolute() / "slurm"
    path, text = folder / f"{name}.sbatch", script(name, flags, options)
    argv = ["sbatch", "--parsable", str(path)]
    if options.dry_run:
        print(f"# {path}\n{text}\n# then\n{shlex.join(argv)}")
        return 0
    have("sbatch", "this is to be run where jobs are submitted, on the cluster's login node")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    try:
        job = asked(argv).partition(";")[0]
    except Failed as error:
        raise Failed(f"{error}\nNothing was submitted; the script is {path}") from None
    log = folder / f"{name}-{job}{'_0' if options.array else ''}.log"
    print(f"job     {job}\nscript  {path}")
    print(f"watch   squeue --jobs={job}\n        tail -F {shlex.quote(str(log))}\ncancel  scancel {job}")
    print(f"results {folder.parent / name}, when it is done")
    return 0


if __name__ == "__main__":
    sys.exit(main(__doc__, Slurm, start, sys.argv[1:]))
