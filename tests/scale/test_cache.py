"""The cache of a run's parts: reuse after interruption, sharing between processes, takeover of abandoned claims."""

import json
import os
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest

from dl_jax.evidence.named import array
from dl_jax.evidence.records import Records, measured
from dl_jax.scale import cache as module
from dl_jax.scale.cache import Cache, FinishedElsewhere

FIRST, SECOND = ({"seed": 0, "metric": "m", "value": 1.5}, {"seed": 1, "metric": "m", "value": -2.0})
RECORDS = Records((FIRST, SECOND))


class Broken(Exception):
    """Raised in the middle of a write or a computation."""


def never():
    raise AssertionError("this part is cached already")


def test_a_cached_part_is_not_computed_again(tmp_path):
    key = {"task": "ring", "depths": (1, 2)}
    assert Cache(tmp_path / "run").get_or_compute(key, lambda: RECORDS) == RECORDS
    assert Cache(tmp_path / "run").get_or_compute(dict(reversed(key.items())), never) == RECORDS
    assert Cache(tmp_path / "run").get_or_compute({**key, "task": "xor"}, lambda: Records((FIRST,))) == Records(
        (FIRST,)
    )
    assert Cache(tmp_path / "other").get_or_compute(key, lambda: Records((SECOND,))) == Records((SECOND,))


def test_a_part_that_fails_is_not_cached(tmp_path):
    cache = Cache(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        cache.get_or_compute({}, lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    assert cache.get_or_compute({}, lambda: RECORDS) == RECORDS


def test_a_half_written_part_is_computed_again(tmp_path, monkeypatch):
    def half(records, path):
        path.write_text('{"seed": 0, "met')
        raise Broken

    cache = Cache(tmp_path / "run")
    with monkeypatch.context() as patched:
        patched.setattr(Records, "write", half)
        with pytest.raises(Broken):
            cache.get_or_compute({}, lambda: RECORDS)
    assert cache.get_or_compute({}, lambda: RECORDS) == RECORDS
    assert cache.get_or_compute({}, never) == RECORDS


def test_delete_removes_the_folder_and_its_empty_parent(tmp_path):
    first, second = (Cache(tmp_path / ".unfinished" / name) for name in ("first", "second"))
    for cache in (first, second):
        cache.get_or_compute({}, lambda: RECORDS)
    first.delete()
    first.delete()
    assert [path.name for path in (tmp_path / ".unfinished").iterdir()] == ["second"]
    second.delete()
    assert not list(tmp_path.iterdir())


@pytest.fixture
def short_times(monkeypatch):
    """Claims become stale within a fraction of a second."""
    for name, seconds in {"RENEWAL_S": 0.02, "STALE_S": 0.3, "POLL_S": 0.02}.items():
        monkeypatch.setattr(module, name, seconds)


def part(number, computed):
    return lambda: computed.append(number) or Records(({"metric": "m", "value": float(number)},))


def values(records):
    return [row["value"] for row in records.rows]


def test_arrays_are_cached_with_their_part(tmp_path):
    def compute():
        return measured({"loss": 0.5, "map": array(np.arange(6.0).reshape(2, 3), "row", "column")}, seed=3)

    for cache, computes in ((Cache(tmp_path), compute), (Cache(tmp_path), never)):
        records = cache.get_or_compute({}, computes)
        assert values(records) == [0.5]
        np.testing.assert_array_equal(records.array("map", seed=3).values, np.arange(6.0).reshape(2, 3))


def test_parts_are_cached_one_by_one(tmp_path):
    cache, computed = Cache(tmp_path / "run"), []
    with pytest.raises(Broken):
        cache.get_or_compute({}, part(0, computed), part(1, computed), lambda: (_ for _ in ()).throw(Broken))
    assert values(cache.get_or_compute({}, never, never, part(2, computed))) == [0, 1, 2]
    assert computed == [0, 1, 2]
    assert not list(tmp_path.rglob("*.claim")), "the claim on a failed part is released"
    assert values(cache.get_or_compute({}, part(5, computed))) == [5], "one compute is another part than three"


def test_processes_that_share_a_folder_share_the_parts(tmp_path, short_times):
    computed, results, barrier = [], [], threading.Barrier(2)

    def meeting(number):
        def compute():
            if number < 2:
                barrier.wait(10)  # each thread computes one of the first two parts, or the test fails
            return part(number, computed)()

        return compute

    def work():
        results.append(values(Cache(tmp_path / "run").get_or_compute({}, *map(meeting, range(6)))))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [[0, 1, 2, 3, 4, 5]] * 2
    assert sorted(computed) == [0, 1, 2, 3, 4, 5], "no part is computed twice"


def claimed(folder, host, pid):
    """Return a cache with one part that the given process has claimed, and the claim."""
    cache = Cache(folder)
    cache.get_or_compute({}, lambda: RECORDS)
    (written,) = folder.glob("*.jsonl")
    written.unlink()
    claim = written.with_suffix(".claim")
    claim.write_text(json.dumps({"host": host, "pid": pid}))
    return cache, claim


def test_the_claim_of_a_dead_process_of_this_host_is_taken_over_at_once(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    cache, claim = claimed(tmp_path / "run", socket.gethostname(), dead.pid)
    assert cache.get_or_compute({}, lambda: Records((FIRST,))) == Records((FIRST,))
    assert not claim.exists()


@pytest.mark.parametrize("host", ["elsewhere", ""])
def test_a_claim_that_is_not_renewed_is_taken_over(tmp_path, short_times, host):
    cache, claim = claimed(tmp_path / "run", host, 1)
    reports = []
    cache.progress = lambda *report: reports.append(report)
    assert cache.get_or_compute({}, lambda: Records((FIRST,))) == Records((FIRST,))
    assert reports[0] == ("waiting for other processes", 0, 1)
    assert not claim.exists()


def test_a_claim_that_is_renewed_is_respected(tmp_path, short_times):
    cache, claim = claimed(tmp_path / "run", "elsewhere", 1)
    path, over = claim.with_suffix(".jsonl"), threading.Event()

    def live():
        for _ in range(40):
            os.utime(claim)
            over.wait(0.03)
        RECORDS.write(path)

    owner = threading.Thread(target=live)
    owner.start()
    assert cache.get_or_compute({}, never) == RECORDS
    owner.join()


def test_a_run_that_another_process_finished_is_not_computed(tmp_path):
    cache = Cache(tmp_path / "run", finished=lambda: True)
    with pytest.raises(FinishedElsewhere):
        cache.get_or_compute({}, never)
    assert not (tmp_path / "run").exists()
