"""What the table of chips says, against what the TPU compiler says of the same chips."""

from importlib.util import find_spec
from math import prod

import jax
import jax.numpy as jnp
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from dl_jax.scale import tpu_compiler
from dl_jax.scale.chips import CHIPS, GIB, RECTANGLES, SMALL_BOXES, exists, shapes
from dl_jax.scale.compile_for import mesh, target

SMALLEST = {"v4": "2x2x1", "v5e": "2x2", "v5p": "2x2x1", "v6e": "2x2", "tpu7x": "2x2x1"}
compiler = pytest.mark.skipif(find_spec("libtpu") is None, reason="libtpu is not installed")


def compiled(chip, function, *shape):
    """A program for one device of a chip, and that chip's devices."""
    there = target(f"{chip}:{SMALLEST[chip]}")
    whole = NamedSharding(mesh(there, len(there.devices)), PartitionSpec())
    with tpu_compiler.uncached():
        return jax.jit(function).lower(jax.ShapeDtypeStruct(shape, jnp.float32, sharding=whole)).compile()


@pytest.mark.parametrize(
    ("chip", "shape"),
    [("v5e", (1, 1)), ("v6e", (16, 16)), ("v4", (2, 2, 1)), ("v5p", (4, 4, 12)), ("v5p", (16, 16, 24))],
)
def test_a_slice_that_there_is(chip, shape):
    assert exists(CHIPS[chip], shape)


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
def test_a_slice_that_there_is_not(chip, shape):
    assert not exists(CHIPS[chip], shape)


def test_the_shapes_in_words_are_shapes_that_there_are():
    for chip in CHIPS.values():
        named = [word.strip(".,()") for word in shapes(chip).split() if word[0] in "0123456789(" and "x" in word]
        assert len(named) >= 6
        assert all(exists(chip, tuple(map(int, word.split("x")))) for word in named)


@compiler
@pytest.mark.parametrize("chip", CHIPS)
def test_the_compiler_makes_every_small_slice(chip):
    for shape in RECTANGLES if CHIPS[chip].flat else (*SMALL_BOXES, (4, 4, 4), (4, 4, 8)):
        devices = target(f"{chip}:{'x'.join(map(str, shape))}").devices
        assert len(devices) == prod(shape) * CHIPS[chip].devices


@compiler
@pytest.mark.parametrize("chip", CHIPS)
def test_the_memory_is_what_the_compiler_gives_out(chip):
    with pytest.raises(jax.errors.JaxRuntimeError) as refused:
        compiled(chip, lambda x: x + 1, 2**14, 2**14, 2**10)
    needed, there = tpu_compiler.lacking(str(refused.value))
    assert needed >= 2 * 2**40 / GIB
    assert there == pytest.approx(CHIPS[chip].hbm / GIB, abs=0.02)


@compiler
@pytest.mark.parametrize("chip", CHIPS)
def test_the_rates_are_near_those_that_the_compiler_reckons_with(chip):
    """It plans for a clock and a share of the bandwidth that can be had, 0 to 20 % below what is published."""
    cost = compiled(chip, lambda x: x @ x, 2**13, 2**13).cost_analysis()
    assert 0.8 < cost["flops"] / cost["optimal_seconds"] / CHIPS[chip].flops < 1.01
    cost = compiled(chip, lambda x: x + 1, 2**13, 2**13).cost_analysis()
    assert 0.8 < cost["bytes accessed"] / cost["optimal_seconds"] / CHIPS[chip].bandwidth < 1.01
