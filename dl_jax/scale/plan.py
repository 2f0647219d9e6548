"""What a program will need on devices that are not there: memory, and the least time that a call can take."""

from collections.abc import Iterable
from typing import NamedTuple

from dl_jax.scale.chips import GIB, Chip
from dl_jax.scale.hlo import Moved


class Plan(NamedTuple):
    """One program, compiled for `devices` devices; bytes, and FLOPs where not said otherwise, are for one device.

    argument, output, temp: bytes; `alias` of the outputs lie where donated arguments lay; `peak` is the most at once.
    flops:       useful ones of a call on all devices together: products, found in the jaxpr (training.cost).
    counted:     the compiler's FLOPs; it takes the body of each loop once, so that of many steps it sees one.
    memory:      bytes to and from HBM in a call, loops as often as they turn (runtime.hlo).
    collectives: what is sent to other devices in a call, by kind, loops likewise.
    chip:        None where the program was only lowered (cuda): then all but argument, flops and counted are unknown,
                 and `counted` is for the program before it is cut into devices.
    """

    name: str
    devices: int
    chip: Chip | None
    argument: float
    output: float
    alias: float
    temp: float
    peak: float
    flops: float
    counted: float
    memory: float
    collectives: dict[str, Moved]

    @property
    def sent(self) -> float:
        """Bytes that a device sends to others in a call."""
        return sum(moved.bytes for moved in self.collectives.values())

    @property
    def seconds(self) -> dict[str, float]:
        """The least time that each part of the chip needs for a call: a bound from below, with all of it at its best.

        Links: as if each byte took any link that is free; a slice without wrap-around, or a ring along one axis of the
        mesh, has fewer of them.
        """
        chip = self.chip
        if not chip:
            return {}
        useful = self.flops / self.devices
        return {
            "FLOPs": useful / chip.flops,
            "memory": self.memory / chip.bandwidth,
            "links": self.sent / chip.links,
        }

    @property
    def binds(self) -> str:
        """Which part takes longest."""
        return max(self.seconds, key=self.seconds.get)

    @property
    def mfu(self) -> float:
        """Model FLOPs utilization at most: useful FLOPs beside what the chips could do in the least time."""
        return self.seconds["FLOPs"] / max(self.seconds.values()) if self.flops else 0.0


COLUMNS = (
    ("arguments", 9),
    ("outputs", 9),
    ("in place", 9),
    ("temporary", 9),
    ("peak", 9),
    ("of HBM", 6),
    ("useful", 7),
    ("counted", 7),
    ("memory", 9),
    ("links", 9),
    ("at least", 8),
    ("bound by", 8),
    ("MFU", 5),
)
NOTES = """\
arguments to peak: bytes on one device. useful: FLOPs of products, found in the program as written; counted: FLOPs as
the compiler counts them, the body of a loop once. memory, links: bytes of one call through HBM, and to other devices.
at least: the longest of useful FLOPs, memory and links, each at its published rate; MFU: what that leaves at best.\
"""


def table(plans: Iterable[Plan]) -> str:
    """The plans as text of at most 118 columns: the name, the figures, and what goes between devices."""
    lines = [_row([title for title, _ in COLUMNS])]
    for plan in plans:
        lines += ["", f"{_shortened(plan.name, 90)} ({plan.devices} device{'s' * (plan.devices != 1)})"]
        lines.append(_row(_figures(plan)))
        moved = [f"{kind} {m.count:g} x {amount(m.bytes / m.count)}" for kind, m in plan.collectives.items()]
        lines += [_shortened("    " + ", ".join(moved), 118)] if moved else []
    return "\n".join([*lines, "", NOTES])


def _row(cells):
    return " ".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=True))


def _figures(plan):
    flops = [count(plan.flops / plan.devices), count(plan.counted)]
    if not plan.chip:
        return [amount(plan.argument), *"-----", *flops, *"-----"]
    return [
        *map(amount, (plan.argument, plan.output, plan.alias, plan.temp, plan.peak)),
        f"{plan.peak / plan.chip.hbm:.1%}",
        *flops,
        amount(plan.memory),
        amount(plan.sent),
        duration(max(plan.seconds.values())),
        plan.binds,
        f"{plan.mfu:.0%}",
    ]


def _shortened(text, width):
    return text if len(text) <= width else text[: width - 3] + "..."


def amount(size: float) -> str:
    """Bytes with three digits: 12.3 GiB."""
    return _scaled(size, 1024, (" B", " KiB", " MiB", " GiB", " TiB", " PiB"))


def count(number: float) -> str:
    """A number with three digits: 12.3 T."""
    return _scaled(number, 1000, ("", " K", " M", " G", " T", " P", " E"))


def duration(seconds: float) -> str:
    """Seconds with three digits: 12.3 ms."""
    return f"{seconds:.0f} s" if seconds >= 999.5 else _scaled(seconds * 1e6, 1000, (" us", " ms", " s"))


def _scaled(number, step, units):
    place = next((at for at, _ in enumerate(units) if number / step**at < 999.5), len(units) - 1)
    return f"{number / step**place:.3g}{units[place]}"


def rates(name: str, chip: Chip) -> str:
    """What one device of a chip can do, in a line."""
    return (
        f"{name}, each device: {chip.flops / 1e12:g} TFLOP/s in bf16, {chip.hbm / GIB:g} GiB of HBM at "
        f"{chip.bandwidth / 1e9:g} GB/s, links that send {chip.links / 1e9:g} GB/s"
    )
