"""What a person is told while it runs, against a clock that the tests set."""

import io
import re

import pytest

from dl_jax.runtime import progress
from dl_jax.runtime.progress import Progress, duration


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self):
        return True


class Clock:
    """Seconds that pass only when a test says so."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "monotonic", clock)
    return clock


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (48, "48 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (0.2, "0 s"),
        (-3, "0 s"),
        (59.7, "1 min 0 s"),
        (3599.8, "1 h 0 min"),
    ],
)
def test_durations_in_words(seconds, words):
    assert duration(seconds) == words


def test_what_remains_falls_as_time_passes(clock):
    told = Progress({"first": 100.0, "second": 50.0}, io.StringIO())
    told.enter("first")
    found = []
    for _ in range(40):
        found.append(told.remaining())
        clock.now += 5
    assert found[0] == 150
    assert found[1] == 145
    assert found == sorted(found, reverse=True)
    assert found[-1] == 0


def test_the_first_experiment_tells_how_fast_this_machine_is(clock):
    told = Progress({"first": 100.0, "second": 50.0, "third": 30.0}, io.StringIO())
    told.enter("first")
    clock.now += 200
    told.leave(ran=True)
    told.enter("second")
    assert told.remaining() == 2 * (50 + 30)
    clock.now += 1
    told.leave(ran=False)  # its records were there: that says nothing about speed
    told.enter("third")
    assert told.remaining() == 2 * 30


def test_a_log_gets_a_line_now_and_then(clock):
    stream = io.StringIO()
    told = Progress({"first": 600.0}, stream)
    told.enter("first")
    for done in range(1, 601):
        clock.now += 1
        told.tell("xor", done, 600)
    told.leave(ran=True)
    lines = stream.getvalue().splitlines()
    assert 600 / Progress.LOG_EVERY <= len(lines) <= 1 + 600 / Progress.LOG_EVERY
    assert lines[0] == "first: begins, 0% of this part, about 10 min 0 s to go"
    assert "\033" not in stream.getvalue()
    still = [int(m) * 60 + int(s) for m, s in re.findall(r"about (?:(\d+) min) (\d+) s", stream.getvalue())]
    assert still == sorted(still, reverse=True)


def test_each_experiment_gets_a_line_as_it_begins(clock):
    stream = io.StringIO()
    told = Progress({"first": 5.0, "second": 5.0}, stream)
    for name in ("first", "second"):
        told.enter(name)
        told.leave(ran=True)
    assert [line.partition(":")[0] for line in stream.getvalue().splitlines()] == ["first", "second"]


def test_a_part_that_is_slower_than_expected_corrects_the_forecast(clock):
    stream = io.StringIO()
    told = Progress({"first": 10.0}, stream)
    told.enter("first")
    clock.now += 100
    told.tell("slow", 1, 4)
    assert stream.getvalue().splitlines()[-1] == "first: slow, 25% of this part, about 5 min 0 s to go"


def test_on_a_terminal_one_line_is_written_again_and_again(clock):
    stream = Terminal()
    told = Progress({"first": 60.0}, stream)
    told.enter("first")
    for done in range(1, 5):
        clock.now += 0.1
        told.tell("a part with a long name " * 9, done, 4)
    told.leave(ran=True)
    assert "\n" not in stream.getvalue()
    begin, *lines = stream.getvalue().split("\r\033[K")
    assert begin == ""
    assert len(lines) == 1 + 4 + 1
    assert lines[0].startswith("first: begins")
    assert all(0 < len(line) < 120 for line in lines[:-1])
    assert lines[-1] == ""


def test_a_part_that_follows_one_of_the_same_name_has_a_pace_of_its_own(clock):
    stream = io.StringIO()
    told = Progress({"first": 10.0}, stream)
    told.enter("first")
    for done in (1, 2, 1):
        clock.now += 100
        told.tell("fit", done, 2)
    assert stream.getvalue().splitlines()[-1] == "first: fit, 50% of this part, about 1 min 40 s to go"


def test_a_first_call_that_mostly_compiled_makes_no_forecast(clock):
    stream = io.StringIO()
    told = Progress({"first": 60.0}, stream)
    told.enter("first")
    clock.now += 20
    told.tell("sweep", 4, 8000)
    assert stream.getvalue().splitlines()[-1] == "first: sweep, 0% of this part, about 40 s to go"
