"""Locks on files."""

import subprocess
import sys

import pytest

from dl_jax.scale.locks import Lock

LOCKS = """
import time
from pathlib import Path
from dl_jax.scale.locks import Lock
lock = Lock(Path({!r}))
assert lock.acquire()
print(1, flush=True)
time.sleep(60)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.lock"


@pytest.fixture
def other_process(path):
    """Another process that has the lock until it is killed."""
    process = subprocess.Popen([sys.executable, "-c", LOCKS.format(str(path))], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"1\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_lock_is_released_when_its_process_is_killed(path, other_process):
    lock = Lock(path)
    assert not lock.acquire()
    other_process.kill()
    other_process.wait()
    assert lock.acquire()
    lock.release()


def test_a_lock_is_exclusive_and_can_be_acquired_again(path):
    lock = Lock(path)
    assert lock.acquire()
    assert not Lock(path).acquire()
    lock.release()
    assert lock.acquire()
    lock.release()
