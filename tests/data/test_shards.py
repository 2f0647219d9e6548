"""Datasets as shards: complete files, resumed writing, and errors for other, damaged or too large datasets."""

import json
import resource
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dl_jax.data import shard_writer, shards
from dl_jax.errors import DataError
from tests.data import hashed_examples

ORIGIN = {"name": "hashed", "seed": 7}
EXAMPLES = partial(hashed_examples.examples, 7)


def write(folder, count=1000, per_shard=300, examples=EXAMPLES, origin=ORIGIN, **more):
    return shard_writer.write(folder, examples, hashed_examples.RECORD, count, origin, per_shard=per_shard, **more)


def read(written):
    from array_record.python.array_record_module import ArrayRecordReader

    readers = [ArrayRecordReader(str(written.folder / shard.file)) for shard in written.shards]
    return np.frombuffer(b"".join(b"".join(reader.read_all()) for reader in readers), written.record)


def test_written_examples_are_those_of_the_function(tmp_path):
    progress = []
    dataset = write(tmp_path, on_progress=lambda *report: progress.append(report))
    assert np.array_equal(read(dataset), EXAMPLES(np.arange(1000)))
    assert [shard.count for shard in dataset.shards] == [300, 300, 300, 100]
    assert (dataset.count, dataset.record) == (1000, hashed_examples.RECORD)
    assert dataset.bytes == sum(path.stat().st_size for path in tmp_path.glob("*.array_record"))
    assert progress[-1] == ("examples written", 1000, 1000)
    shards.verify_checksums(dataset)
    assert shards.open_shards(tmp_path) == dataset
    assert sorted(path.name for path in tmp_path.iterdir()) == [*[s.file for s in dataset.shards], "manifest.json"]


def test_disk_bytes_is_a_close_upper_bound(tmp_path):
    dataset = write(tmp_path, count=20_000, per_shard=20_000)
    bound = shard_writer.disk_bytes(20_000, hashed_examples.RECORD)
    assert 0.9 * bound < dataset.bytes <= bound


def test_interrupted_writing_is_resumed(tmp_path):
    calls = []

    def failing(number_N):
        calls.append(int(number_N[0]))
        if number_N[0] >= 600:
            raise KeyboardInterrupt
        return EXAMPLES(number_N)

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, examples=failing)
    assert json.loads((tmp_path / "manifest.json").read_text())["shards"]
    with pytest.raises(DataError, match="examples are written; write the rest first"):
        shards.open_shards(tmp_path)
    calls.clear()

    def counting(number_N):
        calls.append(int(number_N[0]))
        return EXAMPLES(number_N)

    dataset = write(tmp_path, examples=counting)
    assert 0 < len(calls) < 4
    assert np.array_equal(read(dataset), EXAMPLES(np.arange(1000)))
    calls.clear()
    assert write(tmp_path, examples=counting) == dataset
    assert not calls
    (tmp_path / dataset.shards[2].file).unlink()
    assert write(tmp_path, examples=counting) == dataset
    assert calls == [600]
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("other", [{"count": 999}, {"per_shard": 200}, {"origin": {"name": "hashed", "seed": 8}}])
def test_a_folder_with_other_examples_is_refused_and_unchanged(tmp_path, other):
    dataset = write(tmp_path)
    with pytest.raises(DataError, match=r"has other examples.*name another folder"):
        write(tmp_path, **other)
    shards.verify_checksums(dataset)


def test_damaged_files_are_named(tmp_path):
    dataset = write(tmp_path)
    path = tmp_path / dataset.shards[1].file
    intact = path.read_bytes()
    path.write_bytes(intact[:-1])
    with pytest.raises(DataError, match=r"examples-00001-of-00004.array_record has .* bytes"):
        shards.open_shards(tmp_path)
    path.write_bytes(intact[:500] + bytes([intact[500] ^ 1]) + intact[501:])
    with pytest.raises(DataError, match=r"examples-00001-of-00004.array_record is damaged"):
        shards.verify_checksums(shards.open_shards(tmp_path))
    path.unlink()
    with pytest.raises(DataError, match=r"examples-00001-of-00004.array_record is missing"):
        shards.open_shards(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(DataError, match=r"manifest.json is damaged"):
        shards.open_shards(tmp_path)
    with pytest.raises(DataError, match="has no examples"):
        shards.open_shards(tmp_path / "nowhere")


def test_a_dataset_too_large_for_the_disk_is_refused_before_writing(tmp_path):
    with pytest.raises(DataError, match=r"take 3.2e\+05 GB.* free there; ask for fewer, or name another folder"):
        write(tmp_path / "new", count=10**12, per_shard=10**12)
    assert not list((tmp_path / "new").iterdir())


FULL = """
import sys
from pathlib import Path
from tests.data.test_shards import write, limit_file_size
limit_file_size()
write(Path(sys.argv[1]), count=9000, per_shard=3000)
"""


def limit_file_size():
    """Limit the size of files to 600 kB, which has the effect of a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))


def test_a_full_disk_leaves_no_partial_file(tmp_path):
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", FULL, str(tmp_path / "set")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "DataError" in done.stderr
    assert "the examples cannot be written there" in done.stderr.splitlines()[-1]
    assert not list((tmp_path / "set").iterdir())


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="the examples cannot be written there"):
        write(tmp_path / "file")


def test_without_a_folder_the_examples_are_temporary(tmp_path):
    arguments = (EXAMPLES, hashed_examples.RECORD, 100, ORIGIN)
    with shard_writer.OnDemand(str(tmp_path / "kept"), *arguments) as dataset:
        assert dataset.bytes == 0
        permanent = dataset.write()
        assert dataset.bytes == permanent.bytes > 0
    shards.verify_checksums(permanent)
    with shard_writer.OnDemand("", *arguments) as dataset:
        temporary = dataset.write()
        assert dataset.write() is temporary
        shards.verify_checksums(temporary)
    assert not temporary.folder.exists()
    assert [shard.sha256 for shard in temporary.shards] == [shard.sha256 for shard in permanent.shards]
