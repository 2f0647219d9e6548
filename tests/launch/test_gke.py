"""The JobSet: valid by Kubernetes' schemas, every mutant caught; its two shapes; what restarts it and what ends it."""

import copy
import json
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml

from dl_jax.errors import FlagError
from launch import gke
from launch.commands import main
from launch.slices import hosts_of

SCHEMA = json.loads(Path(__file__).with_name("jobset.schema.json").read_text())
IMAGE = ["--image=europe-docker.pkg.dev/p/r/dl_jax:1", "--claim=results"]
SMOKE = ["--", "--preset=smoke"]
SHAPES = {
    "one host": {},
    "one program": {"topology": "4x4", "spot": True},
    "workers": {"workers": 8},
    "large": {"accelerator": "v5p", "topology": "4x4x8"},
}


def launched(*arguments):
    return main(gke.__doc__, gke.Gke, gke.start, arguments)


def manifest(flags=("--preset=smoke",), **given):
    return gke.jobset("linear_half_spaces", list(flags), gke.Gke(image="an/image:1", claim="results", **given))


def job_of(made):
    return made["spec"]["replicatedJobs"][0]["template"]["spec"]


def check(made):
    """Raises unless the API server would take the manifest, as far as schemas know."""
    jsonschema.validate(made, SCHEMA)
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}, "spec": job_of(made)}
    kubernetes_validate.validate(job, "1.33", strict=True)


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_valid(shape):
    check(manifest(**SHAPES[shape]))
    assert yaml.safe_load(yaml.safe_dump(manifest(**SHAPES[shape]))) == manifest(**SHAPES[shape])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("apiVersion",), "jobset.x-k8s.io/v1"),
        (("metadata", "name"), "linear_half_spaces"),
        (("metadata", "annotation"), {}),
        (("spec", "failurePolicy", "maxRestart"), 3),
        (("spec", "failurePolicy", "maxRestarts"), "3"),
        (("spec", "failurePolicy", "rules", 0, "action"), "FailJob"),
        (("spec", "failurePolicy", "rules", 0, "onJobFailureReasons"), ["PodFailure"]),
        (("spec", "replicatedJobs", 0, "replicas"), 0),
        (("spec", "replicatedJobs", 0, "template", "job"), {}),
        (("spec", "replicatedJobs", 0, "template", "spec", "parallelism"), "four"),
        (("spec", "replicatedJobs", 0, "template", "spec", "backoffLimitt"), 0),
        (("spec", "replicatedJobs", 0, "template", "spec", "podFailurePolicy", "rules", 1, "action"), 3),
        (("spec", "replicatedJobs", 0, "template", "spec", "podFailurePolicy", "rules", 1, "onExitCode"), {}),
        (("spec", "replicatedJobs", 0, "template", "spec", "template", "spec", "containers"), None),
        (("spec", "replicatedJobs", 0, "template", "spec", "template", "spec", "nodeSelectr"), {}),
        (("spec", "replicatedJobs", 0, "template", "spec", "template", "spec", "containers", 0, "command"), "bash"),
        (("spec", "replicatedJobs", 0, "template", "spec", "template", "spec", "containers", 0, "imag"), "x"),
        (("spec", "replicatedJobs", 0, "template", "spec", "template", "spec", "volumes", 0, "claim"), "x"),
    ],
)
def test_a_mutant_is_caught(path, value):
    made = copy.deepcopy(manifest())
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises((jsonschema.ValidationError, kubernetes_validate.ValidationError)):
        check(made)


@pytest.mark.parametrize(
    ("accelerator", "topology", "hosts"),
    [
        ("v5e", "1x1", (1, 1)),
        ("v5e", "2x2", (1, 4)),
        ("v5e", "2x4", (1, 8)),
        ("v5e", "4x4", (4, 4)),
        ("v6e", "16x16", (64, 4)),
        ("v4", "2x2x1", (1, 4)),
        ("v4", "2x2x4", (4, 4)),
        ("v5p", "4x4x8", (32, 4)),
        ("tpu7x", "8x8x12", (192, 4)),
    ],
)
def test_the_hosts_of_a_slice(accelerator, topology, hosts):
    assert hosts_of(accelerator, topology) == hosts


@pytest.mark.parametrize(
    ("accelerator", "topology"),
    [
        ("v5e", "2x3"),
        ("v5e", "4x4x4"),
        ("v6e", "32x32"),
        ("v4", "4x4"),
        ("v5p", "1x1x4"),
        ("v5p", "4x4x6"),
        ("v5p", "8x4x4"),
        ("v4", "axbxc"),
        ("v4", ""),
    ],
)
def test_a_slice_that_there_is_not_is_refused(accelerator, topology):
    with pytest.raises(FlagError, match="comes as"):
        hosts_of(accelerator, topology)


def test_one_program_restarts_as_a_whole_and_a_lost_host_is_not_an_error():
    made = manifest(topology="4x4", max_restarts=7)
    job = job_of(made)
    assert (job["parallelism"], job["completions"], job["backoffLimit"]) == (4, 4, 0)
    assert made["spec"]["failurePolicy"]["maxRestarts"] == 7
    gone, over = job["podFailurePolicy"]["rules"]
    assert gone["action"] == "Count"  # ahead of the exit statuses: one that is taken away may end with any of them
    assert over["onExitCodes"]["values"] == [2]  # among several hosts, 1 may be the echo of a lost neighbour
    assert "--distributed=on" in job["template"]["spec"]["containers"][0]["command"]
    assert list(made["metadata"]["annotations"].values()) == ["cloud.google.com/gke-nodepool"]


def test_an_error_of_one_host_ends_it():
    job = job_of(manifest())
    assert job["podFailurePolicy"]["rules"][1]["onExitCodes"]["values"] == [1, 2]


def test_workers_restart_each_by_itself_and_share_out_the_trials():
    made = manifest(workers=8, max_restarts=7)
    job = job_of(made)
    assert (job["parallelism"], job["completions"], job["backoffLimitPerIndex"]) == (8, 8, 7)
    assert "backoffLimit" not in job
    assert job["podFailurePolicy"]["rules"][0]["action"] == "Ignore"
    command = job["template"]["spec"]["containers"][0]["command"]
    assert {"--shards=8", "--distributed=off", "--output_dir=/results", "--require_device=tpu"} <= set(command)
    assert "annotations" not in made["metadata"]


def test_spot_hosts_are_asked_for_only_when_wanted():
    selector = [job_of(manifest(spot=s))["template"]["spec"]["nodeSelector"] for s in (False, True)]
    assert [s.get("cloud.google.com/gke-spot") for s in selector] == [None, "true"]


def test_arguments_arrive_whole():
    """Kubernetes replaces $(NAME) in arguments, and $$ by $."""
    word = "--dataset=a $(HOME) $$ 'b' é;rm -rf *\n"
    command = job_of(manifest([word]))["template"]["spec"]["containers"][0]["command"]
    assert command[3] == word.replace("$", "$$")
    loaded = yaml.safe_load(yaml.safe_dump(manifest([word]), allow_unicode=True))
    assert job_of(loaded)["template"]["spec"]["containers"][0]["command"] == command


def test_it_is_written_applied_and_explained(fakes, here, capsys):
    fakes.add("kubectl", "echo 'jobset.jobset.x-k8s.io/linear-half-spaces created'")
    assert launched("linear_half_spaces", *IMAGE, "--namespace=lab", *SMOKE) == 0
    path = here / "results" / "gke" / "linear-half-spaces.yaml"
    check(yaml.safe_load(path.read_text()))
    assert fakes.calls == [["kubectl", "apply", "-f", str(path)]]
    said = capsys.readouterr().out
    assert "kubectl get jobset linear-half-spaces --namespace=lab" in said
    assert "kubectl delete jobset linear-half-spaces --namespace=lab" in said


def test_a_dry_run_prints_the_manifest_and_does_nothing(fakes, here, capsys):
    fakes.add("kubectl")
    assert launched("linear_half_spaces", *IMAGE, "--dry_run", *SMOKE) == 0
    check(yaml.safe_load(capsys.readouterr().out))  # the rest are comments
    assert fakes.calls == []
    assert list(here.iterdir()) == []


def test_what_the_cluster_refuses_is_told_with_the_way_to_clean_up(fakes, capsys):
    fakes.add("kubectl", 'echo \'no matches for kind "JobSet" in version "jobset.x-k8s.io/v1alpha2"\' >&2; exit 1')
    assert launched("linear_half_spaces", *IMAGE, *SMOKE) == 1
    said = capsys.readouterr().err
    assert 'no matches for kind "JobSet"' in said
    assert "kubectl delete jobset linear-half-spaces" in said


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--claim=results"], "--image is missing"),
        (["--image=a"], "--claim is missing"),
        ([*IMAGE, "--topology=3x3"], "2x2"),
        ([*IMAGE, "--accelerator=v7"], "there is no 'v7'"),
        ([*IMAGE, "--topology=4x4", "--workers=2"], "--workers=2"),
        ([*IMAGE, "--name=Über"], "--name='Über'"),
        ([*IMAGE, "--name=a;rm -rf ~"], "--name='a;rm -rf ~'"),
        (["--claim=c", "--image=$(id)"], "--image='$(id)'"),
        (IMAGE, "kubectl is not on the path"),
    ],
)
def test_a_flag_that_cannot_be_used_is_one_line(fakes, here, capsys, flags, says):
    assert launched("linear_half_spaces", *flags, *SMOKE) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert list(here.iterdir()) == []
