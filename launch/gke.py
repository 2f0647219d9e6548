"""Runs an experiment on the TPUs of a Google Kubernetes Engine cluster, as a JobSet.

  python -m launch.gke EXPERIMENT --image=IMAGE --claim=results --accelerator=v5e --topology=4x4 -- --preset=accelerator
  python -m launch.gke EXPERIMENT --image=IMAGE --claim=results --topology=2x2 --workers=8 -- --preset=accelerator

The first is one program over all hosts of a slice: a topology of more hosts than one is always that. In the second each
worker is a host by itself, with all chips of its topology, and they share out the trials of the sweep.

The image holds this folder as its working directory, with a .venv that has the extra tpu; README.md shows how to build
it. The claim is a PersistentVolumeClaim that all hosts can write to (ReadWriteMany), where the results are kept: with
them the same command goes on after whatever ended it. The cluster needs the JobSet controller, and a node pool of the
accelerator and topology.

A host that is taken away, or told to stop, is started again, --max_restarts times at most. A flag that is wrong ends
everything at once; so does an error of one host alone. Among several, an error may be but the echo of a lost
neighbour, and counts as a restart.

Run it from this folder with its own Python: .venv/bin/python. --dry_run shows the manifest.
"""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dl_jax.errors import FlagError
from dl_jax.runtime.flags import flag
from launch.commands import FAILED, USAGE, Failed, Launch, asked, check_word, have, main, needed
from launch.slices import ACCELERATORS, hosts_of

RESULTS = "/results"
GRACE_S = 120
"""How long a host that is told to stop may take. Google gives a spot host less, about half a minute."""


@dataclass(frozen=True)
class Gke(Launch):
    """Flags of this launcher."""

    output_dir: str = flag("results", "the folder here that gets the manifest; the results are in the claim")
    image: str = flag("", "the container image, for instance europe-docker.pkg.dev/PROJECT/REPOSITORY/dl_jax:1")
    claim: str = flag("", "the PersistentVolumeClaim that keeps the results")
    name: str = flag("", "of the JobSet; that of the experiment, if not given")
    namespace: str = flag("default", "of the JobSet")
    accelerator: str = flag("v5e", "which TPU", choices=tuple(ACCELERATORS))
    topology: str = flag("2x2", "its chips, as a grid; 4x4 or 2x2x4, for instance")
    workers: int = flag(1, "hosts that share out the trials, each with a slice of its own", at_least=1, at_most=1000)
    spot: bool = flag(False, "take hosts that cost less and may be taken away")
    max_restarts: int = flag(20, "how often it may start again", at_least=0, at_most=1000)

    def __post_init__(self):
        super().__post_init__()
        check_word(self, r"[\w./:@-]+", "europe-docker.pkg.dev/PROJECT/REPOSITORY/dl_jax:1", "image")
        check_word(self, r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", "my-sweep", "name", "claim", "namespace")
        hosts, _ = hosts_of(self.accelerator, self.topology)
        if self.workers > 1 and hosts > 1:
            raise FlagError(
                f"--workers={self.workers} goes with a topology of one host; {self.topology} is one program"
            )


def pod(name: str, flags: list[str], options: Gke) -> dict[str, Any]:
    """The pod of one host."""
    hosts, chips = hosts_of(options.accelerator, options.topology)
    how = [f"--shards={options.workers}", "--distributed=off"] if options.workers > 1 else []
    how = how or [f"--distributed={'on' if hosts > 1 else 'off'}"]
    words = [*flags, f"--output_dir={RESULTS}", "--require_device=tpu", *how]
    chips_wanted = {"google.com/tpu": chips}
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
                # Kubernetes reads $(NAME) in arguments as a variable, and $$ as one $.
                "command": ["bash", "launch/local.sh", name, *(word.replace("$", "$$") for word in words)],
                "env": [{"name": "EXTRAS", "value": "tpu"}],
                "ports": [{"containerPort": 8471}, {"containerPort": 8482}],  # of libtpu and of JAX's coordinator
                "resources": {"requests": dict(chips_wanted), "limits": dict(chips_wanted)},
                "volumeMounts": [{"name": "results", "mountPath": RESULTS}],
            }
        ],
        "volumes": [{"name": "results", "persistentVolumeClaim": {"claimName": options.claim}}],
    }


def jobset(name: str, flags: list[str], options: Gke) -> dict[str, Any]:
    """The manifest. Two shapes: one program, which restarts as a whole, and workers, each of which restarts alone."""
    hosts, _ = hosts_of(options.accelerator, options.topology)
    gone = {"onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    final = [USAGE] if hosts > 1 else [FAILED, USAGE]
    over = {"action": "FailJob", "onExitCodes": {"containerName": "main", "operator": "In", "values": sorted(final)}}
    count = options.workers if options.workers > 1 else hosts
    job = {"parallelism": count, "completions": count, "completionMode": "Indexed"}
    if options.workers > 1:
        job |= {"backoffLimitPerIndex": options.max_restarts}
        rules, restarts = [gone | {"action": "Ignore"}, over], 0
    else:
        job |= {"backoffLimit": 0}
        rules, restarts = [gone | {"action": "Count"}, over], options.max_restarts
    job |= {"podFailurePolicy": {"rules": rules}, "template": {"spec": pod(name, flags, options)}}
    # One Job to a node pool: a slice of several hosts is a pool of its own.
    alone = {"alpha.jobset.sigs.k8s.io/exclusive-topology": "cloud.google.com/gke-nodepool"} if hosts > 1 else {}
    called = options.name or name.replace("_", "-")
    return {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {"name": called, "namespace": options.namespace, **({"annotations": alone} if alone else {})},
        "spec": {
            "failurePolicy": {
                "maxRestarts": restarts,
                "rules": [{"name": "over", "action": "FailJobSet", "onJobFailureReasons": ["PodFailurePolicy"]}],
            },
            "replicatedJobs": [{"name": "slice", "replicas": 1, "template": {"spec": job}}],
        },
    }


def start(name: str, flags: list[str], options: Gke) -> int:
    """Writes the manifest and applies it."""
    needed(options, "image", "claim")
    manifest = jobset(name, flags, options)
    called = manifest["metadata"]["name"]
    text = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True)
    path = Path(options.output_dir).absolute() / "gke" / f"{called}.yaml"
    argv, at = ["kubectl", "apply", "-f", str(path)], f"--namespace={options.namespace}"
    if options.dry_run:
        print(f"# {path}\n{text}\n# then\n# {shlex.join(argv)}")
        return 0
    have("kubectl", "it comes with the Google Cloud SDK")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    clean = f"kubectl delete jobset {called} {at}"
    try:
        print(asked(argv))
    except Failed as error:
        raise Failed(f"{error}\nThe manifest is {path}. If something was made of it: {clean}") from None
    print(f"watch   kubectl get jobset {called} {at}")
    print(f"        kubectl logs --follow {at} --selector=jobset.sigs.k8s.io/jobset-name={called}")
    print(f"delete  {clean}        the nodes cost until their pool is empty and shrinks, or is deleted")
    print(f"results in the claim {options.claim}, folder {name}, when it is done")
    return 0


if __name__ == "__main__":
    sys.exit(main(__doc__, Gke, start, sys.argv[1:]))
