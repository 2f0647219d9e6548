"""What was finished is found again, by the same run and by others that share its folder; what was not is taken over."""

import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from dl_jax.evidence.records import Records
from dl_jax.scale import cache as module
from dl_jax.scale.cache import Memory, Whole

ROWS = [{"seed": 0, "metric": "m", "value": 1.5}, {"seed": 1, "metric": "m", "value": -2.0}]


class Broken(Exception):
    """What breaks while something is being written."""


def never():
    raise AssertionError("this part is there already")


def test_what_is_kept_is_not_computed_again(tmp_path):
    name = {"task": "ring", "depths": (1, 2)}
    assert Memory(tmp_path / "run").keep(name, lambda: ROWS) == ROWS
    assert Memory(tmp_path / "run").keep(dict(reversed(name.items())), never) == ROWS
    assert Memory(tmp_path / "run").keep({**name, "task": "xor"}, lambda: ROWS[:1]) == ROWS[:1]
    assert Memory(tmp_path / "other").keep(name, lambda: ROWS[1:]) == ROWS[1:]


def test_a_part_that_fails_is_not_kept(tmp_path):
    memory = Memory(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        memory.keep({}, lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    assert memory.keep({}, lambda: ROWS) == ROWS


def test_a_part_that_was_cut_off_while_it_was_written_is_computed_again(tmp_path, monkeypatch):
    def half(records, path):
        path.write_text('{"seed": 0, "met')
        raise Broken

    memory = Memory(tmp_path / "run")
    with monkeypatch.context() as patched:
        patched.setattr(Records, "write", half)
        with pytest.raises(Broken):
            memory.keep({}, lambda: ROWS)
    assert memory.keep({}, lambda: ROWS) == ROWS
    assert memory.keep({}, never) == ROWS


def test_forgetting_removes_the_folder(tmp_path):
    first, second = (Memory(tmp_path / ".unfinished" / name) for name in ("first", "second"))
    for memory in (first, second):
        memory.keep({}, lambda: ROWS)
    first.forget()
    first.forget()
    assert [path.name for path in (tmp_path / ".unfinished").iterdir()] == ["second"]
    second.forget()
    assert not list(tmp_path.iterdir())


@pytest.fixture
def hurried(monkeypatch):
    """Claims grow old in a moment."""
    for name, seconds in {"RENEWED_S": 0.02, "STALE_S": 0.3, "AGAIN_S": 0.02}.items():
        monkeypatch.setattr(module, name, seconds)


def part(number, done):
    return lambda: done.append(number) or [{"metric": "m", "value": float(number)}]


def values(rows):
    return [row["value"] for row in rows]


def test_parts_are_kept_one_by_one(tmp_path):
    memory, done = Memory(tmp_path / "run"), []
    with pytest.raises(Broken):
        memory.keep({}, part(0, done), part(1, done), lambda: (_ for _ in ()).throw(Broken))
    assert values(memory.keep({}, never, never, part(2, done))) == [0, 1, 2]
    assert done == [0, 1, 2]
    assert not list(tmp_path.rglob("*.claim")), "what broke off is free for others"
    assert values(memory.keep({}, part(5, done))) == [5], "a whole is another part than its shards"


def test_those_who_share_a_folder_share_the_work(tmp_path, hurried):
    done, found, together = [], [], threading.Barrier(2)

    def meet(number):
        def compute():
            if number < 2:
                together.wait(10)  # each of the two computes one of the first two, or the test hangs
            return part(number, done)()

        return compute

    def work():
        found.append(values(Memory(tmp_path / "run").keep({}, *map(meet, range(6)))))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [[0, 1, 2, 3, 4, 5]] * 2
    assert sorted(done) == [0, 1, 2, 3, 4, 5], "no part is computed twice"


def claimed(folder, host, pid):
    """A claim that somebody made on the only part."""
    memory = Memory(folder)
    memory.keep({}, lambda: ROWS)
    (kept,) = folder.glob("*.jsonl")
    kept.unlink()
    claim = kept.with_suffix(".claim")
    claim.write_text(json.dumps({"host": host, "pid": pid}))
    return memory, claim


def test_what_a_dead_process_of_this_machine_claimed_is_taken_over_at_once(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    memory, claim = claimed(tmp_path / "run", socket.gethostname(), dead.pid)
    assert memory.keep({}, lambda: ROWS[:1]) == ROWS[:1]
    assert not claim.exists()


@pytest.mark.parametrize("host", ["elsewhere", ""])
def test_a_claim_that_nobody_renews_is_taken_over(tmp_path, hurried, host):
    memory, claim = claimed(tmp_path / "run", host, 1)
    told = []
    memory.tell = lambda *said: told.append(said)
    assert memory.keep({}, lambda: ROWS[:1]) == ROWS[:1]
    assert told[0] == ("waiting for other processes", 0, 1)
    assert not claim.exists()


def test_a_claim_that_is_renewed_is_respected(tmp_path, hurried):
    memory, claim = claimed(tmp_path / "run", "elsewhere", 1)
    path, over = claim.with_suffix(".jsonl"), threading.Event()

    def live():
        for _ in range(40):
            os.utime(claim)
            over.wait(0.03)
        Records(tuple(ROWS)).write(path)

    owner = threading.Thread(target=live)
    owner.start()
    assert memory.keep({}, never) == ROWS
    owner.join()


def test_what_another_process_finished_is_not_begun(tmp_path):
    memory = Memory(tmp_path / "run", whole=lambda: True)
    with pytest.raises(Whole):
        memory.keep({}, never)
    assert not (tmp_path / "run").exists()
