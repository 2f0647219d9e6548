"""Checkpoints restore bitwise on any number of devices, and every kind of damage to their files is detected."""

import os
import shutil
import subprocess
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from dl_jax.errors import CheckpointError
from dl_jax.scale import checkpoint as module
from dl_jax.scale.checkpoint import Checkpoints
from dl_jax.scale.digests import differs, digests
from dl_jax.training.context import local_context
from dl_jax.training.step import State

IDENTITY = {"flags": {"seeds": 3, "tasks": ["xor"]}, "code": "abc"}


def on(devices, leaf, *spec):
    return jax.device_put(leaf, NamedSharding(local_context(devices).mesh, PartitionSpec(*spec)))


def training(devices, step=1):
    """Return a state with every kind of leaf that a training may have, its weights sharded over `devices`."""
    key = jax.random.fold_in(jax.random.key(7), step)
    params = {
        "w": on(devices, jax.random.normal(key, (64, 64)), "trial"),
        "half": on(devices, jax.random.normal(key, (8,)).astype(jnp.bfloat16), "trial"),
        "b": on(devices, jnp.full(3, step, jnp.float32)),
        "empty": on(devices, jnp.zeros((0, 5))),
    }
    return {
        "state": State(params, optax.adam(1e-3).init(params), on(devices, jnp.int32(step))),
        "key": on(devices, key),
        "keys": on(devices, jax.random.split(jax.random.key(3, impl="rbg"), 8), "trial"),
        "host": np.arange(4, dtype=np.float64) / 3 + step,
        "flag": on(devices, jnp.asarray(True)),
    }


def shapes(tree):
    def shape(leaf):
        return (
            leaf
            if isinstance(leaf, np.ndarray)
            else jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding)
        )

    return jax.tree.map(shape, tree)


def assert_same(a, b):
    def bits(leaf):
        if not isinstance(leaf, np.ndarray) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        return type(leaf), str(leaf.dtype), leaf.shape, np.asarray(leaf).tobytes()

    assert jax.tree.structure(a) == jax.tree.structure(b)
    assert jax.tree.map(bits, a) == jax.tree.map(bits, b)


def saved(folder, *steps, devices=8, identity=IDENTITY):
    checkpoints = Checkpoints(folder, identity)
    for step in steps:
        checkpoints.save(step, training(devices, step))
    checkpoints.close()
    return folder


@pytest.fixture(scope="module")
def two_steps(tmp_path_factory):
    """A folder with the checkpoints of steps 1 and 2, which tests copy and do not change."""
    return saved(tmp_path_factory.mktemp("two") / "steps", 1, 2)


@pytest.fixture
def folder(two_steps, tmp_path):
    return Path(shutil.copytree(two_steps, tmp_path / "steps"))


def largest(folder):
    return max((path for path in folder.rglob("d/*")), key=lambda path: path.stat().st_size)


@pytest.mark.parametrize("devices", [8, 2, 1])
def test_a_checkpoint_restores_bitwise_on_any_number_of_devices(two_steps, devices):
    like = shapes(training(devices))
    step, tree = Checkpoints(two_steps, IDENTITY).restore(like)
    assert step == 2
    assert_same(tree, training(devices, 2))
    for leaf, shape in zip(jax.tree.leaves(tree), jax.tree.leaves(like), strict=True):
        assert isinstance(leaf, np.ndarray) or leaf.sharding.is_equivalent_to(shape.sharding, leaf.ndim)


def test_a_checkpoint_restores_on_more_devices_than_saved_it(tmp_path):
    saved(tmp_path / "one", 1, devices=1)
    assert_same(Checkpoints(tmp_path / "one", IDENTITY).restore(training(8))[1], training(8))


def test_a_state_may_be_donated_after_save_returns(tmp_path):
    """The disk is written while the next steps run and reuse the donated buffers."""
    advance = jax.jit(lambda x: x * 1.5 + 1, donate_argnums=0)
    x = on(8, jnp.arange(1 << 20, dtype=jnp.float32), "trial")
    checkpoints = Checkpoints(tmp_path / "steps", IDENTITY)
    expected = {}
    for step in range(1, 4):
        expected[step] = np.array(x)
        checkpoints.save(step, {"x": x})
        for _ in range(5):
            x = advance(x)
    assert np.array_equal(checkpoints.restore({"x": x})[1]["x"], expected[3])
    checkpoints.close()


def test_only_the_newest_checkpoints_are_kept(tmp_path):
    saved(tmp_path / "steps", 1, 2, 3)
    assert sorted(os.listdir(tmp_path / "steps")) == ["2", "3"]


def test_no_folder_is_created_before_the_first_save(tmp_path):
    checkpoints = Checkpoints(tmp_path / "steps", IDENTITY)
    assert checkpoints.restore(shapes(training(1))) is None
    checkpoints.close()
    assert not os.listdir(tmp_path)


def test_a_checkpoint_is_due_when_the_time_has_passed(tmp_path, monkeypatch):
    now = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    checkpoints = Checkpoints(tmp_path / "steps", IDENTITY, every_s=60.0)
    assert not checkpoints.due()
    now = 160.0
    assert checkpoints.due()
    checkpoints.save(1, {"x": jnp.ones(2)})
    assert not checkpoints.due()
    now = 219.0
    assert not checkpoints.due()
    checkpoints.close()


def test_delete_removes_the_folder(folder):
    checkpoints = Checkpoints(folder, IDENTITY)
    checkpoints.restore(training(1))
    checkpoints.delete()
    checkpoints.delete()
    assert not folder.exists()


def broken(path, how):
    content = bytearray(path.read_bytes())
    if how == "flipped":
        content[len(content) // 2] ^= 0x10
        path.write_bytes(content)
    elif how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "zeroed":
        path.write_bytes(bytes(len(content)))
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["flipped", "cut", "zeroed", "deleted"])
def test_a_damaged_array_is_reported_and_the_checkpoint_before_is_restored(folder, capfd, how):
    broken(largest(folder / "2"), how)
    step, tree = Checkpoints(folder, IDENTITY).restore(training(2))
    assert step == 1
    assert_same(tree, training(2, 1))
    message = capfd.readouterr().err
    assert message.count("\n") == 1
    assert message.startswith(f"The checkpoint of step 2 in {folder} is damaged (")
    assert message.endswith("; resuming from step 1\n")
    assert sorted(os.listdir(folder)) == ["1", "damaged-2"]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["flipped", "cut", "zeroed", "deleted"])
def test_no_damage_to_any_file_restores_a_wrong_state(two_steps, tmp_path, how):
    for number, path in enumerate(sorted((two_steps / "2").rglob("*"))):
        if path.is_file():
            folder = Path(shutil.copytree(two_steps, tmp_path / str(number)))
            broken(folder / path.relative_to(two_steps), how)
            step, tree = Checkpoints(folder, IDENTITY).restore(training(2))
            assert_same(tree, training(2, step))


@pytest.mark.slow
def test_every_flipped_bit_of_an_array_is_detected(tmp_path):
    """Flip a bit in every fifth byte of the array files: the state is restored correctly or refused."""
    x = jax.random.normal(jax.random.key(0), (30,))
    folder = tmp_path / "steps"
    checkpoints = Checkpoints(folder, IDENTITY)
    checkpoints.save(1, {"x": x})
    checkpoints.close()
    missed = 0
    for path in sorted(folder.rglob("d/*")):
        content = path.read_bytes()
        for at in range(0, len(content), 5):
            path.write_bytes(content[:at] + bytes([content[at] ^ 0x04]) + content[at + 1 :])
            try:
                tree = Checkpoints(folder, IDENTITY).restore({"x": x})[1]
            except CheckpointError:
                continue
            missed += not np.array_equal(tree["x"], x)
        path.write_bytes(content)
    assert not missed


def test_without_digests_a_flipped_bit_is_restored(folder, monkeypatch):
    """The reason for the digests: if Orbax detects this by itself one day, they can be deleted."""
    monkeypatch.setattr(module, "differs", lambda *_: False)
    broken(largest(folder / "2"), "flipped")
    assert Checkpoints(folder, IDENTITY).restore(training(2))[0] == 2


def test_saving_continues_after_a_damaged_checkpoint(folder):
    broken(largest(folder / "2"), "flipped")
    checkpoints = Checkpoints(folder, IDENTITY)
    checkpoints.restore(training(2))
    for step in (2, 3):
        checkpoints.save(step, training(2, step))
    checkpoints.close()
    assert sorted(os.listdir(folder)) == ["2", "3", "damaged-2"]
    assert_same(Checkpoints(folder, IDENTITY).restore(training(2))[1], training(2, 3))


def test_changed_metadata_is_damage_and_not_another_training(folder):
    path = folder / "2/meta/metadata"
    path.write_text(path.read_text().replace("abc", "abd"))
    assert Checkpoints(folder, IDENTITY).restore(training(2))[0] == 1


def test_training_does_not_restart_if_all_checkpoints_are_damaged(folder, capfd):
    for step in "12":
        broken(largest(folder / step), "flipped")
    with pytest.raises(CheckpointError, match=r"can be restored \(step 2: .*w.*SHA-256; step 1: .*or delete .*steps"):
        Checkpoints(folder, IDENTITY).restore(training(2))
    assert sorted(os.listdir(folder)) == ["1", "2"], "nothing was renamed"
    assert not capfd.readouterr().err


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(CheckpointError, match=r"contains thesis.tex, but no checkpoint"):
        Checkpoints(tmp_path, IDENTITY).restore(training(2))
    assert os.listdir(tmp_path) == ["thesis.tex"]


def test_an_incomplete_checkpoint_is_ignored(folder):
    (folder / "2").rename(folder / "2.orbax-checkpoint-tmp")
    checkpoints = Checkpoints(folder, IDENTITY)
    assert checkpoints.restore(training(2))[0] == 1
    checkpoints.save(2, training(2, 2))
    checkpoints.close()
    assert sorted(os.listdir(folder)) == ["1", "2"]


def test_training_starts_if_no_checkpoint_was_completed(folder):
    shutil.rmtree(folder / "1")
    (folder / "2").rename(folder / "2.orbax-checkpoint-tmp")
    checkpoints = Checkpoints(folder, IDENTITY)
    assert checkpoints.restore(training(2)) is None
    checkpoints.close()


def test_checkpoints_of_another_training_are_refused_with_all_differences(folder):
    other = {"flags": {"seeds": 4, "tasks": ["xor"]}, "code": "abc", "data": "digits"}
    with pytest.raises(
        CheckpointError,
        match=r"at step 2: flags.seeds was 3, is 4; data was absent, is digits; name another --output_dir, or "
        rf"delete {folder} ",
    ):
        Checkpoints(folder, other).restore(training(2))


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"host": np.zeros(5)}, r"\['host'\] was float64\[4\], is float64\[5\]"),
        ({"host": np.zeros(4, np.float32)}, r"\['host'\] was float64\[4\], is float32\[4\]"),
        ({"key": jax.random.key(0, impl="rbg")}, r"\['key'\] was key<fry>\[\], is key<rbg>\[\]"),
        ({"new": jnp.zeros(())}, r"\['new'\] was absent, is float32\[\]"),
    ],
)
def test_checkpoints_of_other_arrays_are_refused(two_steps, change, difference):
    with pytest.raises(CheckpointError, match=f"at step 2: {difference}; name"):
        Checkpoints(two_steps, IDENTITY).restore(training(2) | change)


def test_a_full_disk_is_reported_and_the_checkpoint_before_remains(tmp_path, capfd):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", small], capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        x = jax.random.normal(jax.random.key(0), (1000, 800))  # 3.2 MB, which do not compress
        checkpoints = Checkpoints(small / "steps", IDENTITY)
        checkpoints.save(1, {"x": x})
        checkpoints.save(2, {"x": x + 1})
        with pytest.raises(CheckpointError, match=r"of step 2 could not be written to .*: no space is left"):
            checkpoints.close()
        checkpoints.close()
        step, tree = Checkpoints(small / "steps", IDENTITY).restore({"x": x})
        assert step == 1
        assert np.array_equal(tree["x"], x)
        assert not capfd.readouterr().err
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def test_a_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match=r"file/steps cannot be used for checkpoints"):
        Checkpoints(tmp_path / "file" / "steps", IDENTITY).save(1, {"x": jnp.ones(2)})


def test_digests_are_of_the_shards():
    x = jnp.arange(32, dtype=jnp.float32).reshape(8, 4)
    whole, rows, copies = digests([on(1, x), on(2, x, "trial"), on(8, x)])
    assert list(whole) == list(copies) == ["0:8,0:4"]
    assert whole == copies
    assert list(rows) == ["0:4,0:4", "4:8,0:4"]
    assert rows["4:8,0:4"] == digests([on(1, x[4:])])[0]["0:4,0:4"]
    for devices in (1, 2, 8):
        assert not differs(on(devices, x, "trial"), rows)
        assert differs(on(devices, x.at[5, 1].add(1e-6), "trial"), rows)
        assert differs(on(devices, x.at[5, 1].add(1e-6)), whole)
