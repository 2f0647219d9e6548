"""SIGTERM, and the places where a run's trainings are saved."""

import os
import signal

import jax
import jax.numpy as jnp
import pytest

from dl_jax.errors import CheckpointError
from dl_jax.scale.cache import Memory
from dl_jax.scale.checkpoint import Checkpoints
from dl_jax.scale.preemption import Preempted, Stop
from dl_jax.scale.trainings import Trainings
from dl_jax.training.context import NoCheckpointer

ABOUT = {"code": "abc"}
LIKE = {"x": jax.ShapeDtypeStruct((3,), jnp.float32)}
ROWS = [{"metric": "a", "value": 1.0}]


def state(step):
    return {"x": jnp.full(3, step, jnp.float32)}


def terminated():
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def stop():
    with Stop() as stop:
        yield stop


def trainings_in(folder, stop, **options):
    folder = folder / "run"
    return Trainings(Memory(folder).keep, folder, ABOUT, stop, **options)


def test_sigterm_is_noted_and_told_once(capfd):
    before = signal.getsignal(signal.SIGTERM)
    with Stop() as stop:
        assert not stop.everywhere()
        terminated()
        terminated()
        assert stop.everywhere()
    assert signal.getsignal(signal.SIGTERM) is before
    assert capfd.readouterr().err.strip() == "SIGTERM: stops as soon as what was computed is saved."


def test_no_handler_of_errors_holds_it():
    assert not issubclass(Preempted, Exception)


def test_a_training_saves_when_it_is_due(tmp_path, stop):
    with trainings_in(tmp_path, stop, every_s=0.0) as trainings:
        saved = trainings.saved({})
        assert saved.newest(LIKE) is None
        for step in (1, 2, 3):
            saved.after(step, state(step))
        saved.done()
    with trainings_in(tmp_path, stop) as trainings:
        step, tree = trainings.saved({}).newest(LIKE)
    assert (step, tree["x"].tolist()) == (3, [3.0] * 3)


def test_a_short_training_saves_nothing(tmp_path, stop):
    with trainings_in(tmp_path, stop) as trainings:
        saved = trainings.saved({})
        saved.after(1, state(1))
        saved.done()
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"0.lock", "origin.json"}


def test_told_to_stop_a_training_saves_first(tmp_path, stop):
    with trainings_in(tmp_path, stop) as trainings:
        saved = trainings.saved({})
        saved.after(1, state(1))
        terminated()
        trainings.safe_point()  # none yet: the training has not saved
        with pytest.raises(Preempted):
            saved.after(2, state(2))
    with trainings_in(tmp_path, stop) as trainings:
        assert trainings.saved({}).newest(LIKE)[0] == 2


def test_told_to_stop_a_run_ends_between_its_parts(tmp_path, stop):
    def compute():
        terminated()
        return ROWS

    with trainings_in(tmp_path, stop) as trainings:
        trainings.safe_point()
        with pytest.raises(Preempted):
            trainings.keep({"part": 1}, compute)
        with pytest.raises(Preempted):
            trainings.safe_point()
    assert Memory(tmp_path / "run").keep({"part": 1}, lambda: 1 / 0) == ROWS


def part_of(trainings, steps, found):
    """A part with two trainings, which notes from where they went on."""

    def compute():
        for _ in range(2):
            saved = trainings.saved({"steps": steps})
            first, _ = saved.newest(LIKE) or (0, None)
            found.append(first)
            for step in range(first + 1, steps + 1):
                saved.after(step, state(step))
            saved.done()
        yield from ROWS

    return compute


def test_each_training_of_each_part_goes_on_from_its_own_states(tmp_path, stop):
    def broken(compute, trainings):
        def broken():
            list(compute())
            raise ZeroDivisionError

        return broken

    for number, steps in enumerate((2, 3)):
        with pytest.raises(ZeroDivisionError), trainings_in(tmp_path, stop, every_s=0.0) as trainings:
            trainings.keep({"part": number}, broken(part_of(trainings, steps, []), trainings))
    for number, steps in enumerate((2, 3)):
        found = []
        with trainings_in(tmp_path, stop, every_s=0.0) as trainings:
            assert trainings.keep({"part": number}, part_of(trainings, steps, found)) == ROWS
        assert found == [steps, steps]
    assert not list((tmp_path / "run").glob("states-*")), "the states of kept parts are needed no longer"


def test_states_of_another_training_in_the_same_place_are_refused(tmp_path, stop):
    with trainings_in(tmp_path, stop, every_s=0.0) as trainings:
        trainings.saved({"steps": 5}).after(1, state(1))
    with (
        trainings_in(tmp_path, stop) as trainings,
        pytest.raises(CheckpointError, match=r"training\.steps was 5, is 6"),
    ):
        trainings.saved({"steps": 6}).newest(LIKE)


def breaks_off(saved):
    saved.after(7, state(7))
    raise ZeroDivisionError


def test_what_is_being_written_when_a_run_breaks_off_is_finished(tmp_path, stop):
    with pytest.raises(ZeroDivisionError), trainings_in(tmp_path, stop, every_s=0.0) as trainings:
        breaks_off(trainings.saved({}))
    assert Checkpoints(tmp_path / "run/states-outside/0", ABOUT | {"training": {}}).newest(LIKE)[0] == 7


def test_a_training_that_another_run_is_at_is_not_saved_twice(tmp_path, stop):
    with trainings_in(tmp_path, stop) as first, trainings_in(tmp_path, stop) as second:
        assert not isinstance(first.saved({}), NoCheckpointer)
        assert isinstance(second.saved({}), NoCheckpointer)
    with trainings_in(tmp_path, stop) as third:
        assert not isinstance(third.saved({}), NoCheckpointer)
