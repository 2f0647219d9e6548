"""Measuring and judging in two rounds: as many seeds more for what the first round leaves undecided."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dl_jax.evidence.judge import is_undecided, judge
from dl_jax.evidence.records import Records
from dl_jax.evidence.statistics import SECOND, sign_p
from dl_jax.evidence.verdicts import Verdicts
from dl_jax.runtime import ledger
from dl_jax.runtime.experiment import Experiment
from dl_jax.runtime.flags import Flags
from dl_jax.training.context import Context

ROUND_SECONDS = 180
"""Expected seconds of a round; a longer one is not repeated."""


def judged(experiment: Experiment, records: Records, flags: Mapping[str, Any], criteria: str) -> Verdicts:
    """Return the verdicts of an experiment on its records.

    flags:    of the run: its seeds and rounds.
    criteria: the digest of the criteria in the ledger's terms (`ledger.digest`) when the records were measured.
    """
    first, count = flags["first_seed"], flags["seeds"]
    verdicts = judge(
        records, experiment.criteria, first_round=range(first, first + count) if flags["rounds"] == 2 else None
    )
    exploratory = ledger.exploratory(experiment, first, criteria)
    return Verdicts(
        replace(verdict, experiment=experiment.name, exploratory=verdict.key in exploratory) for verdict in verdicts
    )


def measured_in_rounds(experiment: Experiment, config: Flags, preset: str, context: Context) -> Records:
    """Return the records of the first round and, if that leaves a core criterion undecided, of as many seeds more.

    An experiment whose second round is expected to take longer than ROUND_SECONDS has one round only.
    """
    records = experiment.measure(config, context)
    more_can_decide = config.rounds == 2 and sign_p(2 * config.seeds, 2 * config.seeds) <= SECOND
    too_long = experiment.expected_seconds(preset, config) > ROUND_SECONDS
    if not more_can_decide or too_long or context.events.dry_run:
        return records
    verdicts = judge(records, experiment.criteria, first_round=config.all_seeds)
    if not any(is_undecided(verdict) for verdict in verdicts if verdict.role == "core"):
        return records
    second = experiment.measure(replace(config, first_seed=config.first_seed + config.seeds), context)
    return Records.gather([records, _with_seeds(second)])


def _with_seeds(records) -> Records:
    """Without the facts, which the first round has too."""
    rows = tuple(row for row in records.rows if "seed" in row)
    return Records(rows, tuple(each for each in records.arrays if "seed" in each.at))
