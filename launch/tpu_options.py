"""The flags of launch.tpu_vm."""

from dataclasses import dataclass

from dl_jax.runtime.flags import flag
from launch.commands import LaunchOptions, check_pattern

STEPS = ("create", "wait", "copy", "run", "fetch", "delete")

RUNTIMES = {"v5litepod": "v2-alpha-tpuv5-lite", "v5p": "v2-alpha-tpuv5", "v6e": "v2-alpha-tpuv6e"}
"""Software of the hosts by kind of TPU; OLDER for all others. Source: Google's "TPU software versions"."""

OLDER = "tpu-ubuntu2204-base"


@dataclass(frozen=True)
class TpuVm(LaunchOptions):
    """Options of this launcher."""

    zone: str = flag("", "zone with such TPUs, for instance us-west4-a")
    accelerator_type: str = flag("v5litepod-4", "kind and size of the slice, as gcloud names it")
    runtime_version: str = flag("", "software of the hosts; by default the one that Google names for the TPU")
    name: str = flag("", "name of the slice; by default that of the experiment")
    project: str = flag("", "Google Cloud project; by default gcloud's")
    spot: bool = flag(False, "use a spot slice, which is cheaper and may be preempted")
    steps: tuple[str, ...] = flag(STEPS, "steps to carry out, in this order", choices=STEPS)
    retries: int = flag(0, "retries after a preemption or SIGTERM", at_least=0, at_most=100)
    wait_minutes: int = flag(60, "how long to wait for the slice, in minutes", at_least=1)
    save_minutes: int = flag(5, "minutes between fetches of finished parts during the run", at_least=1)

    def __post_init__(self):
        super().__post_init__()
        check_pattern(self, r"[a-z]+-[a-z]+\d-[a-z]", "us-west4-a", "zone")
        check_pattern(self, r"[a-z][a-z0-9]*-\d+", "v5litepod-16", "accelerator_type")
        check_pattern(self, r"[a-z][a-z0-9.-]*", OLDER, "runtime_version")
        check_pattern(self, r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", "my-sweep", "name")
        check_pattern(self, r"[a-z][a-z0-9.:-]*", "my-project", "project")
