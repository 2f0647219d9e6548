"""What a file in experiments/ offers, and what became of it once it ran."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from matplotlib.figure import Figure

from dl_jax.evidence.criteria import Criterion
from dl_jax.evidence.records import Records
from dl_jax.runtime.flags import Flags
from dl_jax.training.context import Context

PRESETS = ("smoke", "laptop", "accelerator")


@dataclass(frozen=True)
class Experiment:
    """The question, the measurement, the judgement and the picture of one experiment module.

    presets: overrides of the config's defaults for "smoke" and "accelerator"; the defaults are "laptop".
    """

    name: str
    doc: str
    file: str
    config: type[Flags]
    presets: dict[str, dict[str, Any]]
    measure: Callable[[Flags, Context], Records]
    criteria: tuple[Criterion, ...]
    draw: Callable[[Records], dict[str, Figure]]

    @classmethod
    def of(cls, module: ModuleType) -> "Experiment":
        """The experiment that a module holds; AttributeError names what it lacks."""
        name = module.__spec__.name.rpartition(".")[2]
        parts = (module.Config, module.PRESETS, module.measure, module.CRITERIA, module.draw)
        return cls(name, module.__doc__ or "", module.__file__, *parts)

    def configured(self, preset: str, **typed: Any) -> Flags:
        """The preset's config, with what was typed in place of it. FlagError if a value is out of range."""
        return self.config(**{**self.presets.get(preset, {}), **typed})

    @property
    def title(self) -> str:
        """The first line of its docstring."""
        return self.doc.strip().splitlines()[0]

    def seconds(self, preset: str) -> float:
        """How long its docstring says that it takes on two CPU cores; a few seconds at preset smoke."""
        found = re.search(r"^Takes\s+(\d+) (s|min)\b", self.doc, re.MULTILINE)
        laptop = float(found[1]) * {"s": 1, "min": 60}[found[2]] if found else 60.0
        return min(laptop, 20.0) if preset == "smoke" else laptop
