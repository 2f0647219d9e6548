"""What each metric without training is for what is stated, and for its control."""

import jax
import numpy as np
import pytest

from dl_jax.evidence.records import Records, measured
from experiments.fig1cd_backpropagation.metrics import beside_equations, facts, log10_norm, of_equations
from experiments.fig1cd_backpropagation.mutations import MUTATIONS

EPS = 2.0**-23
pytestmark = pytest.mark.usefixtures("quick_to_compile")


@pytest.fixture(scope="module")
def records():
    with jax.default_matmul_precision("highest"):
        return measured(jax.device_get(jax.jit(beside_equations)(jax.random.key(0))), seed=0)


@pytest.mark.parametrize(
    "metric",
    [
        "recomputation_error",
        "leak_past_first_layer",
        "distance_error",
        "grad_error",
    ],
)
def test_what_is_stated_holds_to_rounding_and_its_control_fails(records, metric):
    assert np.max(records.values(metric, case="stated")) < 20 * EPS
    assert np.min(records.values(metric, case="control")) > 1e-2


def test_derivatives_reach_the_bottom_unless_a_threshold_stops_them(records):
    assert -2 < records.values("log10_gradient_ratio", case="stated")[0] < 1
    assert records.values("log10_gradient_ratio", case="control")[0] < -36


def test_log10_of_a_norm():
    assert float(log10_norm(np.array([[30.0, 40.0], [0.0, 0.0]], np.float32))) == pytest.approx(np.log10(50))
    assert float(log10_norm(np.zeros(3, np.float32))) == pytest.approx(-37)


def test_facts_are_known_constants():
    """exp(z) overflows above 88.72 in float32."""
    found = facts()
    assert not [row for row in found if "seed" in row]
    assert found.values("cost_at_target", cost="half squared")[0] == 0
    expected = np.log(np.e + 3) - 1  # one score of 1 and three of 0
    assert found.values("cost_at_target", cost="cross-entropy")[0] == pytest.approx(expected, rel=1e-6)
    assert found.values("largest_finite_input", nonlinearity="tanh")[0] == 88.5
    assert found.values("largest_finite_input", nonlinearity="logistic")[0] == 1000


@pytest.mark.parametrize(("precision", "eps"), [("float32", EPS), ("float64", 2.0**-52)])
@pytest.mark.parametrize("metric", ["library_error", "identity_error"])
def test_printed_sigmoids_are_the_librarys_to_rounding_in_both_precisions(metric, precision, eps):
    found = facts()
    assert np.max(found.values(metric, case="stated", precision=precision)) < 20 * eps
    assert np.min(found.values(metric, case="control", precision=precision)) > 1e-2


def test_errors_of_the_equations_are_rounding_and_those_of_every_mutation_are_not():
    with jax.default_matmul_precision("highest"):
        values = jax.device_get(jax.jit(lambda key: of_equations(key, "tanh"))(jax.random.key(0)))
    records = Records.gather([measured(values, seed=0)])
    assert np.max(records.values("relative_error", mutation="none", oracle=("linen", "grad", "jacobians"))) < 20 * EPS
    for equation, mutations in MUTATIONS.items():
        assert np.min(records.values("relative_error", equation=equation, mutation=tuple(mutations))) > 1e-2
