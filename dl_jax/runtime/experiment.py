"""The parts of an experiment module, as one object."""

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
    """One experiment module: its flags, measurement, criteria and figures.

    name:     of the module, without its package.
    doc:      the module's docstring.
    file:     the module's source file.
    config:   the dataclass of its flags; the defaults are the preset "laptop".
    presets:  the flags that differ from the defaults, for the presets "smoke" and "accelerator".
    measure:  (config, context) -> the records.
    criteria: what the records must show for the paper's statements to hold.
    draw:     (records) -> figures by name.
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
        """Return the experiment in a module. AttributeError names a missing part."""
        name = module.__spec__.name.rpartition(".")[2]
        parts = (module.Config, module.PRESETS, module.measure, module.CRITERIA, module.draw)
        return cls(name, module.__doc__ or "", module.__file__, *parts)

    def configured(self, preset: str, **given: Any) -> Flags:
        """Return the preset's config with the flags that were given. FlagError if a value is out of range."""
        return self.config(**{**self.presets.get(preset, {}), **given})

    @property
    def title(self) -> str:
        """The first line of the docstring."""
        return self.doc.strip().splitlines()[0]

    def seconds(self, preset: str) -> float:
        """How long its docstring says that it takes on two CPU cores; a few seconds at preset smoke."""
        found = re.search(r"^Takes\s+(\d+) (s|min)\b", self.doc, re.MULTILINE)
        laptop = float(found[1]) * {"s": 1, "min": 60}[found[2]] if found else 60.0
        return min(laptop, 20.0) if preset == "smoke" else laptop
