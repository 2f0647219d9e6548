"""What a person sees while it runs: which experiment, what part of it, how long still."""

import sys
from time import monotonic
from typing import TextIO

from dl_jax.scale.processes import is_first


def duration(seconds: float) -> str:
    """ "48 s", "3 min 20 s", "2 h 5 min"."""
    seconds = round(max(0.0, seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


BEGUN = 0.02
"""Share of a part from which on its pace is believed."""


class Progress:
    """One line that is rewritten on a terminal, and a line now and then in a log.

    expected: seconds that each experiment is expected to take, in their order; what was learnt
    of this machine's speed from those that are done corrects the forecast for those to come.
    """

    LOG_EVERY = 15.0

    def __init__(self, expected: dict[str, float], stream: TextIO | None = None):
        self.expected, self.stream = expected, stream or sys.stderr
        self.spent, self.forecast = 0.0, 0.0
        self.name, self.part, self.share, self.said = "", "", 0.0, -1e9
        self.began = self.part_began = self.ended_last = monotonic()

    def enter(self, name: str) -> None:
        """An experiment begins."""
        self.name, self.began, self.said = name, monotonic(), -1e9
        self.part, self.part_began, self.ended_last = "", self.began, self.began
        self.tell("begins", 0, 1)

    def leave(self, ran: bool) -> None:
        """The experiment ended; `ran` is false where its earlier records served."""
        if ran:
            self.spent += monotonic() - self.began
            self.forecast += self.expected.get(self.name, 0.0)
        self.expected = {name: s for name, s in self.expected.items() if name != self.name}
        self._clear()

    def remaining(self) -> float:
        """Seconds still to go, as far as one can tell."""
        speed = self.spent / self.forecast if self.forecast else 1.0
        return max(0.0, speed * sum(self.expected.values()) - (monotonic() - self.began))

    def tell(self, what: str, done: int, of: int) -> None:
        """Part of the running experiment is done."""
        now, terminal = monotonic(), self.stream.isatty()
        if what != self.part or done / of < self.share:  # a part may be followed by another of the same name
            self.part, self.part_began = what, self.ended_last
        self.ended_last, self.share = now, done / of
        if not is_first() or (not terminal and now - self.said < self.LOG_EVERY):
            return
        self.said = now
        # The first calls compile, and tell nothing of those to come.
        rest_of_part = (now - self.part_began) * (of - done) / done if done > BEGUN * of else 0.0
        still = f", about {duration(max(self.remaining(), rest_of_part))} to go" if self.expected else ""
        line = f"{self.name}: {what}, {done / of:.0%} of this part{still}"
        self.stream.write(f"\r\033[K{line[:118]}" if terminal else f"{line}\n")
        self.stream.flush()

    def _clear(self):
        if is_first() and self.stream.isatty():
            self.stream.write("\r\033[K")
            self.stream.flush()
