"""Receptive fields of published nets, the formula against gradients, and radii of known fields."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.receptive_fields import (
    Field,
    Module,
    fields,
    fields_ignoring_strides,
    middle_fields,
    modules_of,
    radius,
    random_radius,
    side_containing,
    squared_gradients,
    uniform_radius,
)
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.feature_maps import feature_maps
from dl_jax.models.nonlinearities import NONLINEARITIES

pytestmark = pytest.mark.usefixtures("quick_to_compile")

KEY = jax.random.key(0)
LENET_5 = [Module(5), Module(2, 2), Module(5), Module(2, 2), Module(5)]
ALEXNET = [Module(11, 4), Module(3, 2), Module(5, 1, 2), Module(3, 2), *[Module(3, 1, 1)] * 3, Module(3, 2)]
TWO, THREE = [*[Module(3, 1, 1)] * 2, Module(2, 2)], [*[Module(3, 1, 1)] * 3, Module(2, 2)]
VGG_16 = [*TWO, *TWO, *THREE, *THREE, *THREE]


@pytest.mark.parametrize(
    ("net", "sides", "jump"),
    [
        (LENET_5, [5, 6, 14, 16, 32], 4),
        (ALEXNET, [11, 19, 51, 67, 99, 131, 163, 195], 32),
        (VGG_16, [3, 5, 6, 10, 14, 16, 24, 32, 40, 44, 60, 76, 92, 100, 132, 164, 196, 212], 32),
    ],
)
def test_fields_of_published_nets(net, sides, jump):
    formula = fields(net)
    assert [field.side for field in formula] == sides
    assert formula[-1].jump == jump


def test_padding_extends_the_first_field_beyond_the_image():
    assert fields([Module(5, 1, 2), Module(2, 2), Module(3, 1, 1)]) == (
        Field(5, 1, -2),
        Field(6, 2, -2),
        Field(10, 2, -4),
    )
    np.testing.assert_array_equal(Field(4, 2, -2).covers(0, 5), [True, True, False, False, False])
    np.testing.assert_array_equal(Field(4, 2, -2).covers(2, 5), [False, False, True, True, True])


def test_middle_unit():
    assert Field(3, 1, -1).middle_unit(9, 9) == 4
    assert Field(6, 4, -1).middle_unit(8, 32) in (3, 4)


def test_fields_without_strides_are_smaller_with_the_same_centres():
    formula, naive = fields(VGG_16), fields_ignoring_strides(VGG_16)
    assert [field.side for field in naive[:4]] == [3, 5, 6, 8]
    assert naive[-1].side == 1 + 13 * 2 + 5
    for right, wrong in zip(formula, naive, strict=True):
        assert abs(2 * right.start + right.side - 2 * wrong.start - wrong.side) <= 1


def test_fields_of_middle_units():
    middle_L, covers = middle_fields((Field(3, 1, -1), Field(6, 2, -2)), (9, 4), 9)
    assert middle_L == [4, 2]
    assert covers.shape == (2, 9, 9)
    assert [each.sum() for each in covers] == [9, 36]
    assert covers[0, 3:6, 3:6].all()


STAGES = (Stage(4, 5, 2), Stage(3, 3, 1, stride=2), Stage(3, 3, 2, padding="VALID"))


@pytest.mark.parametrize("side", [31, 32])
def test_formula_is_exactly_where_gradients_are_nonzero(side):
    x = jax.random.normal(KEY, (2, side, side, 2))
    linear = NONLINEARITIES["identity"]
    params = jax.jit(convnet(STAGES, (), 2, linear).init)(KEY, x)
    modules, units_L = modules_of(STAGES, side)

    def maps(x):
        return feature_maps(STAGES, linear, params, x, "mean")

    assert [y.shape[1:3] for y in maps(x)] == [(n, n) for n in units_L]
    gradients = jax.jit(lambda units_L: squared_gradients(maps, units_L, x, KEY))
    for choose in (lambda field, n: field.middle_unit(n, side), lambda field, n: 0, lambda field, n: n - 1):
        chosen = [choose(field, n) for field, n in zip(fields(modules), units_L, strict=True)]
        for field, unit, squares in zip(fields(modules), chosen, gradients(chosen), strict=True):
            covers = field.covers(unit, side)
            np.testing.assert_array_equal(squares > 0, covers[:, None] & covers)


def test_feature_maps_are_the_layers_of_the_net():
    x = jax.random.normal(KEY, (2, 24, 24, 3))
    stages = (Stage(4), Stage(5, 3, pool=1), Stage(6, 3))
    model = convnet(stages, (), 2, NONLINEARITIES["relu"])
    params = jax.jit(model.init)(KEY, x)
    maps = jax.jit(lambda params: feature_maps(stages, NONLINEARITIES["relu"], params, x))(params)
    for y, layer in zip((maps[1], maps[2], maps[4]), jax.jit(model.layers)(params, x), strict=False):
        np.testing.assert_allclose(y, layer, rtol=1e-5, atol=1e-6)


def test_radius_of_averaging_kernels_is_the_root_of_summed_variances():
    """With equal weights the derivative is a convolution of boxes, whose variances add."""
    stages = (Stage(1, 5, 1), Stage(1, 3, 2), Stage(1, 3, 1))
    x = jnp.zeros((1, 40, 40, 1))
    params = {
        f"conv_{n:02}": {"w": jnp.ones((s.kernel, s.kernel, 1, 1)), "b": jnp.zeros(1)} for n, s in enumerate(stages, 1)
    }
    modules, units_L = modules_of(stages, 40)
    middle = [field.middle_unit(n, 40) for field, n in zip(fields(modules), units_L, strict=True)]
    linear = NONLINEARITIES["identity"]

    @jax.jit
    def radii(params):
        squares = squared_gradients(lambda x: feature_maps(stages, linear, params, x, "mean"), middle, x, KEY)
        return jax.vmap(radius)(jnp.sqrt(squares))

    np.testing.assert_allclose(radii(params), random_radius(modules), rtol=1e-4)


def test_radius_of_random_weights_agrees_with_its_expectation():
    stages, x = (Stage(32, 5, 2), Stage(32, 3, 1), Stage(32, 3, 1)), jnp.zeros((128, 20, 20, 1))
    modules, units_L = modules_of(stages, 20)
    middle = [field.middle_unit(n, 20) for field, n in zip(fields(modules), units_L, strict=True)]
    linear = NONLINEARITIES["identity"]

    @jax.jit
    def radii(key):
        params = convnet(stages, (), 2, linear).init(key, x)
        return jax.vmap(radius)(
            squared_gradients(lambda x: feature_maps(stages, linear, params, x, "mean"), middle, x, key)
        )

    np.testing.assert_allclose(radii(KEY), random_radius(modules), rtol=0.06)


@pytest.mark.parametrize("side", [1, 6, 7])
def test_uniform_square(side):
    field = jnp.zeros((20, 20)).at[3 : 3 + side, 8 : 8 + side].set(2.0)
    assert float(jax.jit(radius)(field)) == pytest.approx(uniform_radius(side), abs=1e-5)
    assert float(jax.jit(side_containing)(field)) == pytest.approx(side, abs=1e-4)
    assert float(jax.jit(side_containing)(field, 0.001)) == pytest.approx(1 if side % 2 else 2, abs=1e-4)


def test_concentrated_field_is_smaller_than_its_square():
    field = jnp.ones((9, 9)).at[4, 4].set(2000.0)
    assert float(radius(field)) < uniform_radius(9) / 4
    assert float(side_containing(field)) == 1
    assert float(side_containing(field, 0.999)) == 9


def test_gradient_of_a_delta_kernel_is_one_pixel():
    """A 3x3 kernel with a single 1 in the upper left corner: unit (4, 4) depends on pixel (3, 3) only, with slope 1."""
    x = jnp.zeros((1, 9, 9, 1))
    w_3x3x1x1 = jnp.zeros((3, 3, 1, 1)).at[0, 0, 0, 0].set(1.0)
    params = {"conv_01": {"w": w_3x3x1x1, "b": jnp.zeros(1)}}

    def maps(x):
        return feature_maps((Stage(1, 3, 1),), NONLINEARITIES["identity"], params, x)

    (field_HxW,) = squared_gradients(maps, [4], x, KEY)
    np.testing.assert_array_equal(field_HxW, jnp.zeros((9, 9)).at[3, 3].set(1.0))
