"""The judge of receptive_fields on planted records, and what the controls are made of."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.errors import DataError
from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from dl_jax.measures.receptive_fields import fields, modules_of
from dl_jax.models.convnet import convnet
from dl_jax.models.feature_maps import feature_maps
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments import receptive_fields as experiment

SIDES = (5, 6, 10, 14, 16, 24)


def records(unlike=0, outside=0.0, touched=SIDES, trained=(2.0, 2.1, 3.0, 3.7, 3.9, 5.9), points=0.0, naive=9, seeds=6):
    """Planted records of six modules."""
    generator, rows = np.random.default_rng(0), []
    for seed in range(seeds):
        by_layer = {
            "formula_side": SIDES,
            "formula_radius": np.array(SIDES) / 6**0.5,
            "unlike_formula": [unlike] + [0] * 5,
            "unlike_formula_without_jumps": [0] + [naive] * 5,
            "outside_formula": [0.0] * 5 + [outside],
            "outside_formula_without_jumps": [0.0] + [0.1] * 5,
            "touched_side": touched,
            "touched_side_of_points": [1] * 4,
            "radius_of_points": points * np.arange(4),
            "radius_untrained": np.array([2.0, 2.1, 3.1, 3.9, 4.1, 6.2]) + 0.01 * generator.normal(),
            "radius_trained": np.array(trained) + 0.01 * generator.normal(),
        }
        for metric, values in by_layer.items():
            rows += [
                {"trial": seed, "seed": seed, "dataset": "a", "layer": at, "metric": metric, "value": float(value)}
                for at, value in enumerate(values, 1)
            ]
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_what_is_expected_supports_all():
    assert answers(records()) == [Answer.SUPPORTED] * 6


@pytest.mark.parametrize(
    ("planted", "context", "answer"),
    [
        ({"unlike": 1}, 0, Answer.REFUTED),
        ({"outside": 1e-6}, 1, Answer.REFUTED),
        ({"touched": (5, 6, 6, 14, 16, 24)}, 2, Answer.REFUTED),
        ({"trained": (2.0, 2.1, 2.1, 3.7, 3.9, 5.9)}, 3, Answer.REFUTED),
        ({"trained": (2.0, 2.1, 3.0, 3.7, 3.9, 9.5)}, 4, Answer.REFUTED),
        ({"trained": (2.0, 2.1, 3.0, 3.7, 3.9, 7.5)}, 5, Answer.REFUTED),
        ({"naive": 0}, 0, Answer.ERROR),
        ({"points": 1.0}, 3, Answer.ERROR),
    ],
)
def test_each_criterion_can_fail(planted, context, answer):
    assert answers(records(**planted))[context] is answer


def test_the_fields_are_those_of_the_docstring():
    assert tuple(field.side for field in fields(modules_of(experiment.stages(4), 32)[0])) == SIDES


def test_kernels_of_nothing_but_their_middle_see_one_pixel(quick_to_compile):
    net, x = experiment.stages(3), jnp.ones((1, 24, 24, 2)).at[0, 11, 12].set(3.0)
    params = jax.jit(convnet(net, (), 2, NONLINEARITIES["identity"]).init)(jax.random.key(0), x)
    points = experiment.centres(params)
    assert points["conv_02"]["w"].shape == (1, 1, 3, 3)
    np.testing.assert_array_equal(points["conv_01"]["w"][0, 0], params["conv_01"]["w"][2, 2])
    flat = [stage._replace(kernel=1, pool=1) for stage in net]
    off = feature_maps(flat, NONLINEARITIES["identity"], points, x - jnp.ones_like(x))[-1]
    assert np.argwhere(np.any(off != 0, -1)).tolist() == [[0, 11, 12]]


def test_pictures_too_small_for_the_fields_are_refused(context):
    with pytest.raises(DataError, match="pictures of 8 x 8 pixels; this takes square ones of 24 at least"):
        experiment.measure(experiment.Config(dataset="digits"), context)
