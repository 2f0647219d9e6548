"""Run an experiment on the TPUs of a Google Kubernetes Engine cluster, as a JobSet.

  python -m launch.gke EXPERIMENT --image=IMAGE --claim=results --accelerator=v5e --topology=4x4 -- --preset=accelerator
  python -m launch.gke EXPERIMENT --image=IMAGE --claim=results --topology=2x2 --workers=8 -- --preset=accelerator

The first is one program on all hosts of a slice; a topology with several hosts is always one program. In the second,
each worker is one host with all chips of its topology, and the workers share out the trials of the sweep.

The image has this folder as its working directory, with a .venv that includes the extra tpu; launch/README.md shows how
to build it. The claim is a PersistentVolumeClaim that all hosts can write to (ReadWriteMany). It stores the results,
and the same command resumes an unfinished run from it. The cluster needs the JobSet controller, and a node pool with
the accelerator and topology.

A host that is preempted or receives SIGTERM is started again, at most --max_restarts times. A wrong flag ends the run
at once, and so does an error of a single host. With several hosts an error may be the consequence of another host's
loss, and counts as a restart.

Run it from this folder with the project's Python, .venv/bin/python. --dry_run prints the manifest.
"""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dl_jax.errors import FlagError
from dl_jax.runtime.flags import flag
from launch.commands import (
    FAILED,
    USAGE,
    LaunchError,
    LaunchOptions,
    check_pattern,
    main,
    output_of,
    require_flags,
    require_program,
)
from launch.slices import ACCELERATORS, hosts_of

RESULTS = "/results"
GRACE_S = 120
"""Seconds that a host has to save after SIGTERM. Google gives a spot host less, about half a minute."""


@dataclass(frozen=True)
class Gke(LaunchOptions):
    """Options of this launcher."""

    output_dir: str = flag("results", "local folder for the manifest; the results are in the claim")
    image: str = flag("", "container image, for instance europe-docker.pkg.dev/PROJECT/REPOSITORY/dl_jax:1")
    claim: str = flag("", "PersistentVolumeClaim for the results")
    name: str = flag("", "name of the JobSet; by default that of the experiment")
    namespace: str = flag("default", "namespace of the JobSet")
    accelerator: str = flag("v5e", "kind of TPU", choices=tuple(ACCELERATORS))
    topology: str = flag("2x2", "grid of its chips, for instance 4x4 or 2x2x4")
    workers: int = flag(1, "hosts that share out the trials, each with its own slice", at_least=1, at_most=1000)
    spot: bool = flag(False, "use spot hosts, which are cheaper and may be preempted")
    max_restarts: int = flag(20, "restarts at most", at_least=0, at_most=1000)

    def __post_init__(self):
        super().__post_init__()
        check_pattern(self, r"[\w./:@-]+", "europe-docker.pkg.dev/PROJECT/REPOSITORY/dl_jax:1", "image")
        check_pattern(self, r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", "my-sweep", "name", "claim", "namespace")
        hosts, _ = hosts_of(self.accelerator, self.topology)
        if self.workers > 1 and hosts > 1:
            raise FlagError(
                f"--workers={self.workers} needs a topology of one host; {self.topology} is a program on {hosts} hosts"
            )


def pod(name: str, flags: list[str], options: Gke) -> dict[str, Any]:
    """Return the pod of one host."""
    hosts, chips = hosts_of(options.accelerator, options.topology)
    mode = [f"--shards={options.workers}", "--distributed=off"] if options.workers > 1 else []
    mode = mode or [f"--distributed={'on' if hosts > 1 else 'off'}"]
    arguments = [*flags, f"--output_dir={RESULTS}", "--require_device=tpu", *mode]
    resources = {"google.com/tpu": chips}
    return {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": GRACE_S,
        "nodeSelector": {
            "cloud.google.com/gke-tpu-accelerator": ACCELERATORS[options.accelerator],
            "cloud.google.com/gke-tpu-topology": options.topology,
            **({"cloud.google.com/gke-spot": "true"} if options.spot else {}),
        },
        "containers": [
            {
                "name": "main",
                "image": options.image,
                # Kubernetes expands $(NAME) in arguments, and replaces $$ by $.
                "command": ["bash", "launch/local.sh", name, *(word.replace("$", "$$") for word in arguments)],
                "env": [{"name": "EXTRAS", "value": "tpu"}],
                "ports": [{"containerPort": 8471}, {"containerPort": 8482}],  # libtpu and JAX's coordinator
                "resources": {"requests": dict(resources), "limits": dict(resources)},
                "volumeMounts": [{"name": "results", "mountPath": RESULTS}],
            }
        ],
        "volumes": [{"name": "results", "persistentVolumeClaim": {"claimName": options.claim}}],
    }


def jobset(name: str, flags: list[str], options: Gke) -> dict[str, Any]:
    """Return the manifest: one program, which restarts as a whole, or workers, each of which restarts by itself."""
    hosts, _ = hosts_of(options.accelerator, options.topology)
    disrupted = {"onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    final = [USAGE] if hosts > 1 else [FAILED, USAGE]
    failed = {"action": "FailJob", "onExitCodes": {"containerName": "main", "operator": "In", "values": sorted(final)}}
    count = options.workers if options.workers > 1 else hosts
    job = {"parallelism": count, "completions": count, "completionMode": "Indexed"}
    if options.workers > 1:
        job |= {"backoffLimitPerIndex": options.max_restarts}
        rules, restarts = [disrupted | {"action": "Ignore"}, failed], 0
    else:
        job |= {"backoffLimit": 0}
        rules, restarts = [disrupted | {"action": "Count"}, failed], options.max_restarts
    job |= {"podFailurePolicy": {"rules": rules}, "template": {"spec": pod(name, flags, options)}}
    # One Job per node pool, because a slice of several hosts is a node pool.
    exclusive = {"annotations": {"alpha.jobset.sigs.k8s.io/exclusive-topology": "cloud.google.com/gke-nodepool"}}
    jobset_name = options.name or name.replace("_", "-")
    return {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {
            "name": jobset_name,
            "namespace": options.namespace,
            **(exclusive if hosts > 1 else {}),
        },
        "spec": {
            "failurePolicy": {
                "maxRestarts": restarts,
                "rules": [{"name": "failed", "action": "FailJobSet", "onJobFailureReasons": ["PodFailurePolicy"]}],
            },
            "replicatedJobs": [{"name": "slice", "replicas": 1, "template": {"spec": job}}],
        },
    }


def start(name: str, flags: list[str], options: Gke) -> int:
    """Write the manifest and apply it."""
    require_flags(options, "image", "claim")
    manifest = jobset(name, flags, options)
    jobset_name = manifest["metadata"]["name"]
    text = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True)
    path = Path(options.output_dir).absolute() / "gke" / f"{jobset_name}.yaml"
    argv, namespace = ["kubectl", "apply", "-f", str(path)], f"--namespace={options.namespace}"
    if options.dry_run:
        print(f"# {path}\n{text}\n# then\n# {shlex.join(argv)}")
        return 0
    require_program("kubectl", "it comes with the Google Cloud SDK")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    cleanup = f"kubectl delete jobset {jobset_name} {namespace}"
    try:
        print(output_of(argv))
    except LaunchError as error:
        raise LaunchError(f"{error}\nThe manifest is {path}. If something was created: {cleanup}") from None
    print(f"watch   kubectl get jobset {jobset_name} {namespace}")
    print(f"        kubectl logs --follow {namespace} --selector=jobset.sigs.k8s.io/jobset-name={jobset_name}")
    print(f"delete  {cleanup}        the nodes are billed until their pool is scaled down or deleted")
    print(f"results in the claim {options.claim}, folder {name}, when the JobSet has finished")
    return 0


if __name__ == "__main__":
    sys.exit(main(__doc__, Gke, start, sys.argv[1:]))
