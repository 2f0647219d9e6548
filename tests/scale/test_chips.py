"""The table of chips, compared with the TPU compiler."""

from importlib.util import find_spec
from math import prod

import jax
import jax.numpy as jnp
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from dl_jax.scale import tpu_compiler
from dl_jax.scale.chips import CHIPS, FLAT_SHAPES, GIB, SMALL_BOXES, is_slice, slice_shapes
from dl_jax.scale.compile_for import parse_target, target_mesh

SMALLEST = {"v4": "2x2x1", "v5e": "2x2", "v5p": "2x2x1", "v6e": "2x2", "tpu7x": "2x2x1"}
compiler = pytest.mark.skipif(find_spec("libtpu") is None, reason="libtpu is not installed")


def compiled(chip, function, *shape):
    """Return a function of one array, compiled for the smallest slice of a chip with the array replicated."""
    target = parse_target(f"{chip}:{SMALLEST[chip]}")
    replicated = NamedSharding(target_mesh(target, len(target.devices)), PartitionSpec())
    with tpu_compiler.no_compilation_cache():
        return jax.jit(function).lower(jax.ShapeDtypeStruct(shape, jnp.float32, sharding=replicated)).compile()


@pytest.mark.parametrize(
    ("chip", "shape"),
    [("v5e", (1, 1)), ("v6e", (16, 16)), ("v4", (2, 2, 1)), ("v5p", (4, 4, 12)), ("v5p", (16, 16, 24))],
)
def test_existing_slices(chip, shape):
    assert is_slice(CHIPS[chip], shape)


@pytest.mark.parametrize(
    ("chip", "shape"),
    [
        ("v5e", ()),
        ("v5e", (3, 5)),
        ("v5e", (4, 2)),
        ("v5e", (32, 32)),
        ("v5e", (2, 2, 1)),
        ("v4", (4, 4)),
        ("v4", (4, 4, 6)),
        ("v4", (8, 4, 4)),
        ("v4", (16, 16, 20)),
        ("v5p", (0, 4, 4)),
    ],
)
def test_slices_that_do_not_exist(chip, shape):
    assert not is_slice(CHIPS[chip], shape)


def test_the_listed_shapes_exist():
    for chip in CHIPS.values():
        listed = [word.strip(".,()") for word in slice_shapes(chip).split() if word[0] in "0123456789(" and "x" in word]
        assert len(listed) >= 6
        assert all(is_slice(chip, tuple(map(int, word.split("x")))) for word in listed)


@compiler
@pytest.mark.parametrize("chip", CHIPS)
def test_the_compiler_supports_every_small_slice(chip):
    for shape in FLAT_SHAPES if CHIPS[chip].flat else (*SMALL_BOXES, (4, 4, 4), (4, 4, 8)):
        devices = parse_target(f"{chip}:{'x'.join(map(str, shape))}").devices
        assert len(devices) == prod(shape) * CHIPS[chip].devices


@compiler
@pytest.mark.parametrize("chip", CHIPS)
def test_the_memory_is_that_of_the_compiler(chip):
    with pytest.raises(jax.errors.JaxRuntimeError) as refused:
        compiled(chip, lambda x: x + 1, 2**14, 2**14, 2**10)
    needed, available = tpu_compiler.parse_out_of_memory(str(refused.value))
    assert needed >= 2 * 2**40 / GIB
    assert available == pytest.approx(CHIPS[chip].hbm / GIB, abs=0.02)


@compiler
@pytest.mark.parametrize("chip", CHIPS)
def test_the_rates_are_close_to_those_of_the_compiler(chip):
    """The compiler assumes a clock and an attainable bandwidth 0 to 20 % below the published rates."""
    cost = compiled(chip, lambda x: x @ x, 2**13, 2**13).cost_analysis()
    assert 0.8 < cost["flops"] / cost["optimal_seconds"] / CHIPS[chip].flops < 1.01
    cost = compiled(chip, lambda x: x + 1, 2**13, 2**13).cost_analysis()
    assert 0.8 < cost["bytes accessed"] / cost["optimal_seconds"] / CHIPS[chip].bandwidth < 1.01
