"""Train steps compiled for absent TPU slices, compared with closed forms."""

import subprocess
import sys
from functools import partial
from importlib.util import find_spec

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from dl_jax.data.dataset import Examples, Splits
from dl_jax.errors import FlagError
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.scale import compile_for, tpu_compiler
from dl_jax.scale.chips import CHIPS
from dl_jax.scale.compile_for import Planner, parse_target, target_mesh
from dl_jax.scale.hlo_traffic import Collective
from dl_jax.scale.plan import Plan, table
from dl_jax.training.context import Context, Events
from dl_jax.training.fit import fit
from dl_jax.training.flops import matrix_products, step_flops
from dl_jax.training.grid import choice, grid
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam, sgd
from dl_jax.training.step import Learner, chunk, init_state
from dl_jax.training.sweep import sweep

compiler = pytest.mark.skipif(find_spec("libtpu") is None, reason="libtpu is not installed")
CLASSES = 16


def planner_for(text, **sizes):
    target = parse_target(text)
    return Planner(target, target_mesh(target, **sizes), advice="take fewer")


def plan_of_net(planner, width, depth, steps=1, batch=1024, examples=2048):
    """Plan a net of `depth` layers of `width` units, sharded along "data", its units along "model" too."""

    def on(*axes):
        return NamedSharding(planner.mesh, PartitionSpec(*axes))

    net = mlp((width,) * depth, CLASSES, NONLINEARITIES["relu"])
    constrained = net._replace(
        apply=lambda params, x_BxD: net.apply(params, jax.lax.with_sharding_constraint(x_BxD, on("data")))
    )
    state = jax.eval_shape(
        lambda key: init_state(Learner(net, cross_entropy, sgd(0.1)), key, jnp.zeros((1, width))), jax.random.key(0)
    )

    def sharded(leaf):
        spec = on("data", "model") if leaf.ndim == 2 and leaf.shape[1] % planner.mesh.shape["model"] == 0 else on()
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=spec)

    float32, int32 = (partial(jax.ShapeDtypeStruct, dtype=kind) for kind in (jnp.float32, jnp.int32))
    arguments = (
        jax.tree.map(sharded, state),
        Examples(float32((examples, width)), int32((examples,))),
        jax.ShapeDtypeStruct((2, 24), jnp.uint32),
    )
    flops = steps * step_flops(matrix_products(net.apply, state.params, float32((batch, width))))
    learner = Learner(constrained, cross_entropy, sgd(0.1))
    program = jax.jit(lambda state, train, order: chunk(learner, state, train, order, steps, batch), donate_argnums=0)
    planner.plan("a net", program, arguments, flops)
    return planner.plans[-1]


def weights(width, depth):
    return depth * width * width + width * CLASSES


NO_CHIP = ["", "tpu", "v9:2x2", "V5E:2x4", "cuda:8"]
NO_SLICE = [
    "v5e",
    "v5e:",
    "v5e:3x5",
    "v5e:02x4",
    "v5e:2x\N{FULLWIDTH DIGIT FOUR}",
    "v5e:-2x4",
    "v5e:2x4x1",
    "v5e:32x32",
]
NO_BOX = ["v4:2x2", "v5p:4x4x6", "v5e:2x4x1"]


@pytest.mark.parametrize("text", [*NO_CHIP, *NO_SLICE, *NO_BOX])
def test_an_unknown_target_is_refused_in_one_line(text):
    with pytest.raises(FlagError) as raised:
        parse_target(text)
    assert f"--compile_for={text}: " in str(raised.value)
    assert "\n" not in str(raised.value)
    assert any(word in str(raised.value) for word in ("choose v4", "are 1x1", "are 2x2x1", "=cuda"))


def test_without_libtpu_the_message_names_what_to_install(monkeypatch):
    monkeypatch.setattr(compile_for, "find_spec", lambda name: None)
    with pytest.raises(FlagError, match=r"EXTRAS=tpu bash launch/local\.sh"):
        parse_target("v5e:2x4")
    assert parse_target("cuda").platform == "cuda"


@compiler
def test_the_mesh_takes_all_devices():
    target = parse_target("v5e:2x4")
    assert dict(target_mesh(target, 2, 2, 2).shape) == {"trial": 2, "data": 2, "model": 2}
    assert set(target_mesh(target, data=8).devices.flat) == set(target.devices)
    with pytest.raises(FlagError, match=r"has 8 devices, not 1 \(trial\) x 3 \(data\) x 2 \(model\) = 6"):
        target_mesh(target, data=3, model=2)


@compiler
def test_neighbours_along_a_mesh_axis_are_neighbours_on_the_torus():
    devices = target_mesh(parse_target("v5e:16x16"), data=16, model=16).devices[0]
    for line in (*devices, *devices.T):
        first, *others = (np.asarray(device.coords) for device in line)
        assert all(np.count_nonzero(other - first) == 1 for other in others)


@compiler
@pytest.mark.parametrize(
    ("text", "data", "model"),
    [
        ("v5e:2x4", 4, 2),
        ("v5e:16x16", 16, 16),
        ("v4:2x2x1", 4, 1),
        ("v5p:4x4x4", 16, 4),
        ("v6e:2x4", 8, 1),
        ("tpu7x:2x2x1", 4, 2),
    ],
)
def test_a_train_step_for_every_chip(text, data, model, capfd):
    width, depth, batch, examples = 512, 1, 1024, 2048
    planner = planner_for(text, data=data, model=model)
    plan = plan_of_net(planner, width, depth, batch=batch, examples=examples)
    assert plan.chip == CHIPS[text.partition(":")[0]]
    # Two FLOPs per weight: forward, gradient of the weights, and above the first layer gradient of the inputs.
    assert plan.flops == 2 * batch * (3 * weights(width, depth) - width * width)
    assert plan.compiler_flops * plan.devices == pytest.approx(plan.flops, rel=0.15)
    # The weights and their momenta are sharded, the examples replicated.
    state = 2 * 4 * weights(width, depth) / plan.devices
    assert plan.argument == pytest.approx(state + 4 * examples * (width + 1), rel=0.05)
    assert plan.alias > state
    if width // model >= 128:  # shorter rows are padded to 128 numbers
        assert plan.alias == pytest.approx(state, rel=0.15)
    assert plan.argument < plan.peak < plan.chip.hbm
    assert plan.hbm_traffic > 0
    assert plan.collectives
    assert plan.bytes_sent > 0
    assert 0 < plan.mfu <= 1
    assert capfd.readouterr() == ("", "")


@compiler
def test_traffic_is_proportional_to_steps():
    one, seven = (plan_of_net(planner_for("v5e:2x4", data=8), 256, 1, steps=n) for n in (1, 7))
    assert seven.flops == 7 * one.flops
    assert seven.bytes_sent == pytest.approx(7 * one.bytes_sent, rel=0.1)
    assert seven.compiler_flops == pytest.approx(one.compiler_flops, rel=0.1)


@compiler
def test_fit_and_sweep_plan_their_programs_and_train_nothing():
    planner = planner_for("v5e:2x4", trial=8)
    context = Context(planner.mesh, Events(dry_run=planner.plan))
    x_NxHxWx1, y_N = np.zeros((64, 6, 6, 1), np.float32), np.zeros(64, np.int32)
    train = Examples(jnp.asarray(x_NxHxWx1), jnp.asarray(y_N))
    learner = Learner(mlp((32,), 3, NONLINEARITIES["relu"]), cross_entropy, adam(1e-3))
    fit(learner, train, jax.random.key(0), steps=20, context=context, batch_size=32)

    def nets(trial):
        net = convnet((Stage(4, kernel=3),), (8,), 3, trial.f)
        return Learner(net, cross_entropy, sgd(trial.rate))

    records = sweep(
        nets,
        Splits(*[train] * len(Splits._fields)),
        grid(seed=range(3), rate=(0.1, 0.01), f=choice(NONLINEARITIES, ("relu", "tanh"))),
        steps=10,
        evaluate=lambda run: {"error": jnp.float32(0)},
        context=context,
        batch_size=16,
        net="convnet",
    )
    assert {row["trial"] for row in records.rows} == set(range(12))
    assert [plan.name for plan in planner.plans] == ["fit", "net convnet"]
    assert not planner.plans[1].collectives
    assert "net convnet (8 devices)" in planner.table()
    assert max(map(len, planner.table().splitlines())) <= 118


@compiler
def test_keys_donated_arguments_and_constants_are_accepted():
    planner = planner_for("v5e:2x4", data=8)
    constant = jnp.arange(256.0)

    @partial(jax.jit, donate_argnums=1)
    def noisy(key, x):
        return x + constant[None] + jax.random.normal(key, x.shape)

    shape = jax.ShapeDtypeStruct((512, 256), jnp.float32, sharding=NamedSharding(planner.mesh, PartitionSpec("data")))
    for name in ("noise", "noise", "more noise"):
        planner.plan(name, noisy, (jax.eval_shape(lambda: jax.random.key(0)), shape), 0.0)
    assert [plan.name for plan in planner.plans] == ["noise", "more noise"]
    assert planner.plans[0].alias == 512 * 256 * 4 / 8
    assert planner.plans[0].mfu == 0


def test_a_key_counts_as_its_key_data():
    planner = planner_for("cuda", data=8)
    drawn = jax.jit(lambda keys_R: jax.vmap(jax.random.normal)(keys_R))
    planner.plan("drawing", drawn, (jax.eval_shape(lambda: jax.random.split(jax.random.key(0), 5)),), 0.0)
    assert planner.plans[0].argument == 5 * 2 * 4


@compiler
def test_a_program_that_does_not_fit_is_refused_with_numbers(capfd):
    planner = planner_for("v5e:1x1")
    with pytest.raises(FlagError) as raised:
        plan_of_net(planner, width=32768, depth=3, examples=32)
    line = str(raised.value)
    numbers = [float(word.rstrip(",")) for word in line.split() if word.rstrip(",").replace(".", "").isdigit()]
    needed, available, too_much = numbers
    assert "a net does not fit v5e:1x1: it needs" in line
    assert line.endswith("too much; take fewer")
    assert needed > 2 * 4 * weights(32768, 3) / 2**30
    assert available == pytest.approx(CHIPS["v5e"].hbm / 2**30, abs=0.02)
    assert needed - available == pytest.approx(too_much, abs=0.02)
    assert "\n" not in line
    assert not planner.plans
    assert capfd.readouterr() == ("", "")


def test_both_formats_of_the_out_of_memory_message_are_parsed():
    current = (
        "RESOURCE_EXHAUSTED: the total memory required for HLO temporaries (2.50T) exceeds available HBM (15.75G)."
    )
    older = "Ran out of memory in memory space hbm. Used 512.00M of 15.48G hbm. Exceeded hbm capacity by 1.58G."
    assert tpu_compiler.parse_out_of_memory(current) == (2560, 15.75)
    assert tpu_compiler.parse_out_of_memory(older) == (0.5, 15.48)
    assert tpu_compiler.parse_out_of_memory("INVALID_ARGUMENT: something else") is None


@compiler
def test_the_compilation_cache_is_not_used():
    """JAX cannot load from its cache what was compiled for absent devices, and would warn."""
    before = jax.config.jax_enable_compilation_cache
    for _ in range(2):
        jax.clear_caches()
        plan_of_net(planner_for("v5e:2x4", data=8), 128, 1, batch=64, examples=64)
    assert jax.config.jax_enable_compilation_cache == before


@pytest.mark.parametrize("trial", [1, 2])
def test_for_cuda_programs_are_lowered(trial):
    planner = planner_for("cuda", trial=trial, data=4, model=2)
    plan = plan_of_net(planner, 256, 2, batch=64, examples=128)
    state = 2 * 4 * (weights(256, 2) / 8 + 2 * 256 + CLASSES) + 4
    assert plan.argument == state + 4 * 128 * 257 + 4 * 2 * 24
    assert plan.compiler_flops == pytest.approx(plan.flops, rel=0.15)
    assert "only lowered" in planner.table()


def test_the_slowest_resource_is_the_bottleneck():
    chip = CHIPS["v5e"]
    plan = Plan("", 4, chip, 0, 0, 0, 0, 0, 4 * 197e12, 0, 819e9 / 2, {"all-gather": Collective(3, 200e9 * 2)})
    assert plan.seconds == pytest.approx({"FLOPs": 1, "memory": 0.5, "links": 2})
    assert plan.bottleneck == "links"
    assert plan.mfu == pytest.approx(0.5)
    assert plan._replace(collectives={}).mfu == 1


def test_large_figures_fit_their_columns():
    chip = CHIPS["v5p"]
    sent = {f"kind {n}": Collective(1e6, 1e15) for n in range(9)}
    large = Plan("x" * 200, 9216, chip, *[1.099e11] * 5, 9.1e21, 9.99e17, 1e16, sent)
    lines = table([large]).splitlines()
    assert max(map(len, lines)) <= 118
    assert len(lines[0].split()) >= 13


SCRIPT = """
import jax
from dl_jax.scale.compile_for import Planner, parse_target, target_mesh
target = parse_target("v5p:2x2x1")
planner = Planner(target, target_mesh(target, 4))
planner.plan("double", jax.jit(lambda x: 2 * x), (jax.ShapeDtypeStruct((8,), "float32"),), 0.0)
print(jax.devices()[0].platform, len(planner.plans))
"""


@compiler
def test_another_process_prints_nothing_and_uses_its_cpu(monkeypatch):
    for name in ("JAX_PLATFORMS", *tpu_compiler.ENVIRONMENT):
        monkeypatch.delenv(name, raising=False)
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("cpu 1\n", "", 0)


@compiler
@pytest.mark.slow
def test_four_hundred_million_weights_on_256_chips():
    width, depth, batch = 8192, 6, 32768
    plan = plan_of_net(planner_for("v5e:16x16", data=16, model=16), width, depth, 4, batch, examples=batch)
    assert 400e6 < weights(width, depth) < 410e6
    assert plan.flops == 4 * 2 * batch * (3 * weights(width, depth) - width * width)
    state = 2 * 4 * weights(width, depth) / 256
    assert plan.alias == pytest.approx(state, rel=0.02)
    assert plan.argument == pytest.approx(state + 4 * batch * (width + 1), rel=0.02)
    # At least, each chip gathers the weights of its units in bf16, forward and backward.
    assert plan.bytes_sent > 4 * 2 * depth * width * width / 16 * 15 / 16
    assert 0.1 < plan.mfu <= 1
