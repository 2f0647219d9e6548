"""The JobSet: valid by Kubernetes' schemas, which refuse every mutant; its two shapes; restarts and failures."""

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


def manifest(flags=("--preset=smoke",), **options):
    return gke.jobset("linear_half_spaces", list(flags), gke.Gke(image="an/image:1", claim="results", **options))


def job_of(jobset):
    return jobset["spec"]["replicatedJobs"][0]["template"]["spec"]


def check(jobset):
    """Raise unless the schemas of the API server accept the manifest."""
    jsonschema.validate(jobset, SCHEMA)
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}, "spec": job_of(jobset)}
    kubernetes_validate.validate(job, "1.33", strict=True)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_manifest_is_valid(shape):
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
def test_a_mutant_is_refused(path, value):
    mutant = copy.deepcopy(manifest())
    inner = mutant
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises((jsonschema.ValidationError, kubernetes_validate.ValidationError)):
        check(mutant)


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
def test_a_slice_that_does_not_exist_is_refused(accelerator, topology):
    with pytest.raises(FlagError, match="slices of"):
        hosts_of(accelerator, topology)


def test_one_program_restarts_as_a_whole_and_a_lost_host_is_not_an_error():
    jobset = manifest(topology="4x4", max_restarts=7)
    job = job_of(jobset)
    assert (job["parallelism"], job["completions"], job["backoffLimit"]) == (4, 4, 0)
    assert jobset["spec"]["failurePolicy"]["maxRestarts"] == 7
    disrupted, failed = job["podFailurePolicy"]["rules"]
    assert disrupted["action"] == "Count"  # before the exit statuses: a preempted pod may end with any of them
    assert failed["onExitCodes"]["values"] == [2]  # with several hosts, 1 may be the consequence of a lost host
    assert "--distributed=on" in job["template"]["spec"]["containers"][0]["command"]
    assert list(jobset["metadata"]["annotations"].values()) == ["cloud.google.com/gke-nodepool"]


def test_an_error_of_one_host_ends_it():
    job = job_of(manifest())
    assert job["podFailurePolicy"]["rules"][1]["onExitCodes"]["values"] == [1, 2]


def test_workers_restart_independently_and_share_out_the_trials():
    jobset = manifest(workers=8, max_restarts=7)
    job = job_of(jobset)
    assert (job["parallelism"], job["completions"], job["backoffLimitPerIndex"]) == (8, 8, 7)
    assert "backoffLimit" not in job
    assert job["podFailurePolicy"]["rules"][0]["action"] == "Ignore"
    command = job["template"]["spec"]["containers"][0]["command"]
    assert {"--shards=8", "--distributed=off", "--output_dir=/results", "--require_device=tpu"} <= set(command)
    assert "annotations" not in jobset["metadata"]


def test_spot_hosts_are_requested_only_by_the_flag():
    selector = [job_of(manifest(spot=s))["template"]["spec"]["nodeSelector"] for s in (False, True)]
    assert [s.get("cloud.google.com/gke-spot") for s in selector] == [None, "true"]


def test_arguments_arrive_unchanged():
    """Kubernetes expands $(NAME) in arguments, and replaces $$ by $."""
    word = "--dataset=a $(HOME) $$ 'b' é;rm -rf *\n"
    command = job_of(manifest([word]))["template"]["spec"]["containers"][0]["command"]
    assert command[3] == word.replace("$", "$$")
    loaded = yaml.safe_load(yaml.safe_dump(manifest([word]), allow_unicode=True))
    assert job_of(loaded)["template"]["spec"]["containers"][0]["command"] == command


def test_the_manifest_is_written_and_applied(fakes, cwd, capsys):
    fakes.add("kubectl", "echo 'jobset.jobset.x-k8s.io/linear-half-spaces created'")
    assert launched("linear_half_spaces", *IMAGE, "--namespace=lab", *SMOKE) == 0
    path = cwd / "results" / "gke" / "linear-half-spaces.yaml"
    check(yaml.safe_load(path.read_text()))
    assert fakes.calls == [["kubectl", "apply", "-f", str(path)]]
    output = capsys.readouterr().out
    assert "kubectl get jobset linear-half-spaces --namespace=lab" in output
    assert "kubectl delete jobset linear-half-spaces --namespace=lab" in output


def test_a_dry_run_prints_the_manifest_and_does_nothing(fakes, cwd, capsys):
    fakes.add("kubectl")
    assert launched("linear_half_spaces", *IMAGE, "--dry_run", *SMOKE) == 0
    check(yaml.safe_load(capsys.readouterr().out))  # the rest are comments
    assert fakes.calls == []
    assert list(cwd.iterdir()) == []


def test_a_refusal_of_the_cluster_is_reported_with_the_cleanup_command(fakes, capsys):
    fakes.add("kubectl", 'echo \'no matches for kind "JobSet" in version "jobset.x-k8s.io/v1alpha2"\' >&2; exit 1')
    assert launched("linear_half_spaces", *IMAGE, *SMOKE) == 1
    error = capsys.readouterr().err
    assert 'no matches for kind "JobSet"' in error
    assert "kubectl delete jobset linear-half-spaces" in error


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--claim=results"], "--image is missing"),
        (["--image=a"], "--claim is missing"),
        ([*IMAGE, "--topology=3x3"], "2x2"),
        ([*IMAGE, "--accelerator=v7"], "'v7'"),
        ([*IMAGE, "--topology=4x4", "--workers=2"], "--workers=2"),
        ([*IMAGE, "--name=Über"], "--name='Über'"),
        ([*IMAGE, "--name=a;rm -rf ~"], "--name='a;rm -rf ~'"),
        (["--claim=c", "--image=$(id)"], "--image='$(id)'"),
        (IMAGE, "kubectl is not on the path"),
    ],
)
def test_an_invalid_flag_is_refused_in_one_line(fakes, cwd, capsys, flags, message):
    assert launched("linear_half_spaces", *flags, *SMOKE) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert list(cwd.iterdir()) == []
