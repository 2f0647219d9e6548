"""The criteria of receptive_fields on planted records, and its controls."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.errors import DataError
from dl_jax.evidence.coverage import unread
from dl_jax.evidence.judge import judge
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import HOLDS, Answer
from dl_jax.measures.receptive_fields import fields, modules_of
from dl_jax.models.convnet import convnet
from dl_jax.models.feature_maps import feature_maps
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments import receptive_fields as experiment
from experiments.receptive_fields.metrics import by_formula, centres

MODULES = tuple("abcdef")
SIDES = (5, 6, 10, 14, 16, 24)
EXACT = {"23.square_grows", "23.formula_is_exact", "23.nothing_outside_formula"}


def records(off=0, share_off=0.0, side=SIDES, trained=(2.0, 2.1, 3.0, 3.7, 3.9, 5.9), centres=0.0, ignored=9, seeds=13):
    """Planted records of six modules."""
    generator = np.random.default_rng(0)

    def by_module(values, modules=MODULES, **at):
        return named(np.asarray(values, float), module=modules, **at)

    def of_seed(seed):
        untrained = np.array([2.0, 2.1, 3.1, 3.9, 4.1, 6.2]) + 0.01 * generator.normal()
        after = np.array(trained) + 0.01 * generator.normal()
        metrics = {
            "pixels_off_formula": [
                by_module([off] + [0] * 5, strides="counted"),
                by_module([0] + [ignored] * 5, strides="ignored"),
            ],
            "share_off_formula": [
                by_module([0.0] * 5 + [share_off], strides="counted"),
                by_module([0.0] + [0.1] * 5, strides="ignored"),
            ],
            "radius": [
                by_module(untrained, state="untrained", kernels="all"),
                by_module(after, state="trained", kernels="all"),
                by_module(centres * np.arange(4), MODULES[:4], state="trained", kernels="only centres"),
            ],
        }
        return measured(metrics, seed=seed, dataset="a")

    sides = [by_module(side, kernels="all"), by_module([1] * 4, MODULES[:4], kernels="only centres")]
    facts = {"formula_side": sides, "formula_radius": by_module(np.array(SIDES) / 6**0.5)}
    return Records.gather([measured(facts), *map(of_seed, range(seeds))])


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_the_formula_and_growing_fields_support_all():
    found = answers(records())
    assert {key for key, answer in found.items() if answer is Answer.EXACT} == EXACT
    assert {answer for key, answer in found.items() if key not in EXACT} == {Answer.SUPPORTED}


def test_exchanged_with_their_controls_nothing_is_supported():
    exchanged = [
        each._replace(test=each.test._replace(estimand=each.control), control=each.test.estimand)
        for each in experiment.CRITERIA
    ]
    assert not [verdict.key for verdict in judge(records(), exchanged) if verdict.verdict in HOLDS]


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"off": 1}, "23.formula_is_exact", Answer.REFUTED),
        ({"share_off": 1e-6}, "23.nothing_outside_formula", Answer.REFUTED),
        ({"side": (5, 6, 6, 14, 16, 24)}, "23.square_grows", Answer.REFUTED),
        ({"trained": (2.0, 2.1, 2.09, 3.7, 3.9, 5.9)}, "23.effective_field_grows", Answer.REFUTED),
        ({"trained": (2.0, 2.1, 3.0, 3.7, 3.9, 9.5)}, "23.effective_field_is_smaller", Answer.REFUTED),
        ({"trained": (2.0, 2.1, 3.0, 3.7, 3.9, 7.5)}, "23.growth_is_not_learned", Answer.REFUTED),
        ({"ignored": 0}, "23.formula_is_exact", Answer.ERROR),
        ({"centres": 1.0}, "23.effective_field_grows", Answer.ERROR),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


def test_the_fields_are_those_of_the_docstring():
    assert tuple(field.side for field in fields(modules_of(experiment.stages(4), 32)[0])) == SIDES


def test_kernels_with_only_their_centre_depend_on_one_pixel(quick_to_compile):
    net, x = experiment.stages(3), jnp.ones((1, 24, 24, 2)).at[0, 11, 12].set(3.0)
    params = jax.jit(convnet(net, (), 2, NONLINEARITIES["identity"]).init)(jax.random.key(0), x)
    points = centres(params)
    assert points["conv_02"]["w"].shape == (1, 1, 3, 3)
    np.testing.assert_array_equal(points["conv_01"]["w"][0, 0], params["conv_01"]["w"][2, 2])
    flat = [stage._replace(kernel=1, pool=1) for stage in net]
    off = feature_maps(flat, NONLINEARITIES["identity"], points, x - jnp.ones_like(x))[-1]
    assert np.argwhere(np.any(off != 0, -1)).tolist() == [[0, 11, 12]]


def test_without_kernels_and_pooling_no_square_grows():
    facts = by_formula(experiment.stages(2), 24)
    np.testing.assert_array_equal(facts.values("formula_side", kernels="all"), SIDES)
    np.testing.assert_array_equal(facts.values("formula_side", kernels="only centres"), [1, 1, 1, 1])


@pytest.mark.slow
def test_everything_measured_is_judged_or_declared(context):
    found = experiment.measure(experiment.Config(seeds=1, maps=2, steps=1), context)
    assert unread(found, experiment.CRITERIA, experiment.NOT_JUDGED) == []


def test_pictures_too_small_for_the_fields_are_refused(context):
    with pytest.raises(DataError, match="pictures of 8 x 8 pixels; this takes square ones of 24 at least"):
        experiment.measure(experiment.Config(dataset="digits"), context)
