"""The parts of an experiment module, as one object."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from types import ModuleType
from typing import Any

from matplotlib.figure import Figure

from dl_jax.evidence.coverage import NotJudged
from dl_jax.evidence.criteria import Criterion
from dl_jax.evidence.records import Records
from dl_jax.runtime import ledger
from dl_jax.runtime.flags import Flags
from dl_jax.training.context import Context

PRESETS = ("smoke", "laptop", "accelerator")
AMOUNTS = ("seeds", "steps", "epochs")
"""Flags to which the running time is proportional, besides the number of values of each axis."""
MIN_SECONDS = 10
"""Expected seconds of the smallest run, which mostly compiles; less for an experiment that never takes as long."""


@dataclass(frozen=True)
class Experiment:
    """One experiment module: its flags, measurement, criteria and figures.

    name:     of the module, without its package.
    doc:      the module's docstring.
    file:     the module's source file.
    config:   the dataclass of its flags; the defaults are the preset "laptop".
    presets:  the flags that differ from the defaults, for the presets "smoke" and "accelerator".
    seconds:  that each preset is expected to take: on an accelerator for "accelerator", otherwise on two CPU cores. A
              module may give one number, for "laptop".
    measure:  (config, context) -> the records.
    criteria: what the records must show for the paper's statements to hold.
    draw:     (records) -> figures by name.
    not_judged: what is recorded and not judged, each with a reason.
    """

    name: str
    doc: str
    file: str
    config: type[Flags]
    presets: dict[str, dict[str, Any]]
    seconds: dict[str, float]
    measure: Callable[[Flags, Context], Records]
    criteria: tuple[Criterion, ...]
    draw: Callable[[Records], dict[str, Figure]]
    not_judged: tuple[NotJudged, ...]

    @classmethod
    def of(cls, module: ModuleType) -> "Experiment":
        """Return the experiment in a module. AttributeError names a missing part."""
        assert module.__spec__ is not None  # a module run by `python -m` has one, though its name is __main__
        name = module.__spec__.name.rpartition(".")[2]
        seconds = module.SECONDS if isinstance(module.SECONDS, dict) else {"laptop": module.SECONDS}
        parts = (module.Config, module.PRESETS, seconds, module.measure, module.CRITERIA, module.draw)
        not_judged = getattr(module, "NOT_JUDGED", ())
        return cls(name, module.__doc__ or "", module.__file__ or "", *parts, not_judged)

    def configured(self, preset: str, **given: Any) -> Flags:
        """Return the preset's config with the flags that were given. FlagError if a value is out of range.

        The seeds are those of a confirmatory run, from the ledger; at "smoke", which decides nothing, always the same.
        """
        seeds = {"rounds": 1} if preset == "smoke" else {"first_seed": ledger.first_seed(self.name)}
        return self.config(**{**seeds, **self.presets.get(preset, {}), **given})

    @property
    def title(self) -> str:
        """The first line of the docstring."""
        return self.doc.strip().splitlines()[0]

    def expected_seconds(self, preset: str, config: Flags) -> float:
        """Return the seconds that a run with these flags is expected to take, in proportion to those of its preset.

        A preset without expected seconds counts as a larger or smaller "laptop".
        """
        base = preset if preset in self.seconds else "laptop"
        seconds = self.seconds[base]
        return max(min(seconds, MIN_SECONDS), seconds * _relative_amount(config, self.configured(base)))


def _relative_amount(config, base) -> float:
    """Return how much there is to compute, relative to `base`: the ratio of the amounts and of the number of trials."""
    ratio = 1.0
    for field in fields(config):
        value, usual = getattr(config, field.name), getattr(base, field.name)
        if isinstance(value, tuple) and field.name != "hidden":  # the layers of one net are not an axis
            value, usual = len(value), len(usual)
        elif field.name not in AMOUNTS:
            continue
        if value and usual:  # 0 steps or no values stand for a default that the experiment computes
            ratio *= value / usual
    return ratio
