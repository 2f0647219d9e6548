"""Examples as files: whole or not there, resumed, refused where they are others, damaged or too many for the disk."""

import json
import resource
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dl_jax.data import shards
from dl_jax.errors import DataError
from experiments.hundreds_of_millions import numbered

ORIGIN = {"name": "numbered", "seed": 7}
RULE = partial(numbered.examples, 7)


def write(folder, count=1000, per_shard=300, examples=RULE, origin=ORIGIN, **more):
    return shards.write(folder, examples, numbered.RECORD, count, origin, per_shard=per_shard, **more)


def read(found):
    from array_record.python.array_record_module import ArrayRecordReader

    readers = [ArrayRecordReader(str(found.folder / shard.file)) for shard in found.shards]
    return np.frombuffer(b"".join(b"".join(reader.read_all()) for reader in readers), found.record)


def test_what_is_written_is_what_the_rule_says(tmp_path):
    told = []
    found = write(tmp_path, tell=lambda *what: told.append(what))
    assert np.array_equal(read(found), numbered.examples(7, np.arange(1000)))
    assert [shard.count for shard in found.shards] == [300, 300, 300, 100]
    assert (found.count, found.record) == (1000, numbered.RECORD)
    assert found.bytes == sum(path.stat().st_size for path in tmp_path.glob("*.array_record"))
    assert {what[1:] for what in told} >= {(1000, 1000)}
    shards.check(found)
    assert shards.opened(tmp_path) == found
    assert sorted(path.name for path in tmp_path.iterdir()) == [*[s.file for s in found.shards], "manifest.json"]


def test_the_plan_covers_what_is_written(tmp_path):
    found = write(tmp_path, count=20_000, per_shard=20_000)
    planned = shards.bytes_planned(20_000, numbered.RECORD)
    assert 0.9 * planned < found.bytes <= planned


def test_writing_that_was_cut_off_goes_on(tmp_path):
    drawn = []

    def failing(number_N):
        drawn.append(int(number_N[0]))
        if number_N[0] >= 600:
            raise KeyboardInterrupt
        return numbered.examples(7, number_N)

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, examples=failing)
    there = set(json.loads((tmp_path / "manifest.json").read_text())["shards"][0].values())
    assert there
    with pytest.raises(DataError, match="examples are written; write the rest first"):
        shards.opened(tmp_path)
    drawn.clear()

    def counting(number_N):
        drawn.append(int(number_N[0]))
        return numbered.examples(7, number_N)

    found = write(tmp_path, examples=counting)
    assert 0 < len(drawn) < 4
    assert np.array_equal(read(found), numbered.examples(7, np.arange(1000)))
    drawn.clear()
    assert write(tmp_path, examples=counting) == found
    assert not drawn
    (tmp_path / found.shards[2].file).unlink()
    assert write(tmp_path, examples=counting) == found
    assert drawn == [600]
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("other", [{"count": 999}, {"per_shard": 200}, {"origin": {"name": "numbered", "seed": 8}}])
def test_a_folder_of_other_examples_is_left_alone(tmp_path, other):
    found = write(tmp_path)
    with pytest.raises(DataError, match=r"holds other examples.*name another folder"):
        write(tmp_path, **other)
    shards.check(found)


def test_damage_is_found_and_named(tmp_path):
    found = write(tmp_path)
    path = tmp_path / found.shards[1].file
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(DataError, match=r"examples-00001-of-00004.array_record has .* bytes"):
        shards.opened(tmp_path)
    path.write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    with pytest.raises(DataError, match=r"examples-00001-of-00004.array_record is damaged"):
        shards.check(shards.opened(tmp_path))
    path.unlink()
    with pytest.raises(DataError, match=r"examples-00001-of-00004.array_record is missing"):
        shards.opened(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(DataError, match=r"manifest.json is damaged"):
        shards.opened(tmp_path)
    with pytest.raises(DataError, match="holds no examples"):
        shards.opened(tmp_path / "nowhere")


def test_more_than_the_disk_holds_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(DataError, match=r"take 3.2e\+05 GB.* free there; ask for fewer, or name another folder"):
        write(tmp_path / "new", count=10**12, per_shard=10**12)
    assert not list((tmp_path / "new").iterdir())


FULL = """
import sys
from pathlib import Path
from tests.data.test_shards import write, limited
limited()
write(Path(sys.argv[1]), count=9000, per_shard=3000)
"""


def limited():
    """No file may grow beyond 600 kB: to who writes it is as if the disk were full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))


def test_a_disk_that_fills_up_leaves_no_torn_file(tmp_path):
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", FULL, str(tmp_path / "set")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "DataError" in done.stderr
    assert "the examples cannot be written there" in done.stderr.splitlines()[-1]
    assert not list((tmp_path / "set").iterdir())


def test_a_folder_that_is_a_file_is_an_error_that_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="the examples cannot be written there"):
        write(tmp_path / "file")


def test_examples_are_kept_in_a_folder_that_is_named_and_vanish_without_one(tmp_path):
    arguments = (RULE, numbered.RECORD, 100, ORIGIN)
    with shards.kept_or_passing(str(tmp_path / "kept"), *arguments) as kept:
        pass
    shards.check(kept)
    with shards.kept_or_passing("", *arguments) as passing:
        shards.check(passing)
    assert not passing.folder.exists()
    assert [shard.sha256 for shard in passing.shards] == [shard.sha256 for shard in kept.shards]
