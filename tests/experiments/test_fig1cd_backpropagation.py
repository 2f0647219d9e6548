"""The criteria of fig1cd_backpropagation on planted records: every equation, every mutation, every control."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.coverage import unread
from dl_jax.evidence.judge import judge
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.rounding import EPS
from dl_jax.evidence.verdicts import HOLDS, Answer
from dl_jax.models.backpropagation import UNITS
from experiments import fig1cd_backpropagation as experiment
from experiments.fig1cd_backpropagation.learning import FAR, NETS
from experiments.fig1cd_backpropagation.mutations import EQUATIONS as EQUATIONS_IN_WORDS
from experiments.fig1cd_backpropagation.mutations import MUTATIONS

FORWARD = (82, 83)
EQUATIONS = [(number, name) for number, (name, _) in EQUATIONS_IN_WORDS.items()]
IDENTITIES = {
    "recomputation_error": "8.layer_follows_from_layer_below",
    "leak_past_first_layer": "8.nothing_leaks_past_a_layer",
    "distance_error": "54.cost_is_half_squared_distance",
    "grad_error": "85.derivatives_pass_from_module_to_module",
    "library_error": "87.printed_sigmoids",
    "identity_error": "87.tanh_is_a_logistic",
}
FACTS = ("library_error", "identity_error")
PLANTED = {
    **{f"{name} {mutation}": 0.7 for _, name in EQUATIONS for mutation in MUTATIONS[name]},
    **{f"{name} none": 3.0 for _, name in EQUATIONS},
    **dict.fromkeys(IDENTITIES, 1.0),
    **{f"{metric} control": 0.4 for metric in IDENTITIES},
    "passed": -0.6,
    "passed control": -37.0,
    "gradient": 0.9,
    "random direction": -0.3,
    "no update": 0.0,
    "random feedback": 0.85,
    "no bias, through origin": 0.99,
    "no bias, far": 0.6,
    "cross-entropy": 0.74,
    "overflow": 88.5,
}
"""Values with which every criterion is supported: errors of what is stated in units of eps, all others as they are."""


def records(seeds=13, spread=1e-3, **changed):
    planted, generator = PLANTED | changed, np.random.default_rng(0)
    assert set(planted) == set(PLANTED)

    def around(value):
        return value + spread * abs(value) * generator.uniform()

    parts = [
        measured(
            {
                "cost_at_target": named([planted["cross-entropy"], 0.0], cost=("cross-entropy", "half squared")),
                "largest_finite_input": named([planted["overflow"], 1000.0], nonlinearity=("tanh", "logistic")),
            },
            precision="float32",
        )
    ]
    for precision, eps in EPS.items():
        errors = {
            name: named([planted[name] * eps, planted[f"{name} control"]], case=("stated", "control")) for name in FACTS
        }
        parts.append(measured(errors, precision=precision))
    for seed in range(seeds):
        for (precision, eps), name in itertools.product(EPS.items(), UNITS):
            errors = [
                each for number, equation in EQUATIONS for each in equation_errors(number, equation, planted, eps)
            ]
            parts.append(measured({"relative_error": errors}, seed=seed, precision=precision, nonlinearity=name))
        for precision, eps in EPS.items():
            metrics = {
                metric: named([planted[metric] * eps, planted[f"{metric} control"]], case=("stated", "control"))
                for metric in IDENTITIES
                if metric not in FACTS
            }
            passed = [around(planted["passed"]), planted["passed control"]]
            metrics["log10_gradient_ratio"] = named(passed, case=("stated", "control"))
            parts.append(measured(metrics, seed=seed, precision=precision))
        removed = [
            named(around(planted[direction]), direction=direction, feedback="weights")
            for direction in ("gradient", "random direction", "no update")
        ]
        removed.append(named(around(planted["random feedback"]), direction="gradient", feedback="random"))
        parts.append(measured({"loss_removed": removed}, seed=seed))
        for distance, nonlinearity in itertools.product((0.0, FAR), NETS):
            without = planted["no bias, far" if distance else "no bias, through origin"]
            accuracy = named([around(without), around(0.99)], biases=(0, 1))
            parts.append(measured({"test_accuracy": accuracy}, seed=seed, distance=distance, nonlinearity=nonlinearity))
    return Records.gather(parts)


def equation_errors(number, equation, planted, eps):
    oracles = ("linen",) if number in FORWARD else ("grad", "jacobians", "finite_differences")
    for oracle in oracles:
        unit = eps ** (2 / 3) if oracle == "finite_differences" else eps
        yield named(planted[f"{equation} none"] * unit, equation=equation, oracle=oracle, mutation="none")
    for mutation in MUTATIONS[equation]:
        yield named(planted[f"{equation} {mutation}"], equation=equation, oracle=oracles[0], mutation=mutation)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def unsupported(**changed):
    """The criteria that are not supported when these values are planted."""
    return {key: answer for key, answer in answers(records(**changed)).items() if answer not in HOLDS}


def keys_of(number, name):
    return {f"{number}.{name}"} | (set() if number in FORWARD else {f"{number}.{name}_by_differences"})


def test_all_is_supported_where_all_holds():
    assert unsupported() == {}


def test_what_is_sampled_is_evidence_and_the_rest_is_exact():
    sampled = {key for key, answer in answers(records()).items() if answer is Answer.SUPPORTED}
    assert sampled == {
        "7.gradient_beats_random_steps",
        "7.random_feedback_learns_too",
        "84.no_bias_needed_through_origin",
        "84.biases_matter_elsewhere",
        "85.derivative_reaches_the_input",
    }


def test_exchanged_with_their_controls_nothing_is_supported():
    exchanged = [
        each._replace(test=each.test._replace(estimand=each.control), control=each.test.estimand)
        for each in experiment.CRITERIA
    ]
    assert not [verdict.key for verdict in judge(records(), exchanged) if verdict.verdict in HOLDS]


def test_everything_measured_is_judged_or_declared():
    assert unread(records(), experiment.CRITERIA, experiment.NOT_JUDGED) == []


def test_every_statement_of_the_docstring_is_judged():
    numbers = {verdict.statement for verdict in judge(records(), experiment.CRITERIA)}
    assert numbers == {7, 8, 54, 82, 83, 84, 85, 87, 88, 89, 90, 91}


@pytest.mark.parametrize(("number", "name"), EQUATIONS)
def test_an_equation_beyond_rounding_is_refuted(number, name):
    assert unsupported(**{f"{name} none": 30.0}) == {f"{number}.{name}": Answer.REFUTED}


@pytest.mark.parametrize(("number", "name"), EQUATIONS)
def test_an_equation_beyond_central_differences_is_refuted_by_both(number, name):
    assert unsupported(**{f"{name} none": 1100.0}) == dict.fromkeys(keys_of(number, name), Answer.REFUTED)


@pytest.mark.parametrize(
    ("number", "name", "mutation"),
    [(number, name, mutation) for number, name in EQUATIONS for mutation in MUTATIONS[name]],
)
def test_a_mutation_that_goes_undetected_is_an_error(number, name, mutation):
    assert unsupported(**{f"{name} {mutation}": 0.0}) == dict.fromkeys(keys_of(number, name), Answer.ERROR)


@pytest.mark.parametrize(("metric", "key"), IDENTITIES.items())
def test_an_identity_beyond_rounding_is_refuted_and_a_control_within_it_is_an_error(metric, key):
    assert unsupported(**{metric: 25.0}) == {key: Answer.REFUTED}
    assert unsupported(**{f"{metric} control": 0.0}) == {key: Answer.ERROR}


@pytest.mark.parametrize(
    ("changed", "key", "answer"),
    [
        ({"gradient": -0.3}, "7.gradient_beats_random_steps", Answer.REFUTED),
        ({"random direction": 0.3}, "7.gradient_beats_random_steps", Answer.ERROR),
        ({"random feedback": -0.3}, "7.random_feedback_learns_too", Answer.REFUTED),
        ({"random feedback": -0.25, "spread": 0.5}, "7.random_feedback_learns_too", Answer.INCONCLUSIVE),
        ({"cross-entropy": 0.0}, "54.cross_entropy_is_no_distance", Answer.REFUTED),
        ({"no bias, through origin": 0.7}, "84.no_bias_needed_through_origin", Answer.REFUTED),
        ({"no bias, far": 0.98}, "84.no_bias_needed_through_origin", Answer.ERROR),
        ({"no bias, far": 0.98}, "84.biases_matter_elsewhere", Answer.REFUTED),
        ({"no bias, through origin": 0.7}, "84.biases_matter_elsewhere", Answer.ERROR),
        ({"passed": -37.0}, "85.derivative_reaches_the_input", Answer.REFUTED),
        ({"passed control": -1.0}, "85.derivative_reaches_the_input", Answer.ERROR),
        ({"overflow": 709.75}, "87.printed_tanh_overflows", Answer.REFUTED),
    ],
)
def test_each_other_criterion_can_fail(changed, key, answer):
    assert answers(records(**changed))[key] is answer


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
