"""Progress of a run on standard error: the experiment, its current part, and the expected time that remains."""

import sys
from time import monotonic
from typing import TextIO

from dl_jax.scale.processes import is_first


def duration(seconds: float) -> str:
    """Return a duration in words: "48 s", "3 min 20 s", "2 h 5 min". Negative durations count as 0."""
    seconds = round(max(0.0, seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


MIN_SHARE = 0.02
"""Share of a part that must be done before its speed is extrapolated: the first calls mostly compile."""


class Progress:
    """Progress of several experiments: one line that is rewritten on a terminal, a line every LOG_EVERY s in a log.

    expected: seconds that each experiment is expected to take, by name, in the order in which they run. The ratio of
              actual to expected seconds of the experiments that have run corrects the forecast for the others.
    stream:   where the lines go; standard error by default.
    """

    LOG_EVERY = 15.0

    def __init__(self, expected: dict[str, float], stream: TextIO | None = None):
        self.expected, self.stream = expected, stream or sys.stderr
        self.actual_s, self.expected_s = 0.0, 0.0
        self.name, self.part, self.share, self.printed = "", "", 0.0, -1e9
        self.started = self.part_started = self.updated = monotonic()

    def start(self, name: str) -> None:
        """Start an experiment."""
        self.name, self.started, self.printed = name, monotonic(), -1e9
        self.part, self.part_started, self.updated = "", self.started, self.started
        self.update("starting", 0, 1)

    def finish(self, ran: bool) -> None:
        """Finish the experiment. Set `ran` to False if earlier results were used, which says nothing about speed."""
        if ran:
            self.actual_s += monotonic() - self.started
            self.expected_s += self.expected.get(self.name, 0.0)
        self.expected = {name: s for name, s in self.expected.items() if name != self.name}
        self._clear()

    def remaining(self) -> float:
        """Return the expected seconds until all experiments are finished."""
        ratio = self.actual_s / self.expected_s if self.expected_s else 1.0
        return max(0.0, ratio * sum(self.expected.values()) - (monotonic() - self.started))

    def update(self, part: str, done: int, total: int) -> None:
        """Report that `done` of `total` units of a part of the running experiment are done. A part may have no name."""
        now, terminal = monotonic(), self.stream.isatty()
        if part != self.part or done / total < self.share:  # the next part may have the same name
            self.part, self.part_started = part, self.updated
        self.updated, self.share = now, done / total
        if not is_first() or (not terminal and now - self.printed < self.LOG_EVERY):
            return
        self.printed = now
        rest_of_part = (now - self.part_started) * (total - done) / done if done > MIN_SHARE * total else 0.0
        left = max(self.remaining(), rest_of_part)
        forecast = f", about {duration(left)} left" if left >= 1 else ""  # the run may take longer than expected
        share = f"{part}, {done / total:.0%} of this part" if part else f"{done / total:.0%}"
        line = f"{self.name}: {share}{forecast}"
        self.stream.write(f"\r\033[K{line[:118]}" if terminal else f"{line}\n")
        self.stream.flush()

    def _clear(self):
        if is_first() and self.stream.isatty():
            self.stream.write("\r\033[K")
            self.stream.flush()
