"""The steps of a run on a TPU slice, with a fake gcloud that records its calls and fails as the real one does."""

import shlex
import subprocess

import pytest

from launch import tpu_slice, tpu_vm
from launch.commands import LaunchError, main

ZONE = "--zone=us-west4-a"
SMOKE = ["--", "--preset=smoke"]
FETCHED = '{"value": 1}\n'
# $STATES has the answers to `queued-resources describe`, one for each call; the last one is repeated.
GCLOUD = """case "$*" in
    *"queued-resources describe"*)
        read -r -a states <"$STATES"
        echo "${states[0]}"
        [ "${#states[@]}" -eq 1 ] || echo "${states[*]:1}" >"$STATES"
        ;;
    *"tpu-vm describe"*) echo READY ;;
    *"scp --recurse linear-half-spaces:"*)
        mkdir -p "${7}/results/.unfinished"
        for run in 0123456789ab latest; do  # scp follows the link
            mkdir -p "${7}/results/linear_half_spaces/$run"
            echo '{"value": 1}' >"${7}/results/linear_half_spaces/$run/records.jsonl"
            echo '{"digest": "0123456789ab", "started": "now"}' >"${7}/results/linear_half_spaces/$run/manifest.json"
        done
        ;;
    *"tpu-vm ssh"*"launch/local.sh linear_half_spaces"*) RUN ;;
esac"""
ONE_FAILS = """echo '##### Command execution on worker 2 failed with exit status 1. Continuing.' >&2
    exit 1"""


@pytest.fixture
def gcloud(fakes, tmp_path, monkeypatch):
    """gcloud(run=bash code of the experiment's call, states=states of the slice, one for each query)."""
    monkeypatch.setattr(tpu_slice, "POLL_S", 0.0)
    monkeypatch.setenv("STATES", str(tmp_path / "states"))

    def set_up(run="true", states="ACTIVE"):
        (tmp_path / "states").write_text(states + "\n")
        fakes.add("gcloud", GCLOUD.replace("RUN", run))
        return fakes

    return set_up


def launched(*arguments):
    return main(tpu_vm.__doc__, tpu_vm.TpuVm, tpu_vm.start, ["linear_half_spaces", ZONE, *arguments])


def words(fakes):
    """Return the subcommand of each call of gcloud."""
    return [" ".join(call[3:5]) for call in fakes.calls if call[0] == "gcloud"]


def test_a_slice_is_created_used_and_deleted(gcloud, cwd, capsys):
    fakes = gcloud(states="WAITING_FOR_RESOURCES PROVISIONING ACTIVE")
    assert launched("--accelerator_type=v6e-16", "--spot", "--project=lab", *SMOKE) == 0, capsys.readouterr().err
    create, *_, delete = fakes.calls
    assert create == [
        *("gcloud", "compute", "tpus", "queued-resources", "create", "linear-half-spaces"),
        *("--node-id=linear-half-spaces", "--accelerator-type=v6e-16", "--runtime-version=v2-alpha-tpuv6e", "--spot"),
        *(ZONE, "--project=lab", "--quiet"),
    ]
    assert delete[3:7] == ["queued-resources", "delete", "linear-half-spaces", "--force"]
    assert words(fakes) == [
        "queued-resources create",
        *["queued-resources describe"] * 3,
        *("tpu-vm scp", "tpu-vm ssh"),
        *("tpu-vm ssh", "tpu-vm scp"),
        "queued-resources delete",
    ]
    assert all("--quiet" in call and ZONE in call for call in fakes.calls if call[0] == "gcloud")
    runs = cwd / "results" / "linear_half_spaces"
    assert (runs / "latest" / "records.jsonl").read_text() == FETCHED
    assert (runs / "latest").resolve() == runs / "0123456789ab"
    assert [each.name for each in (cwd / "results").iterdir()] == ["linear_half_spaces"]


def test_the_hosts_run_the_experiment_with_every_argument_unchanged(gcloud):
    fakes = gcloud()
    options = tpu_vm.TpuVm(zone="us-west4-a")
    flags = ["--dataset=a 'b' $HOME `id` é;rm -rf *"]
    tpu_slice.Slice("linear_half_spaces", flags, options).run()
    (call,) = fakes.calls
    remote = next(word for word in call if word.startswith("--command=")).removeprefix("--command=")
    assert "--worker=all" in call
    cd, run = remote.split(" && ", 1)
    assert cd == "cd dl_jax"
    assert shlex.split(run) == [
        *("EXTRAS=tpu", "bash", "launch/local.sh", "linear_half_spaces", *flags),
        *("--output_dir=../results", "--require_device=tpu", "--distributed=on"),
    ]


def test_the_last_commit_is_copied(gcloud, cwd):
    fakes = gcloud(run=ONE_FAILS)
    launched("--steps=copy", *SMOKE)
    archive = cwd / "results" / ".tpu_vm-linear-half-spaces" / "dl_jax.tar.gz"
    names = subprocess.run(["tar", "-tzf", str(archive)], capture_output=True, text=True, check=True).stdout.split()
    assert {"launch/local.sh", "dl_jax/runtime/run.py", "pyproject.toml"} <= set(names)
    scp, unpack = fakes.calls
    assert scp[5:7] == [str(archive), "linear-half-spaces:dl_jax.tar.gz"]
    remote = next(word for word in unpack if word.startswith("--command=")).removeprefix("--command=")
    checked = subprocess.run(["bash", "-n"], input=remote, text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_a_failed_host_is_named_and_the_slice_is_not_deleted(gcloud, cwd, capsys):
    fakes = gcloud(run=ONE_FAILS)
    assert launched("--retries=3", *SMOKE) == 1
    error = capsys.readouterr().err
    assert "step run: failed on worker 2 (exit status 1)" in error
    assert f"gcloud compute tpus queued-resources delete linear-half-spaces --force {ZONE} --quiet" in error
    assert words(fakes).count("queued-resources create") == 1
    assert "queued-resources delete" not in words(fakes)


def test_a_host_whose_set_up_fails_is_named(gcloud, fakes, capsys):
    gcloud()
    fakes.add("gcloud", GCLOUD.replace('case "$*" in', f'case "$*" in *tar.gz\\ -C*) {ONE_FAILS} ;;'))
    assert launched(*SMOKE) == 1
    assert "step copy: failed on worker 2 (exit status 1)" in capsys.readouterr().err


@pytest.mark.parametrize("state", ["SUSPENDED", "PREEMPTED"])
def test_a_preempted_slice_is_created_again(gcloud, fakes, tmp_path, cwd, capsys, state):
    once = f'[ -e "{tmp_path}/once" ] || {{ : >"{tmp_path}/once"; exit 255; }}'
    gcloud(run=once, states="ACTIVE SUSPENDED ACTIVE" if state == "SUSPENDED" else "ACTIVE")
    if state == "PREEMPTED":
        answer = (
            f'if [ -e "{tmp_path}/once" ] && [ ! -e "{tmp_path}/twice" ]; then : >"{tmp_path}/twice"; echo PREEMPTED'
        )
        fakes.add("gcloud", GCLOUD.replace("RUN", once).replace("echo READY", f"{answer}; else echo READY; fi"))
    saved = cwd / "results" / ".tpu_vm-linear-half-spaces" / "results"
    saved.mkdir(parents=True)
    assert launched("--spot", "--retries=1", *SMOKE) == 0
    assert f"preempted ({state}); retrying (0 retries left)" in capsys.readouterr().err
    requests = [word for word in words(fakes) if word.startswith("queued") and not word.endswith("describe")]
    assert requests == [f"queued-resources {what}" for what in ("create", "delete", "create", "delete")]
    sent = [call for call in fakes.calls if str(saved) in call]
    assert len(sent) == 2  # the parts fetched before are sent to each new slice
    assert all("--worker=all" in call for call in sent)
    assert (cwd / "results" / "linear_half_spaces").is_dir()


def test_without_retries_the_message_names_the_flag(gcloud, capsys):
    gcloud(run="exit 255", states="ACTIVE SUSPENDED")
    assert launched("--spot", *SMOKE) == 1
    error = capsys.readouterr().err
    assert "the slice was preempted (SUSPENDED)" in error
    assert "--retries=3" in error
    assert "queued-resources delete" in error


def test_a_run_that_stopped_on_sigterm_is_retried_on_the_same_slice(gcloud, fakes, tmp_path):
    gcloud(run=f'[ -e "{tmp_path}/once" ] || {{ : >"{tmp_path}/once"; exit 99; }}')
    assert launched("--retries=1", *SMOKE) == 0
    assert words(fakes).count("queued-resources create") == 1
    assert sum("linear_half_spaces --preset" in " ".join(call) for call in fakes.calls) == 2


@pytest.mark.parametrize(("state", "message"), [("FAILED", "is FAILED"), ("SUSPENDED", "preempted (SUSPENDED)")])
def test_a_slice_that_is_not_created_is_reported(gcloud, capsys, state, message):
    fakes = gcloud(states=f"WAITING_FOR_RESOURCES {state}")
    assert launched(*SMOKE) == 1
    error = capsys.readouterr().err
    assert "step wait" in error
    assert message in error
    assert "queued-resources delete" in error
    assert words(fakes)[-1] == "queued-resources describe"


def test_finished_parts_are_fetched_during_the_run(gcloud, cwd):
    gcloud(run="for i in {1..400}; do [ ! -d results/.tpu_vm-linear-half-spaces/results ] || exit 1; sleep 0.02; done")
    slice_ = tpu_slice.Slice("linear_half_spaces", [], tpu_vm.TpuVm(zone="us-west4-a"))
    object.__setattr__(slice_.options, "save_minutes", 0.001)
    with pytest.raises(LaunchError):  # the fake run fails as soon as it was fetched from
        slice_.run()
    assert (slice_.folder / "results" / "linear_half_spaces" / "latest" / "records.jsonl").read_text() == FETCHED


def test_earlier_runs_remain_when_results_are_fetched(gcloud, cwd):
    gcloud()
    local = cwd / "results" / "linear_half_spaces" / "aaaaaaaaaaaa"
    local.mkdir(parents=True)
    (local / "records.jsonl").write_text("local")
    assert launched("--steps=fetch", *SMOKE) == 0
    assert (local / "records.jsonl").read_text() == "local"
    assert (local.parent / "0123456789ab" / "records.jsonl").read_text() == FETCHED


def test_local_results_remain_when_a_fetch_fails(gcloud, fakes, cwd, capsys):
    gcloud()
    lost = 'echo "lost connection" >&2; exit 1'
    fakes.add("gcloud", GCLOUD.replace('case "$*" in', f'case "$*" in *"scp --recurse"*) {lost} ;;'))
    local = cwd / "results" / "linear_half_spaces"
    local.mkdir(parents=True)
    (local / "records.jsonl").write_text("local")
    assert launched("--steps=fetch,delete", *SMOKE) == 1
    assert "lost connection" in capsys.readouterr().err
    assert (local / "records.jsonl").read_text() == "local"
    assert "queued-resources delete" not in words(fakes)


def test_a_dry_run_prints_every_command_and_runs_none(gcloud, cwd, capsys):
    fakes = gcloud()
    assert launched("--dry_run", "--steps=create,run,delete", *SMOKE) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if line.startswith("#")] == ["# create", "# run", "# delete"]
    assert fakes.calls == []
    assert list(cwd.iterdir()) == []
    launched("--steps=create,run,delete", *SMOKE)
    assert [shlex.join(call) for call in fakes.calls] == [line for line in printed if not line.startswith("#")]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--zone="], "--zone is missing"),
        (["--zone=here"], "--zone='here'"),
        (["--accelerator_type=v5e;rm"], "--accelerator_type='v5e;rm'"),
        (["--name=$(id)"], "--name='$(id)'"),
        (["--steps=create,walk"], "'walk'"),
        (["--retries=-1"], "at least 0"),
        ([], "gcloud is not on the path"),
    ],
)
def test_an_invalid_flag_is_refused_in_one_line(fakes, cwd, capsys, flags, message):
    assert launched(*flags, *SMOKE) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert list(cwd.iterdir()) == []
