"""Many trainings as one program: each as if it were alone, whatever the devices and the neighbours."""

import math
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.initializers import scaled
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES, one_of
from dl_jax.training import trials as programs
from dl_jax.training.batches import batch_indices, shuffle_bits
from dl_jax.training.context import local_context
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner, init_state, step
from dl_jax.training.sweep import grid, sweep
from dl_jax.training.trials import names_of

quick = pytest.mark.usefixtures("quick_to_compile")

NAMES = ("tanh", "relu")
STEPS, BATCH = 7, 8
HUGE = 1e30


def examples(count=40):
    generator = np.random.default_rng(0)
    x_NxD = generator.normal(size=(count, 3)).astype(np.float32)
    y_N = (x_NxD[:, 0] * x_NxD[:, 1] > 0).astype(np.int32)
    return Examples(x_NxD, y_N)


SPLITS = Splits(examples(), examples(8), examples(16))


def learner_of(trial):
    model = mlp((5, 4), 2, one_of(NAMES, trial["nonlinearity"]), scaled(trial["scale"]))
    return Learner(model, cross_entropy, sgd(trial["learning_rate"]))


def look(learner, first, last, splits):
    outputs = learner.model.layers(last, splits.test.x)
    return {
        "test_loss": jnp.mean(learner.loss(outputs[-1], splits.test.y)),
        "test_accuracy": accuracy(outputs[-1], splits.test.y),
        "size": jnp.stack([jnp.mean(jnp.square(output)) for output in outputs]),
        "moved": jnp.mean(jnp.square(last["layer_01"]["w"] - first["layer_01"]["w"])),
    }


def trials(seeds=(0, 1, 2)):
    return grid(learning_rate=(0.05, 0.2), scale=(1.0,), nonlinearity=NAMES, seed=seeds)


def run(trials, context, learner=learner_of, data=SPLITS, **settings):
    settings = {"steps": STEPS, "look": look, "batch_size": BATCH} | settings
    return sweep(learner, data, trials, context=context, **settings)


def small(trial):
    return Learner(mlp((5,), 2, one_of(NAMES, trial["nonlinearity"])), cross_entropy, sgd(trial["learning_rate"]))


@pytest.mark.parametrize("together", [1, 4])
def test_the_numbers_are_the_same_to_the_last_bit_on_1_2_and_8_devices(together):
    rows = {devices: run(trials(), local_context(devices), small, together=together) for devices in (1, 2, 8)}
    assert len(rows[1]) == len(trials()) * 7  # the scalars, two layers' sizes, train_loss and diverged_at
    assert rows[1] == rows[2] == rows[8]
    assert len({row["value"] for row in rows[1] if row["metric"] == "test_loss"}) == len(trials())


SOLVING = """
import jax, jax.numpy as jnp, numpy as np
jax.config.update("jax_num_cpu_devices", 2)
from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.initializers import orthogonal
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import half_squared_error
from dl_jax.training.optimizers import sgd
from dl_jax.training.context import local_context
from dl_jax.training.step import Learner
from dl_jax.training.sweep import grid, sweep

some = Examples(np.ones((4000, 40), np.float32), np.ones((4000, 1), np.float32))

def look(learner, first, last, splits):
    y_NxW = learner.model.layers(last, splits.train.x)[0]
    return {"least": jnp.sum(jnp.linalg.solve(y_NxW.T @ y_NxW + jnp.eye(40), y_NxW.T @ splits.train.y))}

learner = lambda trial: Learner(mlp((40,) * 5, 1, NONLINEARITIES["tanh"], orthogonal), half_squared_error, sgd(0.01))
splits, trials = Splits(some, some, some), grid(seed=range(32))
print(len(sweep(learner, splits, trials, steps=20, look=look, looks=20, context=local_context(), together=16)))
"""


def test_linear_algebra_in_a_look_does_not_wait_for_its_own_threads():
    """On jax 0.10 LAPACK on a batch, on two CPU devices at once, can deadlock; hence another process, and a limit."""
    done = subprocess.run([sys.executable, "-c", SOLVING], capture_output=True, text=True, timeout=240, check=True)
    assert int(done.stdout) == 32 * (20 * 2 + 1)


@quick
def test_each_seed_is_shown_its_own_part_of_the_examples(context):
    def some(key, train):
        index_N = jax.random.permutation(key, len(train.x))[:10]
        return Examples(train.x[index_N], train.y[index_N])

    def look(learner, first, last, splits):
        return {"sum": jnp.sum(splits.train.x), "count": jnp.float32(len(splits.train.x))}

    rows = run(trials(), context, small, look=look, shown=some)
    sums = {(row["seed"], row["value"]) for row in rows if row["metric"] == "sum"}
    assert {row["value"] for row in rows if row["metric"] == "count"} == {10.0}
    assert len(sums) == len({seed for seed, _ in sums}) == len({value for _, value in sums}) == 3


@quick
def test_looking_on_the_way_changes_nothing_and_shows_where_it_was(context):
    once, often = run(trials(), context, small), run(trials(), context, small, looks=3)
    assert sorted({row["step"] for row in often}) == [2, 4, 7]
    last = [{key: value for key, value in row.items() if key != "step"} for row in often if row["step"] == STEPS]
    assert last == once
    shorter = run(trials(), context, small, steps=4)
    there = {(row["trial"], row["metric"]): row["value"] for row in often if row["step"] == 4 and "layer" not in row}
    for row in shorter:
        if row["metric"] in ("test_loss", "test_accuracy"):
            assert there[row["trial"], row["metric"]] == row["value"]


def convolving(trial):
    model = convnet((Stage(3, kernel=3),), (4,), 2, one_of(NAMES, trial["nonlinearity"]))
    return Learner(model, cross_entropy, sgd(trial["learning_rate"]))


IMAGES = Splits(*[part._replace(x=np.repeat(part.x, 12, 1).reshape(-1, 6, 6, 1)) for part in SPLITS])


def test_convolutions_are_trained_without_loops_with_the_same_numbers_on_any_devices():
    """On a CPU the host goes through groups of one trial a device: here 12 trials on 1, 2 and 8."""
    told = []
    rows = {
        devices: run(
            trials(),
            local_context(devices).with_events(progress=lambda *said: told.append(said)),
            convolving,
            IMAGES,
            look=seen,
        )
        for devices in (1, 2, 8)
    }
    assert rows[1] == rows[2] == rows[8]
    assert len({row["value"] for row in rows[1] if row["metric"] == "test_loss"}) == len(trials())
    assert told[-1][1:] == (2 * STEPS, 2 * STEPS), "12 trials are two groups of eight"


@quick
def test_convolutions_give_what_a_loop_gives(context, monkeypatch):
    chosen = trials(seeds=(3,))
    unrolled = run(chosen, context, convolving, IMAGES, look=seen)
    monkeypatch.setattr(programs, "unrolled", lambda *_: False)
    for mine, looped in zip(unrolled, run(chosen, context, convolving, IMAGES, look=seen), strict=True):
        assert {**mine, "value": 0} == {**looped, "value": 0}
        assert mine["value"] == pytest.approx(looped["value"], rel=2e-4)


def seen(learner, first, last, splits):
    scores_BxC = learner.model.apply(last, splits.test.x)
    return {"test_loss": jnp.mean(learner.loss(scores_BxC, splits.test.y))}


def alone(trial):
    """One training by hand: the first weights, a loop of steps, the look; no scan, no map, no mesh."""
    inside = trial | {"nonlinearity": NAMES.index(trial["nonlinearity"])}
    learner = learner_of(inside)
    _, key_init, key_batch = jax.random.split(jax.random.key(trial["seed"]), 3)
    state = init_state(learner, key_init, SPLITS.train.x[:1])
    first, errors, one = state.params, [], jax.jit(lambda state, batch: step(learner, state, batch))
    for index_B in batch_indices(shuffle_bits(key_batch), jnp.int32(0), STEPS, len(SPLITS.train.x), BATCH):
        state, error = one(state, Examples(SPLITS.train.x[index_B], SPLITS.train.y[index_B]))
        errors.append(float(error))
    return look(learner, first, state.params, SPLITS), errors


@quick
def test_a_trial_equals_the_same_training_done_alone(context):
    chosen = [
        {"learning_rate": 0.2, "scale": 1.5, "nonlinearity": "tanh", "seed": 4},
        {"learning_rate": 0.05, "scale": 0.5, "nonlinearity": "relu", "seed": 9},
    ]
    rows = run(chosen, context, together=4)
    for number, trial in enumerate(chosen):
        metrics, errors = alone(trial)
        mine = [row for row in rows if row["trial"] == number]
        assert all({key: row[key] for key in trial} == trial for row in mine)
        for name in ("test_loss", "test_accuracy", "moved"):
            (value,) = [row["value"] for row in mine if row["metric"] == name]
            np.testing.assert_allclose(value, metrics[name], rtol=2e-5)
        sizes = {row["layer"]: row["value"] for row in mine if row["metric"] == "size"}
        np.testing.assert_allclose([sizes[layer] for layer in (1, 2, 3)], metrics["size"], rtol=2e-5)
        (train_loss,) = [row["value"] for row in mine if row["metric"] == "train_loss"]
        np.testing.assert_allclose(train_loss, errors[-1], rtol=2e-5)


@pytest.mark.parametrize("together", [1, 4])
def test_a_diverged_trial_is_recorded_and_touches_no_other(context, together):

    def learner(trial):
        return Learner(mlp((5,), 2, NONLINEARITIES["identity"]), cross_entropy, sgd(trial["learning_rate"]))

    calm = grid(learning_rate=(0.1, 0.2), seed=(0, 1, 2))
    wild = [trial | ({"learning_rate": HUGE} if number == 1 else {}) for number, trial in enumerate(calm)]
    before, after = (run(each, context, learner, together=together) for each in (calm, wild))
    assert [row for row in before if row["trial"] != 1] == [row for row in after if row["trial"] != 1]
    diverged_at = {row["trial"]: row["value"] for row in after if row["metric"] == "diverged_at"}
    assert 0 < diverged_at.pop(1) < STEPS
    assert set(diverged_at.values()) == {-1.0}
    (train_loss,) = [row["value"] for row in after if row["trial"] == 1 and row["metric"] == "train_loss"]
    assert not math.isfinite(train_loss)


@quick
def test_one_program_serves_all_values_of_the_traced_axes(context):
    def cost_of(trials):
        traced, costs = [], []

        def learner(trial):
            traced.append(trial)
            return learner_of(trial)

        run(trials, context.with_events(cost=costs.append), learner, together=4)
        return len(traced), costs[0].programs, costs[0].flops / len(trials)

    few, many = grid(learning_rate=(0.05,), scale=(1.0,), nonlinearity=NAMES, seed=(0,)), trials(seeds=(0, 1, 2, 3, 4))
    assert len(many) > 8 * len(few)
    assert cost_of(few) == cost_of(many)
    assert cost_of(many)[1] == 3  # to begin, to advance, to look


@quick
def test_a_trial_is_blind_to_how_many_others_there_are(context):
    """What fills the mesh is no trial, and a trial's key is its seed's alone."""
    several = [trial for trial in trials() if trial["nonlinearity"] == NAMES[0]]
    many, last = (run(each, context, together=4) for each in (several, several[-1:]))
    assert {row["trial"] for row in last} == {0}
    assert [row | {"trial": 0} for row in many if row["trial"] == len(several) - 1] == last


@quick
def test_names_become_indices_in_the_order_in_which_they_come(context):
    seen = grid(nonlinearity=("relu", "identity", "tanh"), seed=(0, 1))
    assert names_of(seen, "nonlinearity") == ("relu", "identity", "tanh")
    types = {}

    def learner(trial):
        types.update({axis: value.dtype for axis, value in trial.items()})
        model = mlp((4,), 2, one_of(names_of(seen, "nonlinearity"), trial["nonlinearity"]))
        return Learner(model, cross_entropy, sgd(0.1))

    rows = run(seen, context, learner, together=2)
    assert types == {"nonlinearity": jnp.int32, "seed": jnp.int32}
    for name in ("relu", "identity", "tanh"):
        by_name = run(
            grid(nonlinearity=(name,), seed=(0, 1)),
            context,
            lambda trial, name=name: Learner(mlp((4,), 2, NONLINEARITIES[name]), cross_entropy, sgd(0.1)),
            together=2,
        )
        mixed = [row["value"] for row in rows if row["nonlinearity"] == name]
        np.testing.assert_allclose(mixed, [row["value"] for row in by_name], rtol=2e-5)


@quick
def test_whole_numbers_among_fractions_stay_fractions(context):
    """A column 1, 0.5 is not to be read as 1, 0."""
    rows = run(grid(scale=(1, 0.5), learning_rate=(0.1,), nonlinearity=("tanh",), seed=(0,)), context)
    same = run(grid(scale=(1.0, 0.5), learning_rate=(0.1,), nonlinearity=("tanh",), seed=(0,)), context)
    assert [row["value"] for row in rows] == [row["value"] for row in same]


@quick
def test_examples_are_drawn_from_each_seed(context):
    def draw(key):
        x_NxD = jax.random.normal(key, (24, 3))
        split = Examples(x_NxD, (x_NxD[:, 0] > 0).astype(jnp.int32))
        return Splits(split, split, split)

    def look(learner, first, last, splits):
        return {"first_input": splits.test.x[0, 0], "shared": jnp.sum(splits.train.x)}

    both = grid(learning_rate=(0.1, 0.2), scale=(1.0,), nonlinearity=("relu",), seed=(0, 1))
    rows = [row for row in run(both, context, data=draw, look=look, steps=2) if row["metric"] == "first_input"]
    drawn = {(row["seed"], row["value"]) for row in rows}
    assert len(rows) == 4
    assert len(drawn) == 2, "a seed has its own examples, the same at each learning rate"
    assert len({value for _, value in drawn}) == 2
    key_data = jax.random.split(jax.random.key(0), 3)[0]
    assert (0, float(draw(key_data).test.x[0, 0])) in drawn


@quick
def test_only_vectors_have_layers_and_every_row_has_its_axes(context):
    rows = run(trials(seeds=(5,)), context, depth=2, task="toy")
    assert {row["metric"] for row in rows if "layer" in row} == {"size"}
    assert all(row["depth"] == 2 and row["task"] == "toy" and row["seed"] == 5 for row in rows)
    assert all(type(row["value"]) is float for row in rows)


def test_finished_parts_are_not_computed_again(context):
    kept = [{"trial": 0, "metric": "kept", "value": 1.0}]

    def learner(trial):
        raise AssertionError("nothing is to be trained")

    names = []
    answer = run(
        trials(), context.with_events(cached=lambda name, compute: names.append(name) or kept), learner, depth=3
    )
    assert answer == kept
    assert names[0]["axes"] == {"depth": 3}
    assert names[0]["trials"] == trials()
    assert names[0]["steps"] == STEPS


@quick
def test_progress_is_told_up_to_the_last_step(context, monkeypatch):
    told, whole = [], run(trials(seeds=(0,)), context)
    monkeypatch.setattr("dl_jax.training.fit.FLOPS_A_SECOND", {"cpu": 1000.0})
    cut = run(trials(seeds=(0,)), context.with_events(progress=lambda *said: told.append(said)), depth=2)
    assert len(told) > 1
    assert told[-1] == ("depth 2", STEPS, STEPS)
    np.testing.assert_allclose([row["value"] for row in whole], [row["value"] for row in cut], rtol=1e-6)


@quick
@pytest.mark.parametrize("shards", [2, 5, 100])
def test_trials_in_shards_have_the_same_rows(context, shards):
    whole, parts = run(trials(), context, small), []

    def keep(name, *computes):
        parts.append(len(computes))
        return [row for compute in reversed(computes) for row in compute()][::-1]

    rows = run(trials(), context.with_events(shards=shards, cached=keep), small)
    assert parts == [min(shards, len(trials())) if shards != 5 else 4]

    def known(rows):
        return sorted(rows, key=lambda row: (row["trial"], row["metric"], row.get("layer", 0)))

    assert known(rows) == known(whole)


WIDE = Splits(*(Examples(np.ones((count, 64), np.float32), np.ones(count, np.int32)) for count in (64, 8, 8)))


def wide(trial):
    return Learner(mlp((256,), 2, NONLINEARITIES["tanh"]), cross_entropy, sgd(trial["learning_rate"]))


@quick
def test_trials_each_shared_out_over_several_devices_change_in_rounding_only():
    chosen = grid(learning_rate=(0.05,), seed=(0, 1))

    def look(learner, first, last, splits):
        return {"loss": jnp.mean(learner.loss(learner.model.apply(last, splits.test.x), splits.test.y))}

    alone = run(chosen, local_context(1), wide, WIDE, look=look)
    both = run(chosen, local_context(8, data=2, model=2), wide, WIDE, look=look)
    for one, other in zip(alone, both, strict=True):
        assert one | {"value": 0} == other | {"value": 0}
        assert other["value"] == pytest.approx(one["value"], rel=1e-4)


@quick
def test_a_place_that_only_plans_is_handed_the_programs_and_trains_nothing():
    planned = []
    context = local_context(2).with_events(dry_run=lambda *said: planned.append(said))
    rows = run(trials(), context, small, depth=3)
    trained = run(trials(), local_context(2), small, depth=3)
    assert [row | {"value": 0} for row in rows] == [row | {"value": 0} for row in trained]
    assert {row["value"] for row in rows if row["metric"] != "diverged_at"} == {0.0}
    ((what, program, arguments, flops),) = planned
    assert what == "depth 3"
    assert flops == STEPS * len(trials()) * 2 * BATCH * (2 * 3 * 5 + 3 * 5 * 2)
    assert program.lower(*arguments).compile().memory_analysis().argument_size_in_bytes > 0
