"""What a compiled program needs: memory on each device, and a lower bound of the time of a call."""

from collections.abc import Iterable
from typing import NamedTuple

from dl_jax.scale.chips import GIB, Chip
from dl_jax.scale.hlo_traffic import Collective


class Plan(NamedTuple):
    """One program, compiled for `devices` devices. Bytes and FLOPs are per device and call unless stated otherwise.

    argument, output, temp: bytes. `alias`: bytes of outputs that reuse donated arguments. `peak`: largest sum at once.
    flops:          useful FLOPs on all devices together: matrix products of the jaxpr (training.flops).
    compiler_flops: as the compiler counts them, which takes the body of each loop once.
    hbm_traffic:    bytes read from and written to HBM, with the trip counts of loops (scale.hlo_traffic).
    collectives:    what is sent to other devices, by kind of collective, with the trip counts of loops.
    chip:           None if the program was only lowered (cuda): then all but argument, flops and compiler_flops are
                    unknown, and compiler_flops is for the program before it is partitioned.
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
    compiler_flops: float
    hbm_traffic: float
    collectives: dict[str, Collective]

    @property
    def bytes_sent(self) -> float:
        """Bytes that a device sends to others in a call."""
        return sum(collective.bytes for collective in self.collectives.values())

    @property
    def seconds(self) -> dict[str, float]:
        """Lower bounds of the time of a call, by resource of the chip: each at its published rate.

        Links: as if each byte could use every link; a slice without wrap-around links, or a ring along one axis of the
        mesh, uses fewer of them.
        """
        chip = self.chip
        if not chip:
            return {}
        return {
            "FLOPs": self.flops / self.devices / chip.flops,
            "memory": self.hbm_traffic / chip.bandwidth,
            "links": self.bytes_sent / chip.links,
        }

    @property
    def bottleneck(self) -> str:
        """The resource with the largest lower bound."""
        seconds = self.seconds
        return max(seconds, key=seconds.__getitem__)

    @property
    def mfu(self) -> float:
        """Upper bound of the model FLOPs utilization: useful FLOPs over the peak FLOPs of the lower bound's time."""
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
arguments to peak: bytes on one device. useful: FLOPs of the matrix products in the program as written; counted:
FLOPs as the compiler counts them, with the body of a loop once. memory, links: bytes of one call through HBM and to
other devices. at least: the longest of useful FLOPs, memory and links, each at its published rate; MFU: upper bound.\
"""


def table(plans: Iterable[Plan]) -> str:
    """Return the plans as text of at most 118 columns: for each the name, the figures, and the collectives."""
    lines = [_row([title for title, _ in COLUMNS])]
    for plan in plans:
        lines += ["", f"{_truncated(plan.name, 90)} ({plan.devices} device{'s' * (plan.devices != 1)})"]
        lines.append(_row(_cells(plan)))
        sent = [f"{kind} {c.calls:g} x {format_bytes(c.bytes / c.calls)}" for kind, c in plan.collectives.items()]
        lines += [_truncated("    " + ", ".join(sent), 118)] if sent else []
    return "\n".join([*lines, "", NOTES])


def _row(cells):
    return " ".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=True))


def _cells(plan):
    flops = [format_count(plan.flops / plan.devices), format_count(plan.compiler_flops)]
    if not plan.chip:
        return [format_bytes(plan.argument), *"-----", *flops, *"-----"]
    return [
        *map(format_bytes, (plan.argument, plan.output, plan.alias, plan.temp, plan.peak)),
        f"{plan.peak / plan.chip.hbm:.1%}",
        *flops,
        format_bytes(plan.hbm_traffic),
        format_bytes(plan.bytes_sent),
        format_seconds(max(plan.seconds.values())),
        plan.bottleneck,
        f"{plan.mfu:.0%}",
    ]


def _truncated(text, width):
    return text if len(text) <= width else text[: width - 3] + "..."


def format_bytes(size: float) -> str:
    """Return a number of bytes with three digits: 12.3 GiB."""
    return _with_unit(size, 1024, (" B", " KiB", " MiB", " GiB", " TiB", " PiB"))


def format_count(number: float) -> str:
    """Return a number with three digits: 12.3 T."""
    return _with_unit(number, 1000, ("", " K", " M", " G", " T", " P", " E"))


def format_seconds(seconds: float) -> str:
    """Return a duration with three digits: 12.3 ms."""
    return f"{seconds:.0f} s" if seconds >= 999.5 else _with_unit(seconds * 1e6, 1000, (" us", " ms", " s"))


def _with_unit(number, base, units):
    exponent = next((power for power, _ in enumerate(units) if number / base**power < 999.5), len(units) - 1)
    return f"{number / base**exponent:.3g}{units[exponent]}"


def chip_summary(name: str, chip: Chip) -> str:
    """Return the rates of one device of a chip as a line."""
    return (
        f"{name}, each device: {chip.flops / 1e12:g} TFLOP/s in bf16, {chip.hbm / GIB:g} GiB of HBM at "
        f"{chip.bandwidth / 1e9:g} GB/s, links that send {chip.links / 1e9:g} GB/s"
    )
