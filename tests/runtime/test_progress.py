"""Progress, against a clock that the tests set."""

import io
import re

import pytest

from dl_jax.runtime import progress
from dl_jax.runtime.progress import Progress, duration


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self):
        return True


class Clock:
    """A clock that only the tests advance."""

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


def test_the_remaining_time_falls_as_time_passes(clock):
    reported = Progress({"first": 100.0, "second": 50.0}, io.StringIO())
    reported.start("first")
    remaining = []
    for _ in range(40):
        remaining.append(reported.remaining())
        clock.now += 5
    assert remaining[0] == 150
    assert remaining[1] == 145
    assert remaining == sorted(remaining, reverse=True)
    assert remaining[-1] == 0


def test_the_speed_of_finished_experiments_corrects_the_forecast(clock):
    reported = Progress({"first": 100.0, "second": 50.0, "third": 30.0}, io.StringIO())
    reported.start("first")
    clock.now += 200
    reported.finish(ran=True)
    reported.start("second")
    assert reported.remaining() == 2 * (50 + 30)
    clock.now += 1
    reported.finish(ran=False)  # earlier results were used
    reported.start("third")
    assert reported.remaining() == 2 * 30


def test_a_log_gets_a_line_every_few_seconds(clock):
    stream = io.StringIO()
    reported = Progress({"first": 600.0}, stream)
    reported.start("first")
    for done in range(1, 601):
        clock.now += 1
        reported.update("xor", done, 600)
    reported.finish(ran=True)
    lines = stream.getvalue().splitlines()
    assert 600 / Progress.LOG_EVERY <= len(lines) <= 1 + 600 / Progress.LOG_EVERY
    assert lines[0] == "first: starting, 0% of this part, about 10 min 0 s left"
    assert "\033" not in stream.getvalue()
    left = [int(m) * 60 + int(s) for m, s in re.findall(r"about (?:(\d+) min) (\d+) s", stream.getvalue())]
    assert left == sorted(left, reverse=True)


def test_each_experiment_gets_a_line_when_it_starts(clock):
    stream = io.StringIO()
    reported = Progress({"first": 5.0, "second": 5.0}, stream)
    for name in ("first", "second"):
        reported.start(name)
        reported.finish(ran=True)
    assert [line.partition(":")[0] for line in stream.getvalue().splitlines()] == ["first", "second"]


def test_a_part_that_is_slower_than_expected_corrects_the_forecast(clock):
    stream = io.StringIO()
    reported = Progress({"first": 10.0}, stream)
    reported.start("first")
    clock.now += 100
    reported.update("slow", 1, 4)
    assert stream.getvalue().splitlines()[-1] == "first: slow, 25% of this part, about 5 min 0 s left"


def test_a_part_without_a_name_has_no_empty_label(clock):
    stream = io.StringIO()
    reported = Progress({"first": 10.0}, stream)
    reported.start("first")
    clock.now += 20
    reported.update("", 1, 2)
    assert stream.getvalue().splitlines()[-1] == "first: 50%, about 20 s left"


def test_a_run_that_takes_longer_than_expected_has_no_forecast(clock):
    stream = io.StringIO()
    reported = Progress({"first": 10.0}, stream)
    reported.start("first")
    clock.now += 20
    reported.update("xor", 2, 2)
    assert stream.getvalue().splitlines()[-1] == "first: xor, 100% of this part"


def test_on_a_terminal_one_line_is_rewritten(clock):
    stream = Terminal()
    reported = Progress({"first": 60.0}, stream)
    reported.start("first")
    for done in range(1, 5):
        clock.now += 0.1
        reported.update("a part with a long name " * 9, done, 4)
    reported.finish(ran=True)
    assert "\n" not in stream.getvalue()
    before, *lines = stream.getvalue().split("\r\033[K")
    assert before == ""
    assert len(lines) == 1 + 4 + 1
    assert lines[0].startswith("first: starting")
    assert all(0 < len(line) < 120 for line in lines[:-1])
    assert lines[-1] == ""


def test_the_speed_is_measured_anew_for_a_second_part_of_the_same_name(clock):
    stream = io.StringIO()
    reported = Progress({"first": 10.0}, stream)
    reported.start("first")
    for done in (1, 2, 1):
        clock.now += 100
        reported.update("fit", done, 2)
    assert stream.getvalue().splitlines()[-1] == "first: fit, 50% of this part, about 1 min 40 s left"


def test_the_first_calls_which_compile_are_not_extrapolated(clock):
    stream = io.StringIO()
    reported = Progress({"first": 60.0}, stream)
    reported.start("first")
    clock.now += 20
    reported.update("sweep", 4, 8000)
    assert stream.getvalue().splitlines()[-1] == "first: sweep, 0% of this part, about 40 s left"
