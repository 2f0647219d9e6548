"""The judge of figure 1b on made-up records: what it supports, refutes and leaves open."""

import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.rounding import EPS
from dl_jax.evidence.verdicts import judge
from experiments import fig1b_chain_rule as experiment

SEEDS = range(5)


def made_up(power=2.0, wrong_power=1.0, error=2.0, wrong_error=0.5, kinked=1.5):
    """Records of a world where remainders go as dx^power, and errors are so many eps."""
    rows = []
    for seed in SEEDS:
        at = {"trial": seed, "seed": seed}
        for name in experiment.UNITS:
            for chain in experiment.FOR_NUMBERS:
                slope = wrong_power if chain != experiment.PRODUCT else kinked if name == "relu" else power
                slope += 0.001 * seed
                rows += [
                    {**at, "nonlinearity": name, "chain": chain, "dx": dx, "metric": "remainder", "value": dx**slope}
                    for dx in experiment.STEPS
                ]
            for precision, eps in EPS.items():
                for chain in experiment.FOR_VECTORS:
                    for oracle in (*experiment.EXACT, "finite_differences"):
                        unit = eps ** (2 / 3) if oracle == "finite_differences" else eps
                        value = error * unit if chain == experiment.PRODUCT else wrong_error
                        axes = {"nonlinearity": name, "precision": precision, "chain": chain, "oracle": oracle}
                        rows.append({**at, **axes, "metric": "relative_error", "value": value})
    return Records(tuple(rows))


def answers(records):
    """The verdicts in words, in the order of the criteria."""
    return [str(verdict.verdict) for verdict in judge(records, experiment.CRITERIA)]


def test_a_true_chain_rule_is_supported():
    assert answers(made_up()) == ["SUPPORTED"] * 5


def test_a_slope_of_1_is_no_chain_rule():
    assert answers(made_up(power=1.2))[:2] == ["REFUTED"] * 2


def test_controls_that_pass_are_errors():
    assert answers(made_up(wrong_power=2.0))[:2] == ["ERROR"] * 2
    assert answers(made_up(wrong_error=0.0))[3:] == ["ERROR"] * 2


def test_errors_beyond_rounding_refute():
    assert answers(made_up(error=21.0))[3:] == ["REFUTED", "SUPPORTED"]
    assert answers(made_up(error=2e3, wrong_error=0.9))[3:] == ["REFUTED", "REFUTED"]


def test_a_rectifier_without_a_kink_would_speak_against_the_counter_evidence():
    assert answers(made_up(kinked=2.0))[2] == "REFUTED"


def test_nothing_measured_is_not_run():
    assert set(answers(Records(()))) == {"NOT_RUN"}


@pytest.mark.slow
def test_the_figure_is_drawn_and_everything_supported(tmp_path):
    from dl_jax.training.context import local_context

    records = experiment.measure(experiment.Config(), local_context())
    assert set(answers(records)) == {"SUPPORTED"}
    for name, figure in experiment.draw(records).items():
        figure.savefig(tmp_path / f"{name}.png")
