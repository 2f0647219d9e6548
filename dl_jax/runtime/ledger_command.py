"""The command `ledger`: check the ledger, or append the criteria that changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import ModuleType

from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import Checked, describe, flag, parse
from dl_jax.runtime.ledger import append, changed
from dl_jax.runtime.run import exit_status


@dataclass(frozen=True)
class Arguments(Checked):
    """The flags of the command."""

    why: str = flag("", "what changed in the criteria, and why; appends an entry for each experiment that changed")
    seen: tuple[str, ...] = flag((), "seeds on which anybody has looked before, such as 1000-1012")


def ledger(doc: str, arguments: list[str], modules: Mapping[str, ModuleType]) -> int:
    """Check the ledger for the experiments in `modules`, or append to it. Returns the exit status."""
    return exit_status(lambda: _ledger(doc, arguments, modules))


def _ledger(doc, arguments, modules):
    if {"--help", "-h", "-help"} & set(arguments):
        print("\n".join([doc, *(f"{name}  {text}" for name, text in describe(Arguments))]))
        return 0
    (given,) = parse(arguments, Arguments)
    chosen, missing = Arguments(**given), 0
    for experiment in map(Experiment.of, modules.values()):
        if chosen.why:
            keys = append(experiment, chosen.why, chosen.seen, date.today())
        else:
            keys = list(changed(experiment))
            missing += len(keys)
        for key in keys:
            print(f"{experiment.name}: {key} {'was appended' if chosen.why else 'is not in the ledger as it stands'}")
    if missing:
        print('append them with bash launch/local.sh ledger --why="what changed, and why"')
    return 1 if missing else 0
