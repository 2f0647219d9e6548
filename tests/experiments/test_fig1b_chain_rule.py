"""The criteria of fig1b_chain_rule on planted records."""

import itertools

import pytest

from dl_jax.evidence.coverage import unread
from dl_jax.evidence.judge import judge
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.rounding import EPS
from dl_jax.evidence.verdicts import HOLDS, Answer
from experiments import fig1b_chain_rule as experiment

TANH, RELU = "80.tanh_remainder_is_second_order", "80.relu_kink_lowers_the_order"
LOGISTIC = "80.logistic_remainder_is_second_order"
EXACT, DIFFERENCES = "81.product_is_the_jacobian", "81.product_agrees_with_differences"


def records(power=2.0, wrong_power=1.0, error=2.0, wrong_error=0.5, relu_power=1.5, spread=0.001, seeds=13):
    """Planted records: remainders are dx^power; errors are in units of eps, or of eps^(2/3) for central differences."""
    parts = []
    for seed, name in itertools.product(range(seeds), experiment.UNITS):
        powers = {chain: wrong_power for chain in experiment.FOR_NUMBERS}
        powers[experiment.PRODUCT] = relu_power if name == "relu" else power
        remainder = [
            named([dx ** (order + spread * seed) for dx in experiment.STEPS], dx=experiment.STEPS, chain=chain)
            for chain, order in powers.items()
        ]
        parts.append(measured({"remainder": remainder}, seed=seed, nonlinearity=name, precision="float64"))
        for precision, eps in EPS.items():
            errors = [
                named(
                    wrong_error if chain in experiment.WRONG else error * eps ** (1 if exact else 2 / 3),
                    chain=chain,
                    oracle=oracle,
                )
                for chain in experiment.FOR_VECTORS
                for oracle, exact in (*((each, True) for each in experiment.EXACT), ("finite_differences", False))
            ]
            parts.append(measured({"relative_error": errors}, seed=seed, nonlinearity=name, precision=precision))
    return Records.gather(parts)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_the_chain_rule_is_supported():
    found = answers(records())
    assert set(found) == {TANH, LOGISTIC, RELU, EXACT, DIFFERENCES}
    assert {key for key, answer in found.items() if answer is Answer.SUPPORTED} == {TANH, LOGISTIC, RELU}
    assert {key for key, answer in found.items() if answer is Answer.EXACT} == {EXACT, DIFFERENCES}


def test_exchanged_with_their_controls_no_chain_is_supported():
    exchanged = [
        each._replace(test=each.test._replace(estimand=each.control), control=each.test.estimand)
        for each in experiment.CRITERIA
    ]
    holding = {verdict.key for verdict in judge(records(), exchanged) if verdict.verdict in HOLDS}
    assert not holding


def test_everything_measured_is_judged_or_declared():
    assert unread(records(), experiment.CRITERIA, experiment.NOT_JUDGED) == []


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"power": 1.2}, TANH, Answer.REFUTED),
        ({"power": 1.2}, LOGISTIC, Answer.REFUTED),
        ({"wrong_power": 2.0}, TANH, Answer.ERROR),
        ({"wrong_power": 2.0}, LOGISTIC, Answer.ERROR),
        ({"relu_power": 2.0}, RELU, Answer.REFUTED),
        ({"relu_power": 1.7, "spread": 0.015}, RELU, Answer.INCONCLUSIVE),
        ({"seeds": 2}, RELU, Answer.INCONCLUSIVE),
        ({"error": 21.0}, EXACT, Answer.REFUTED),
        ({"error": 21.0}, DIFFERENCES, Answer.EXACT),
        ({"error": 2e3, "wrong_error": 0.9}, DIFFERENCES, Answer.REFUTED),
        ({"wrong_error": 0.0}, EXACT, Answer.ERROR),
        ({"wrong_error": 0.0}, DIFFERENCES, Answer.ERROR),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


def test_nothing_measured_is_not_run():
    assert set(answers(Records()).values()) == {Answer.NOT_RUN}


@pytest.mark.slow
def test_everything_is_supported_and_drawn(tmp_path):
    from dl_jax.training.context import local_context

    found = experiment.measure(experiment.Config(), local_context())
    assert set(answers(found).values()) == set(HOLDS)
    assert unread(found, experiment.CRITERIA, experiment.NOT_JUDGED) == []
    for name, figure in experiment.draw(found).items():
        figure.savefig(tmp_path / f"{name}.png")
