"""The traffic of compiled programs, compared with sums by hand."""

from functools import partial
from importlib.util import find_spec

import jax
import jax.numpy as jnp
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from dl_jax.scale import tpu_compiler
from dl_jax.scale.compile_for import parse_target, target_mesh
from dl_jax.scale.hlo_traffic import Collective, traffic

compiler = pytest.mark.skipif(find_spec("libtpu") is None, reason="libtpu is not installed")
SIDE, TRIPS = 1024, 5
WHOLE = 4 * SIDE * SIDE
"""Bytes of the whole matrix; each of eight devices has an eighth."""


@pytest.fixture(scope="module")
def slice_of_eight():
    return target_mesh(parse_target("v5e:2x4"), 8)


def traffic_of(function, mesh, out, sharded=True):
    """Return the traffic of `function` of one matrix, on each of eight devices."""
    spec = PartitionSpec("trial") if sharded else PartitionSpec()
    x = jax.ShapeDtypeStruct((SIDE, SIDE), jnp.float32, sharding=NamedSharding(mesh, spec))
    inside = jax.shard_map(function, mesh=mesh, in_specs=spec, out_specs=out, check_vma=False)
    with tpu_compiler.no_compilation_cache():
        return traffic(jax.jit(inside).lower(x).compile().as_text(), 8)


SHARDED, REPLICATED = PartitionSpec("trial"), PartitionSpec()
COLLECTIVES = {
    "all-reduce": (lambda x: jax.lax.psum(x, "trial"), REPLICATED, True, 2 * 7 / 8 * WHOLE / 8),
    "all-gather": (lambda x: jax.lax.all_gather(x, "trial", tiled=True), REPLICATED, True, 7 * WHOLE / 8),
    "reduce-scatter": (lambda x: jax.lax.psum_scatter(x, "trial", tiled=True), SHARDED, False, 7 / 8 * WHOLE),
    "all-to-all": (lambda x: jax.lax.all_to_all(x, "trial", 1, 0, tiled=True), SHARDED, True, 7 / 8 * WHOLE / 8),
    "collective-permute": (
        lambda x: jax.lax.ppermute(x, "trial", [(i, (i + 1) % 8) for i in range(8)]),
        SHARDED,
        True,
        WHOLE / 8,
    ),
}


@compiler
@pytest.mark.parametrize("kind", COLLECTIVES)
def test_a_collective_sends_the_bytes_of_a_ring(slice_of_eight, kind):
    function, out, sharded, sent = COLLECTIVES[kind]
    assert traffic_of(function, slice_of_eight, out, sharded).collectives == {kind: Collective(1, sent)}


def summed_in_a_loop(x):
    return jax.lax.scan(lambda y, _: (jax.lax.psum(y, "trial"), None), x, None, length=TRIPS)[0]


@compiler
def test_a_collective_in_a_loop_counts_with_the_trip_count(slice_of_eight):
    assert traffic_of(summed_in_a_loop, slice_of_eight, SHARDED).collectives == {
        "all-reduce": Collective(TRIPS, TRIPS * 2 * 7 / 8 * WHOLE / 8)
    }


def test_a_trip_count_that_the_compiler_states_is_used():
    mesh = jax.make_mesh((8,), ("trial",), axis_types=(AxisType.Auto,))
    assert traffic_of(summed_in_a_loop, mesh, SHARDED).collectives == {
        "all-reduce": Collective(TRIPS, TRIPS * 2 * 7 / 8 * WHOLE / 8)
    }


@compiler
@pytest.mark.parametrize(
    ("function", "shapes", "expected"),
    [
        (lambda x: x + 1, [(2**13, 2**13)], 2 * 2**28),
        (lambda x, y: x @ y, [(2**13, 2**13)] * 2, 3 * 2**28),
        (lambda x: jnp.sum(x, 0), [(2**16, 2**10)], 2**28),
        # a gather reads the rows that it takes, not the whole table
        (lambda x, y: x[y.astype(jnp.int32)] * 2, [(2**16, 2**12), (128,)], 2 * 128 * 2**12 * 4),
        (lambda x, y: jax.lax.dynamic_update_slice(x, y, (5, 0)), [(2**16, 2**10), (128, 2**10)], 2 * 2**28 + 2**20),
    ],
    ids=["sum", "product", "reduction", "rows of a table", "update of a part"],
)
def test_bytes_through_hbm(slice_of_eight, function, shapes, expected):
    shape = partial(jax.ShapeDtypeStruct, dtype=jnp.float32, sharding=NamedSharding(slice_of_eight, REPLICATED))
    with tpu_compiler.no_compilation_cache():
        text = jax.jit(function).lower(*map(shape, shapes)).compile().as_text()
    assert traffic(text, 8).hbm == pytest.approx(expected, rel=0.005)


TEXT = """HloModule written_by_hand

%fused (param: f32[256]) -> (f32[256], f32[512]) {
  %param = f32[256]{0:T(256)} parameter(0)
  ROOT %all-gather.1 = f32[512]{0:T(256)} all-gather(%param), channel_id=7, replica_groups=[4,2]<=[8], dimensions={0}
}

%all-reduce-scatter.3 (param.1: f32[1024]) -> f32[128] {
  %param.1 = f32[1024]{0:T(256)} parameter(0)
  %all-reduce.9 = f32[1024]{0:T(256)} all-reduce(%param.1), channel_id=9, replica_groups={{0,1,2,3,4,5,6,7}}
  ROOT %slice.1 = f32[128]{0:T(256)} slice(%all-reduce.9), slice={[0:128]}
}

%few (a: f32[256]) -> f32[256] {
  %a = f32[256]{0:T(256)} parameter(0)
  ROOT %copy.1 = f32[256]{0:T(256)} copy(%a)
}

%none (b: f32[256]) -> f32[256] {
  ROOT %b = f32[256]{0:T(256)} parameter(0)
}

%condition (state: (s32[], f32[256])) -> pred[] {
  %state = (s32[]{:T(128)}, /*index=1*/f32[256]{0:T(256)S(1)}) parameter(0)
  %limit = s32[]{:T(128)} constant(3)
  %turn = s32[]{:T(128)} get-tuple-element(%state), index=0
  ROOT %less = pred[]{:T(512)} compare(%turn, %limit), direction=LT
}

%body (state.1: (s32[], f32[256])) -> (s32[], f32[256]) {
  %state.1 = (s32[]{:T(128)}, /*index=1*/f32[256]{0:T(256)S(1)}) parameter(0)
  %x = f32[256]{0:T(256)S(1)} get-tuple-element(%state.1), index=1
  %all-reduce.1 = f32[256]{0:T(256)S(1)} all-reduce(%x), GROUPS
  ROOT %next = (s32[]{:T(128)}, f32[256]{0:T(256)S(1)}) tuple(%turn.1, %all-reduce.1)
}

ENTRY %main (p: f32[256], q: f32[1024], which: s32[]) -> f32[256] {
  %p = f32[256]{0:T(256)} parameter(0)
  %q = f32[1024]{0:T(256)S(1)} parameter(1)
  %which = s32[]{:T(128)S(6)} parameter(2)
  %begun = (f32[256]{0:T(256)}, f32[512]{0:T(256)S(1)}) fusion(%p), kind=kCustom, calls=%fused
  %done = (f32[256]{0:T(256)}, f32[512]{0:T(256)S(1)}) fusion(%p), kind=kCustom, calls=%fused
  %scattered = f32[128]{0:T(256)S(1)} fusion(%q), kind=kCustom, calls=%all-reduce-scatter.3
  %chosen = f32[256]{0:T(256)} conditional(%which, %p, %p), branch_computations={%few, %none}
  %loop = (s32[]{:T(128)}, f32[256]{0:T(256)S(1)}) while(%start), condition=%condition, body=%body
  %copy-start = (f32[256]{0:T(256)S(1)}, f32[256]{0:T(256)}, u32[]{:S(2)}) copy-start(%p)
  ROOT %copy-done = f32[256]{0:T(256)S(1)} copy-done(%copy-start)
}
""".replace(
    "GROUPS", "channel_id=1, replica_groups=mesh['axis_0'=1,'axis_1'=2,'axis_2'=4], device_ids=([4,2]T(1,0)) {'axis_1'}"
)


def test_every_notation_of_the_compiler():
    measured = traffic(TEXT, 8)
    assert measured.collectives == {
        "all-gather": Collective(1, 1024),  # appears twice, with one channel; two devices in a group
        "reduce-scatter": Collective(1, 7 / 8 * 4096),
        "all-reduce": Collective(3, 3 * 2 * 1 / 2 * 1024),  # three trips; two devices along axis_1
    }
    # Read and written by both fusions, and by one of two branches, which counts half; read by the copy.
    assert measured.hbm == 2 * 2 * 1024 + 2 * 1024 / 2 + 1024
