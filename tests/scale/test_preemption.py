"""SIGTERM, and the checkpoints of a run's trainings."""

import os
import signal

import jax
import jax.numpy as jnp
import pytest

from dl_jax.errors import CheckpointError
from dl_jax.evidence.records import Records
from dl_jax.scale.cache import Cache
from dl_jax.scale.checkpoint import Checkpoints
from dl_jax.scale.checkpointed_run import CheckpointedRun
from dl_jax.scale.preemption import Preempted, StopSignal
from dl_jax.training.context import NoCheckpointer

IDENTITY = {"code": "abc"}
LIKE = {"x": jax.ShapeDtypeStruct((3,), jnp.float32)}
RECORDS = Records(({"metric": "a", "value": 1.0},))


def state(step):
    return {"x": jnp.full(3, step, jnp.float32)}


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def stop():
    with StopSignal() as stop:
        yield stop


def run_in(folder, stop, **options):
    folder = folder / "run"
    return CheckpointedRun(Cache(folder).get_or_compute, folder, IDENTITY, stop, **options)


def test_sigterm_is_recorded_and_reported_once(capfd):
    before = signal.getsignal(signal.SIGTERM)
    with StopSignal() as stop:
        assert not stop.received()
        terminate()
        terminate()
        assert stop.received()
    assert signal.getsignal(signal.SIGTERM) is before
    assert capfd.readouterr().err.strip() == "SIGTERM: the run stops as soon as it has saved its state."


def test_preempted_is_not_an_exception_that_handlers_of_errors_catch():
    assert not issubclass(Preempted, Exception)


def test_a_training_saves_when_a_checkpoint_is_due(tmp_path, stop):
    with run_in(tmp_path, stop, every_s=0.0) as run:
        checkpointer = run.checkpointer({})
        assert checkpointer.restore(LIKE) is None
        for step in (1, 2, 3):
            checkpointer.save_if_due(step, state(step))
        checkpointer.close()
    with run_in(tmp_path, stop) as run:
        step, tree = run.checkpointer({}).restore(LIKE)
    assert (step, tree["x"].tolist()) == (3, [3.0] * 3)


def test_a_short_training_saves_nothing(tmp_path, stop):
    with run_in(tmp_path, stop) as run:
        checkpointer = run.checkpointer({})
        checkpointer.save_if_due(1, state(1))
        checkpointer.close()
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"0.lock", "origin.json"}


def test_on_sigterm_a_training_saves_before_the_run_ends(tmp_path, stop):
    with run_in(tmp_path, stop) as run:
        checkpointer = run.checkpointer({})
        checkpointer.save_if_due(1, state(1))
        terminate()
        run.raise_if_preempted()  # does not raise yet: the training has not saved
        with pytest.raises(Preempted):
            checkpointer.save_if_due(2, state(2))
    with run_in(tmp_path, stop) as run:
        assert run.checkpointer({}).restore(LIKE)[0] == 2


def test_on_sigterm_a_run_ends_after_the_part_in_progress(tmp_path, stop):
    def compute():
        terminate()
        return RECORDS

    with run_in(tmp_path, stop) as run:
        run.raise_if_preempted()
        with pytest.raises(Preempted):
            run.get_or_compute({"part": 1}, compute)
        with pytest.raises(Preempted):
            run.raise_if_preempted()
    assert Cache(tmp_path / "run").get_or_compute({"part": 1}, lambda: 1 / 0) == RECORDS


def part_of(run, steps, resumed):
    """Return a part with two trainings, which appends the steps from which they resumed."""

    def compute():
        for _ in range(2):
            checkpointer = run.checkpointer({"steps": steps})
            first, _ = checkpointer.restore(LIKE) or (0, None)
            resumed.append(first)
            for step in range(first + 1, steps + 1):
                checkpointer.save_if_due(step, state(step))
            checkpointer.close()
        return RECORDS

    return compute


def test_each_training_of_each_part_resumes_from_its_checkpoints(tmp_path, stop):
    def broken(compute):
        def broken():
            compute()
            raise ZeroDivisionError

        return broken

    for number, steps in enumerate((2, 3)):
        with pytest.raises(ZeroDivisionError), run_in(tmp_path, stop, every_s=0.0) as run:
            run.get_or_compute({"part": number}, broken(part_of(run, steps, [])))
    for number, steps in enumerate((2, 3)):
        resumed = []
        with run_in(tmp_path, stop, every_s=0.0) as run:
            assert run.get_or_compute({"part": number}, part_of(run, steps, resumed)) == RECORDS
        assert resumed == [steps, steps]
    assert not list((tmp_path / "run").glob("states-*")), "checkpoints are deleted when their part is cached"


def test_checkpoints_of_another_training_with_the_same_number_are_refused(tmp_path, stop):
    with run_in(tmp_path, stop, every_s=0.0) as run:
        run.checkpointer({"steps": 5}).save_if_due(1, state(1))
    with run_in(tmp_path, stop) as run, pytest.raises(CheckpointError, match=r"training\.steps was 5, is 6"):
        run.checkpointer({"steps": 6}).restore(LIKE)


def save_and_fail(checkpointer):
    checkpointer.save_if_due(7, state(7))
    raise ZeroDivisionError


def test_a_write_in_progress_is_finished_when_a_run_fails(tmp_path, stop):
    with pytest.raises(ZeroDivisionError), run_in(tmp_path, stop, every_s=0.0) as run:
        save_and_fail(run.checkpointer({}))
    assert Checkpoints(tmp_path / "run/states-outside/0", IDENTITY | {"training": {}}).restore(LIKE)[0] == 7


def test_of_two_equal_runs_at_the_same_training_one_saves(tmp_path, stop):
    with run_in(tmp_path, stop) as first, run_in(tmp_path, stop) as second:
        assert not isinstance(first.checkpointer({}), NoCheckpointer)
        assert isinstance(second.checkpointer({}), NoCheckpointer)
    with run_in(tmp_path, stop) as third:
        assert not isinstance(third.checkpointer({}), NoCheckpointer)
