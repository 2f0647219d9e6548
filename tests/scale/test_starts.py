"""The guard against starting for ever, and the locks by which it knows who is alive."""

import subprocess
import sys

import pytest

from dl_jax.errors import CheckpointError, FlagError
from dl_jax.scale.cache import Memory
from dl_jax.scale.locks import Lock
from dl_jax.scale.preemption import Preempted
from dl_jax.scale.starts import IN_VAIN, Starts

ROWS = [{"metric": "a", "value": 1.0}]
HOLD = """
import time
from pathlib import Path
from dl_jax.scale.{0} import {1}
held = {1}(Path({2!r}))
held.{3}()
print(1, flush=True)
time.sleep(60)
"""


@pytest.fixture
def held():
    """Another process that holds something until it is killed: (module, class, what to run)."""
    started = []

    def start(*what):
        process = subprocess.Popen([sys.executable, "-c", HOLD.format(*what)], stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == b"1\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_lock_is_free_once_its_holder_is_killed(tmp_path, held):
    lock = Lock(tmp_path / "a.lock")
    other = held("locks", "Lock", str(lock.path), "take")
    assert not lock.take()
    other.kill()
    other.wait()
    assert lock.take()
    assert not Lock(lock.path).take()
    lock.release()
    assert lock.take()
    lock.release()


def start_and_die(folder):
    with pytest.raises(ZeroDivisionError), Starts(folder):
        raise ZeroDivisionError


@pytest.fixture
def folder(tmp_path):
    return tmp_path / ".unfinished" / "run"


def test_a_run_that_always_dies_is_refused(folder):
    for _ in range(IN_VAIN):
        start_and_die(folder)
    with (
        pytest.raises(FlagError, match=r"was started 3 times, and died .* delete .*/run/start-\*\.lock"),
        Starts(folder),
    ):
        pytest.fail("it was started")
    for path in folder.glob("start-*.lock"):
        path.unlink()
    start_and_die(folder)


def test_a_killed_start_counts_and_a_living_one_does_not(folder, held):
    others = [held("starts", "Starts", str(folder), "__enter__") for _ in range(IN_VAIN)]
    with Starts(folder):
        pass
    for other in others:
        other.kill()
        other.wait()
    with pytest.raises(FlagError), Starts(folder):
        pytest.fail("it was started")


@pytest.mark.parametrize("gets_on", ["part.jsonl", "states-1/0/12"])
def test_what_is_finished_or_saved_starts_the_count_again(folder, gets_on):
    for _ in range(IN_VAIN):
        start_and_die(folder)
    (folder / gets_on).mkdir(parents=True)
    for _ in range(IN_VAIN):
        start_and_die(folder)
    with pytest.raises(FlagError), Starts(folder):
        pytest.fail("it was started")


def test_what_was_not_finished_does_not(folder):
    for _ in range(IN_VAIN):
        start_and_die(folder)
    (folder / "states-1/0/12.orbax-checkpoint-tmp").mkdir(parents=True)
    (folder / "part.claim").touch()
    with pytest.raises(FlagError), Starts(folder):
        pytest.fail("it was started")


@pytest.mark.parametrize("ending", [KeyboardInterrupt, Preempted, FlagError, CheckpointError])
def test_who_is_told_to_stop_did_not_die(folder, ending):
    with pytest.raises(ending), Starts(folder):
        raise ending
    assert not folder.parent.exists(), "nothing is left behind"


def test_of_a_finished_run_nothing_is_left(folder):
    with Starts(folder):
        Memory(folder).keep({}, lambda: ROWS)
        Memory(folder).forget()
    assert not folder.parent.exists()
