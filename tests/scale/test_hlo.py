"""What a compiled program moves, against sums done by hand."""

from functools import partial
from importlib.util import find_spec

import jax
import jax.numpy as jnp
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from dl_jax.scale import tpu_compiler
from dl_jax.scale.compile_for import mesh, target
from dl_jax.scale.hlo import Moved, traffic

compiler = pytest.mark.skipif(find_spec("libtpu") is None, reason="libtpu is not installed")
SIDE, TURNS = 1024, 5
WHOLE = 4 * SIDE * SIDE
"""Bytes of the whole matrix; eight devices hold an eighth each."""


@pytest.fixture(scope="module")
def slice_of_eight():
    return mesh(target("v5e:2x4"), 8)


def of(function, here, out, cut_first=True):
    """The traffic of `function` of one matrix, on each of eight devices."""
    spec = PartitionSpec("trial") if cut_first else PartitionSpec()
    x = jax.ShapeDtypeStruct((SIDE, SIDE), jnp.float32, sharding=NamedSharding(here, spec))
    inside = jax.shard_map(function, mesh=here, in_specs=spec, out_specs=out, check_vma=False)
    with tpu_compiler.uncached():
        return traffic(jax.jit(inside).lower(x).compile().as_text(), 8)


CUT, ALIKE = PartitionSpec("trial"), PartitionSpec()
COLLECTIVES = {
    "all-reduce": (lambda x: jax.lax.psum(x, "trial"), ALIKE, True, 2 * 7 / 8 * WHOLE / 8),
    "all-gather": (lambda x: jax.lax.all_gather(x, "trial", tiled=True), ALIKE, True, 7 * WHOLE / 8),
    "reduce-scatter": (lambda x: jax.lax.psum_scatter(x, "trial", tiled=True), CUT, False, 7 / 8 * WHOLE),
    "all-to-all": (lambda x: jax.lax.all_to_all(x, "trial", 1, 0, tiled=True), CUT, True, 7 / 8 * WHOLE / 8),
    "collective-permute": (
        lambda x: jax.lax.ppermute(x, "trial", [(i, (i + 1) % 8) for i in range(8)]),
        CUT,
        True,
        WHOLE / 8,
    ),
}


@compiler
@pytest.mark.parametrize("kind", COLLECTIVES)
def test_a_collective_sends_what_a_ring_needs(slice_of_eight, kind):
    function, out, cut_first, sent = COLLECTIVES[kind]
    assert of(function, slice_of_eight, out, cut_first).collectives == {kind: Moved(1, sent)}


def summed_often(x):
    return jax.lax.scan(lambda y, _: (jax.lax.psum(y, "trial"), None), x, None, length=TURNS)[0]


@compiler
def test_in_a_loop_it_counts_as_often_as_the_loop_turns(slice_of_eight):
    assert of(summed_often, slice_of_eight, CUT).collectives == {
        "all-reduce": Moved(TURNS, TURNS * 2 * 7 / 8 * WHOLE / 8)
    }


def test_so_it_does_where_the_compiler_states_the_turns():
    here = jax.make_mesh((8,), ("trial",), axis_types=(AxisType.Auto,))
    assert of(summed_often, here, CUT).collectives == {"all-reduce": Moved(TURNS, TURNS * 2 * 7 / 8 * WHOLE / 8)}


@compiler
@pytest.mark.parametrize(
    ("function", "shapes", "moved"),
    [
        (lambda x: x + 1, [(2**13, 2**13)], 2 * 2**28),
        (lambda x, y: x @ y, [(2**13, 2**13)] * 2, 3 * 2**28),
        (lambda x: jnp.sum(x, 0), [(2**16, 2**10)], 2**28),
        # of a table it reads the rows it takes, and nothing else
        (lambda x, y: x[y.astype(jnp.int32)] * 2, [(2**16, 2**12), (128,)], 2 * 128 * 2**12 * 4),
        (lambda x, y: jax.lax.dynamic_update_slice(x, y, (5, 0)), [(2**16, 2**10), (128, 2**10)], 2 * 2**28 + 2**20),
    ],
    ids=["sum", "product", "reduction", "rows of a table", "a part changed"],
)
def test_bytes_through_memory(slice_of_eight, function, shapes, moved):
    place = partial(jax.ShapeDtypeStruct, dtype=jnp.float32, sharding=NamedSharding(slice_of_eight, ALIKE))
    with tpu_compiler.uncached():
        text = jax.jit(function).lower(*map(place, shapes)).compile().as_text()
    assert traffic(text, 8).hbm == pytest.approx(moved, rel=0.005)


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


def test_every_way_in_which_the_compiler_writes_it():
    moved = traffic(TEXT, 8)
    assert moved.collectives == {
        "all-gather": Moved(1, 1024),  # written twice, with one number; two devices in a group
        "reduce-scatter": Moved(1, 7 / 8 * 4096),
        "all-reduce": Moved(3, 3 * 2 * 1 / 2 * 1024),  # three turns; two devices along axis_1
    }
    # Read and written by each of the two fusions; by one branch of two, so half as often; and read by the copy.
    assert moved.hbm == 2 * 2 * 1024 + 2 * 1024 / 2 + 1024
