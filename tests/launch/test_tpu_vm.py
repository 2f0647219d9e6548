"""The steps to a TPU slice and back, with a gcloud that notes what it is told and fails as real ones do."""

import shlex
import subprocess

import pytest

from launch import tpu_slice, tpu_vm
from launch.commands import main

ZONE = "--zone=us-west4-a"
SMOKE = ["--", "--preset=smoke"]
FETCHED = '{"kept": 1}\n'
# $STATES holds the answers to `queued-resources describe`, one a call, the last for ever.
GCLOUD = """case "$*" in
    *"queued-resources describe"*)
        read -r -a states <"$STATES"
        echo "${states[0]}"
        [ "${#states[@]}" -eq 1 ] || echo "${states[*]:1}" >"$STATES"
        ;;
    *"tpu-vm describe"*) echo READY ;;
    *"scp --recurse linear-half-spaces:"*)
        mkdir -p "${7}/results/linear_half_spaces" "${7}/results/.unfinished"
        echo '{"kept": 1}' >"${7}/results/linear_half_spaces/records.jsonl"
        ;;
    *"tpu-vm ssh"*"launch/local.sh linear_half_spaces"*) RUN ;;
esac"""
ONE_FAILS = """echo '##### Command execution on worker 2 failed with exit status 1. Continuing.' >&2
    exit 1"""


@pytest.fixture
def gcloud(fakes, tmp_path, monkeypatch):
    """gcloud(run=what the experiment's call does, in bash; states=the slice's states, one a question)."""
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
    """What each call of gcloud was about."""
    return [" ".join(call[3:5]) for call in fakes.calls if call[0] == "gcloud"]


def test_from_nothing_to_results_and_nothing_left(gcloud, here, capsys):
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
    assert (here / "results" / "linear_half_spaces" / "records.jsonl").read_text() == FETCHED
    assert [each.name for each in (here / "results").iterdir()] == ["linear_half_spaces"]


def test_what_runs_on_the_hosts_is_the_experiment_and_every_argument_arrives_whole(gcloud):
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


def test_what_travels_is_the_last_commit(gcloud, here):
    fakes = gcloud(run=ONE_FAILS)
    launched("--steps=copy", *SMOKE)
    archive = here / "results" / ".tpu_vm-linear-half-spaces" / "dl_jax.tar.gz"
    names = subprocess.run(["tar", "-tzf", str(archive)], capture_output=True, text=True, check=True).stdout.split()
    assert {"launch/local.sh", "dl_jax/runtime/run.py", "pyproject.toml"} <= set(names)
    scp, unpack = fakes.calls
    assert scp[5:7] == [str(archive), "linear-half-spaces:dl_jax.tar.gz"]
    remote = next(word for word in unpack if word.startswith("--command=")).removeprefix("--command=")
    checked = subprocess.run(["bash", "-n"], input=remote, text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_a_host_that_fails_is_named_and_the_slice_is_left_with_the_way_to_delete_it(gcloud, here, capsys):
    fakes = gcloud(run=ONE_FAILS)
    assert launched("--retries=3", *SMOKE) == 1
    said = capsys.readouterr().err
    assert "step run: failed on worker 2 (exit status 1)" in said
    assert f"gcloud compute tpus queued-resources delete linear-half-spaces --force {ZONE} --quiet" in said
    assert words(fakes).count("queued-resources create") == 1
    assert "queued-resources delete" not in words(fakes)


def test_a_set_up_that_fails_on_one_host_is_named(gcloud, fakes, capsys):
    gcloud()
    fakes.add("gcloud", GCLOUD.replace('case "$*" in', f'case "$*" in *tar.gz\\ -C*) {ONE_FAILS} ;;'))
    assert launched(*SMOKE) == 1
    assert "step copy: failed on worker 2 (exit status 1)" in capsys.readouterr().err


@pytest.mark.parametrize("state", ["SUSPENDED", "PREEMPTED"])
def test_a_slice_that_was_taken_away_is_asked_for_again(gcloud, fakes, tmp_path, here, capsys, state):
    once = f'[ -e "{tmp_path}/once" ] || {{ : >"{tmp_path}/once"; exit 255; }}'
    gcloud(run=once, states="ACTIVE SUSPENDED ACTIVE" if state == "SUSPENDED" else "ACTIVE")
    if state == "PREEMPTED":
        answer = (
            f'if [ -e "{tmp_path}/once" ] && [ ! -e "{tmp_path}/twice" ]; then : >"{tmp_path}/twice"; echo PREEMPTED'
        )
        fakes.add("gcloud", GCLOUD.replace("RUN", once).replace("echo READY", f"{answer}; else echo READY; fi"))
    saved = here / "results" / ".tpu_vm-linear-half-spaces" / "results"
    saved.mkdir(parents=True)
    assert launched("--spot", "--retries=1", *SMOKE) == 0
    assert f"taken away ({state}); once more (0 left after that)" in capsys.readouterr().err
    did = [word for word in words(fakes) if word.startswith("queued") and not word.endswith("describe")]
    assert did == [f"queued-resources {what}" for what in ("create", "delete", "create", "delete")]
    back = [call for call in fakes.calls if str(saved) in call]
    assert len(back) == 2  # what was saved before travels to each new slice
    assert all("--worker=all" in call for call in back)
    assert (here / "results" / "linear_half_spaces").is_dir()


def test_without_retries_it_says_so(gcloud, capsys):
    gcloud(run="exit 255", states="ACTIVE SUSPENDED")
    assert launched("--spot", *SMOKE) == 1
    said = capsys.readouterr().err
    assert "the slice was taken away (SUSPENDED)" in said
    assert "--retries=3" in said
    assert "queued-resources delete" in said


def test_one_that_was_told_to_stop_goes_on_where_it_is(gcloud, fakes, tmp_path):
    gcloud(run=f'[ -e "{tmp_path}/once" ] || {{ : >"{tmp_path}/once"; exit 99; }}')
    assert launched("--retries=1", *SMOKE) == 0
    assert words(fakes).count("queued-resources create") == 1
    assert sum("linear_half_spaces --preset" in " ".join(call) for call in fakes.calls) == 2


@pytest.mark.parametrize(("state", "says"), [("FAILED", "is FAILED"), ("SUSPENDED", "taken away (SUSPENDED)")])
def test_a_slice_that_does_not_come_is_told(gcloud, capsys, state, says):
    fakes = gcloud(states=f"WAITING_FOR_RESOURCES {state}")
    assert launched(*SMOKE) == 1
    said = capsys.readouterr().err
    assert "step wait" in said
    assert says in said
    assert "queued-resources delete" in said
    assert words(fakes)[-1] == "queued-resources describe"


def test_what_is_finished_is_fetched_while_it_runs(gcloud, here):
    gcloud(run="for i in {1..400}; do [ ! -d results/.tpu_vm-linear-half-spaces/results ] || exit 1; sleep 0.02; done")
    made = tpu_slice.Slice("linear_half_spaces", [], tpu_vm.TpuVm(zone="us-west4-a"))
    object.__setattr__(made.options, "save_minutes", 0.001)
    with pytest.raises(tpu_slice.Failed):  # it ends as soon as it sees that it was saved
        made.run()
    assert (made.home / "results" / "linear_half_spaces" / "records.jsonl").read_text() == FETCHED


def test_nothing_of_ours_is_lost_when_a_fetch_fails(gcloud, fakes, here, capsys):
    gcloud()
    lost = 'echo "lost connection" >&2; exit 1'
    fakes.add("gcloud", GCLOUD.replace('case "$*" in', f'case "$*" in *"scp --recurse"*) {lost} ;;'))
    mine = here / "results" / "linear_half_spaces"
    mine.mkdir(parents=True)
    (mine / "records.jsonl").write_text("mine")
    assert launched("--steps=fetch,delete", *SMOKE) == 1
    assert "lost connection" in capsys.readouterr().err
    assert (mine / "records.jsonl").read_text() == "mine"
    assert "queued-resources delete" not in words(fakes)


def test_a_dry_run_prints_every_command_and_runs_none(gcloud, here, capsys):
    fakes = gcloud()
    assert launched("--dry_run", "--steps=create,run,delete", *SMOKE) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line for line in shown if line.startswith("#")] == ["# create", "# run", "# delete"]
    assert fakes.calls == []
    assert list(here.iterdir()) == []
    launched("--steps=create,run,delete", *SMOKE)
    assert [shlex.join(call) for call in fakes.calls] == [line for line in shown if not line.startswith("#")]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--zone="], "--zone is missing"),
        (["--zone=here"], "--zone='here'"),
        (["--accelerator_type=v5e;rm"], "--accelerator_type='v5e;rm'"),
        (["--name=$(id)"], "--name='$(id)'"),
        (["--steps=create,walk"], "there is no 'walk'"),
        (["--retries=-1"], "at least 0"),
        ([], "gcloud is not on the path"),
    ],
)
def test_a_flag_that_cannot_be_used_is_one_line(fakes, here, capsys, flags, says):
    assert launched(*flags, *SMOKE) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert list(here.iterdir()) == []
