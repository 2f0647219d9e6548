"""The judge of figure 1c and 1d on made-up records: every equation, every mutation, every control."""

import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.rounding import EPS
from dl_jax.evidence.verdicts import judge
from experiments import fig1cd_backpropagation as experiment

SEEDS = range(5)
EXACT = ("unlike_recomputed", "sees_past", "unlike_distance", "unlike_grad", "unlike_library", "unlike_each_other")


def made_up(**changed):
    """Records of a world in which all holds; `changed` names an equation with its mutation, or a metric."""
    rows = []

    def add(seed, metric, value, **axes):
        rows.append(
            {"trial": seed, "seed": seed, **axes, "metric": metric, "value": value + 1e-4 * seed * (value != 0)}
        )

    for seed in SEEDS:
        for precision, eps in EPS.items():
            for name in experiment.UNITS:
                for number, (equation, _) in experiment.EQUATIONS.items():
                    oracles = ("linen",) if number < 88 else ("grad", "jacobians", "finite_differences")
                    for oracle in oracles:
                        unit = eps ** (2 / 3) if oracle == "finite_differences" else eps
                        at = {"nonlinearity": name, "precision": precision, "equation": equation, "oracle": oracle}
                        value = changed.get(f"{equation} none", 3.0) * unit
                        rows.append(
                            {
                                "trial": seed,
                                "seed": seed,
                                **at,
                                "mutation": "none",
                                "metric": "relative_error",
                                "value": value,
                            }
                        )
                    for mutation in experiment.MUTATIONS[equation]:
                        value = changed.get(f"{equation} {mutation}", 0.7)
                        add(seed, "relative_error", value, **{**at, "oracle": oracles[0], "mutation": mutation})
            for metric in EXACT:
                rows.append({"trial": seed, "seed": seed, "precision": precision, "case": "stated", "metric": metric,
                             "value": changed.get(metric, 1.0) * eps})  # fmt: skip
                add(seed, metric, changed.get(f"{metric} control", 0.4), precision=precision, case="control")
            for case, value in (("stated", -0.6), ("control", -37.0)):
                value = changed.get(f"log10_passed_down {case}", value)
                add(seed, "log10_passed_down", value, precision=precision, case=case)
            add(seed, "cost_at_target", 0.74, precision=precision, cost="cross-entropy")
            add(seed, "cost_at_target", 0.0, precision=precision, cost="half squared")
            for name, value in (("tanh", 88.5), ("logistic", 1000.0)):
                add(seed, "last_number", value, precision=precision, nonlinearity=name)
        removed = {"gradient": 0.9, "random direction": -0.3, "no update": 0.0}
        for direction, value in removed.items():
            add(seed, "error_removed", changed.get(direction, value), direction=direction, feedback="weights")
        add(seed, "error_removed", 0.85, direction="gradient", feedback="random")
        for distance in (0.0, experiment.FAR):
            for nonlinearity in ("identity", "relu", "tanh"):
                for biases in (0, 1):
                    value = changed.get("near", 0.99) if not biases and not distance else 0.6 if not biases else 0.995
                    where = {"distance": distance, "nonlinearity": nonlinearity, "biases": biases}
                    add(seed, "test_accuracy", value, **where)
    return Records(tuple(rows))


def answers(records):
    """{(statement, criterion): answer}."""
    return {(v.statement, v.title): str(v.verdict) for v in judge(records, experiment.CRITERIA)}


def changed(**how):
    """What is no longer supported when the world is changed so: {statement: its other answers}."""
    found = {}
    for (statement, _), answer in answers(made_up(**how)).items():
        if answer != "SUPPORTED":
            found.setdefault(statement, set()).add(answer)
    return found


def test_a_world_where_all_holds_is_supported():
    assert set(answers(made_up()).values()) == {"SUPPORTED"}


def test_every_statement_of_the_docstring_is_judged():
    assert {number for number, _ in answers(made_up())} == {7, 8, 54, 82, 83, 84, 85, 87, 88, 89, 90, 91}


@pytest.mark.parametrize(("statement", "equation"), [(n, name) for n, (name, _) in experiment.EQUATIONS.items()])
def test_an_equation_beyond_rounding_is_refuted(statement, equation):
    assert changed(**{f"{equation} none": 30.0}) == {statement: {"REFUTED"}}


@pytest.mark.parametrize(
    ("statement", "equation", "mutation"),
    [(n, name, mutation) for n, (name, _) in experiment.EQUATIONS.items() for mutation in experiment.MUTATIONS[name]],
)
def test_a_mutation_that_escapes_is_an_error(statement, equation, mutation):
    assert changed(**{f"{equation} {mutation}": 0.0}) == {statement: {"ERROR"}}


@pytest.mark.parametrize("metric", EXACT)
def test_identities_and_their_controls(metric):
    assert {answer for found in changed(**{metric: 25.0}).values() for answer in found} == {"REFUTED"}
    assert {answer for found in changed(**{f"{metric} control": 0.0}).values() for answer in found} == {"ERROR"}


def test_a_gradient_that_is_worth_no_more_than_luck_is_refuted():
    assert changed(gradient=-0.3) == {7: {"REFUTED"}}


def test_random_steps_that_help_spoil_the_control():
    assert changed(**{"random direction": 0.3}) == {7: {"ERROR"}}


def test_biases_that_matter_at_the_origin_refute():
    assert "REFUTED" in changed(near=0.7)[84]


def test_a_stack_through_which_nothing_passes_is_refuted():
    assert changed(**{"log10_passed_down stated": -37.0}) == {85: {"REFUTED"}}


def test_nothing_measured_is_not_run():
    assert set(answers(Records(())).values()) == {"NOT_RUN"}


@pytest.mark.slow
def test_everything_is_supported_and_drawn(tmp_path):
    from dl_jax.training.context import local_context

    records = experiment.measure(experiment.Config(), local_context())
    assert set(answers(records).values()) == {"SUPPORTED"}
    for name, figure in experiment.draw(records).items():
        figure.savefig(tmp_path / f"{name}.png")
