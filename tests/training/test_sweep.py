"""Many trainings as one program: each as if it were alone, on any devices and beside any others."""

import subprocess
import sys
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.named import array, named
from dl_jax.evidence.records import Records
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.initializers import scaled_normal
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training import loop, programs
from dl_jax.training.batches import batch_indices, shuffle_bits
from dl_jax.training.context import local_context
from dl_jax.training.grid import choice, grid, per_program, static
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner, init_state, step
from dl_jax.training.sweep import evenly, sweep, three_quarters

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
    model = mlp((5, 4), 2, trial.nonlinearity, scaled_normal(trial.scale))
    return Learner(model, cross_entropy, sgd(trial.learning_rate))


def evaluate(run):
    outputs = run.learner.model.layers(run.params, run.splits.test.x)
    return {
        "test_loss": jnp.mean(run.learner.loss(outputs[-1], run.splits.test.y)),
        "test_accuracy": accuracy(outputs[-1], run.splits.test.y),
        "size": named(jnp.stack([jnp.mean(jnp.square(output)) for output in outputs]), "layer"),
        "distance": jnp.mean(jnp.square(run.params["layer_01"]["w"] - run.init_params["layer_01"]["w"])),
    }


def trials(seeds=(0, 1, 2)):
    return grid(learning_rate=(0.05, 0.2), scale=(1.0,), nonlinearity=choice(NONLINEARITIES, NAMES), seed=seeds)


def run(trials, context, learner=learner_of, data=SPLITS, **settings):
    settings = {"steps": STEPS, "evaluate": evaluate, "batch_size": BATCH, "plateau": False} | settings
    return sweep(learner, data, trials, context=context, **settings)


def small(trial):
    return Learner(mlp((5,), 2, trial.nonlinearity), cross_entropy, sgd(trial.learning_rate))


def values(records, metric, **axes):
    return [row["value"] for row in records.where(metric=metric, **axes).rows]


def one_at_a_time(monkeypatch, per_device):
    """Let a device compute this many trials at once, whatever their size."""
    monkeypatch.setattr(programs, "trials_per_device", lambda kind, flops, trials: per_device)


@pytest.mark.parametrize("per_device", [1, 4])
def test_the_numbers_are_bitwise_equal_on_1_2_and_8_devices(monkeypatch, per_device):
    one_at_a_time(monkeypatch, per_device)
    rows = {devices: run(trials(), local_context(devices), small).rows for devices in (1, 2, 8)}
    assert len(rows[1]) == len(trials().trials) * 8  # the scalars, two layers' sizes, and those of every training
    assert rows[1] == rows[2] == rows[8]
    assert len({row["value"] for row in rows[1] if row["metric"] == "test_loss"}) == len(trials().trials)


@quick
def test_what_a_sweep_measures_at_three_quarters_is_hidden_and_is_what_it_would_measure_then(context):
    gated, plain = (run(trials(), context, small, plateau=plateau) for plateau in (True, False))
    then = run(trials(), context, small, eval_steps=[5, 7])
    assert gated.where(metric="test_loss").rows == plain.where(metric="test_loss").rows
    early = gated.where(metric="test_loss", trained=5 / 7)
    assert [row["value"] for row in early.rows] == values(then, "test_loss", step=5)
    assert values(gated.earlier(), "test_loss") == values(then, "test_loss", step=5)
    assert values(gated.earlier(), "diverged_at") == values(gated, "diverged_at")


def test_three_quarters_is_an_evaluation_step_where_one_is_near():
    assert three_quarters(1000, evenly(1000, 4)) == 750
    assert three_quarters(1000, evenly(1000, 10)) in (700, 800)
    assert three_quarters(1000, [1000]) == 750
    assert three_quarters(3, [3]) == 0


def test_trials_per_device_depend_on_the_size_of_a_step_and_not_on_the_devices():
    assert programs.trials_per_device("cpu", 1e9, 40) == 1
    assert programs.trials_per_device("cpu", 1e5, 40) == 8
    assert programs.trials_per_device("cpu", 1e3, 5) == 4
    assert programs.trials_per_device("gpu", 1e6, 10_000) == 256


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
from dl_jax.training.grid import grid
from dl_jax.training.step import Learner
from dl_jax.training.sweep import evenly, sweep

some = Examples(np.ones((4000, 40), np.float32), np.ones((4000, 1), np.float32))

def evaluate(run):
    y_NxW = run.learner.model.layers(run.params, run.splits.train.x)[0]
    return {"least": jnp.sum(jnp.linalg.solve(y_NxW.T @ y_NxW + jnp.eye(40), y_NxW.T @ run.splits.train.y))}

learner = lambda trial: Learner(mlp((40,) * 5, 1, NONLINEARITIES["tanh"], orthogonal), half_squared_error, sgd(0.01))
splits, trials = Splits(some, some, some), grid(seed=range(32))
settings = {"steps": 20, "evaluate": evaluate, "eval_steps": evenly(20, 20), "context": local_context()}
records = sweep(learner, splits, trials, plateau=False, **settings)
print(len(records.rows))
"""


def test_linear_algebra_in_an_evaluation_does_not_deadlock():
    """On jax 0.10 LAPACK on a batch, on two CPU devices at once, can wait for its own threads for ever."""
    done = subprocess.run([sys.executable, "-c", SOLVING], capture_output=True, text=True, timeout=240, check=True)
    assert int(done.stdout) == 32 * (20 * 2 + 2)


@quick
def test_each_seed_is_trained_on_its_own_subset(context):
    def some(key, train):
        index_N = jax.random.permutation(key, len(train.x))[:10]
        return Examples(train.x[index_N], train.y[index_N])

    def evaluate(run):
        return {"sum": jnp.sum(run.splits.train.x), "count": jnp.float32(len(run.splits.train.x))}

    records = run(trials(), context, small, evaluate=evaluate, subset=some)
    sums = {(row["seed"], row["value"]) for row in records.where(metric="sum").rows}
    assert set(values(records, "count")) == {10.0}
    assert len(sums) == len({seed for seed, _ in sums}) == len({value for _, value in sums}) == 3


@quick
@pytest.mark.parametrize("eval_steps", [(2, 4, 7), (0, 1, 2, 4, 7), (7, 100)])
def test_evaluation_on_the_way_changes_nothing(context, eval_steps):
    """Also where the distances differ, and one program serves all lengths of calls."""
    once, often = run(trials(), context, small), run(trials(), context, small, eval_steps=eval_steps)
    assert often.axis("step") == tuple(sorted({min(step, STEPS) for step in eval_steps}))
    for metric in ("test_loss", "test_accuracy", "size", "distance", "train_loss", "diverged_at"):
        np.testing.assert_allclose(values(often, metric, step=STEPS), values(once, metric), rtol=1e-6)
    if 4 in eval_steps:
        shorter = run(trials(), context, small, steps=4)
        np.testing.assert_allclose(values(often, "test_loss", step=4), values(shorter, "test_loss"), rtol=1e-6)
    if 0 in eval_steps:
        assert set(values(often, "distance", step=0)) == {0.0}
        assert not values(often, "train_loss", step=0)


def test_evaluation_steps_at_even_distances():
    assert evenly(7, 3) == [2, 4, 7]
    assert evenly(2, 5) == [1, 2]


@quick
def test_the_path_is_evaluated_once_with_the_weights_of_all_evaluation_steps(context):
    def evaluate_path(run):
        w_Kx = run.params["layer_01"]["w"]
        return {"norm": named(jnp.linalg.norm(w_Kx.reshape(len(w_Kx), -1), axis=1), step=(0, 3, 7))}

    def evaluate(run):
        return {"norm_now": jnp.linalg.norm(run.params["layer_01"]["w"])}

    records = run(trials(), context, small, evaluate=evaluate, evaluate_path=evaluate_path, eval_steps=(0, 3, 7))
    for at in (0, 3, 7):
        np.testing.assert_allclose(values(records, "norm", step=at), values(records, "norm_now", step=at), rtol=1e-6)


@quick
def test_arrays_are_kept_whole_with_their_axes(context):
    def evaluate(run):
        return {"weights": [array(run.params[name]["w"], "input", "unit", layer=name) for name in run.params]}

    records = run(trials(), context, small, evaluate=evaluate)
    found = records.array("weights", layer="layer_01", seed=1, nonlinearity="relu", learning_rate=0.2)
    assert found.values.shape == (3, 5)
    assert found.axes == {"input": (1, 2, 3), "unit": (1, 2, 3, 4, 5)}
    assert not records.where(metric="weights").rows


def convolving(trial):
    model = convnet((Stage(3, kernel=3),), (4,), 2, trial.nonlinearity)
    return Learner(model, cross_entropy, sgd(trial.learning_rate))


IMAGES = Splits(*[part._replace(x=np.repeat(part.x, 12, 1).reshape(-1, 6, 6, 1)) for part in SPLITS])


def loss_on_test(run):
    scores_BxC = run.learner.model.apply(run.params, run.splits.test.x)
    return {"test_loss": jnp.mean(run.learner.loss(scores_BxC, run.splits.test.y))}


def test_convolutions_are_trained_without_loops_with_equal_numbers_on_any_devices():
    """On a CPU the host goes through batches of one trial a device: here 12 trials on 1, 2 and 8."""
    reports = []
    rows = {
        devices: run(
            trials(),
            local_context(devices).with_events(progress=lambda *report: reports.append(report)),
            convolving,
            IMAGES,
            evaluate=loss_on_test,
        ).rows
        for devices in (1, 2, 8)
    }
    assert rows[1] == rows[2] == rows[8]
    assert len({row["value"] for row in rows[1] if row["metric"] == "test_loss"}) == len(trials().trials)
    assert reports[-1][1:] == (2 * STEPS, 2 * STEPS), "12 trials are two batches of eight"


@quick
def test_convolutions_give_what_a_loop_gives(context, monkeypatch):
    chosen = trials(seeds=(3,))
    unrolled = run(chosen, context, convolving, IMAGES, evaluate=loss_on_test)
    monkeypatch.setattr(programs, "unrolled", lambda *_: False)
    looped = run(chosen, context, convolving, IMAGES, evaluate=loss_on_test)
    for mine, other in zip(unrolled, looped, strict=True):
        assert {**mine, "value": 0} == {**other, "value": 0}
        assert mine["value"] == pytest.approx(other["value"], rel=2e-4)


def by_hand(trial):
    """One training by hand: the initial weights, a loop of steps, the evaluation; no scan, no map, no mesh."""
    inside = SimpleNamespace(**{**trial, "nonlinearity": NONLINEARITIES[trial["nonlinearity"]]})
    learner = learner_of(inside)
    _, key_init, key_batch = jax.random.split(jax.random.key(trial["seed"]), 3)
    state = init_state(learner, key_init, SPLITS.train.x[:1])
    init_params, losses, one = state.params, [], jax.jit(lambda state, batch: step(learner, state, batch))
    for index_B in batch_indices(shuffle_bits(key_batch), jnp.int32(0), STEPS, len(SPLITS.train.x), BATCH):
        state, loss = one(state, Examples(SPLITS.train.x[index_B], SPLITS.train.y[index_B]))
        losses.append(float(loss))
    return evaluate(Run(learner, init_params, state.params, SPLITS, inside, None)), losses


@quick
def test_a_trial_equals_the_same_training_done_by_hand(context):
    records = run(trials(seeds=(4, 9)), context)
    chosen = [
        {"learning_rate": 0.2, "scale": 1.0, "nonlinearity": "tanh", "seed": 4},
        {"learning_rate": 0.05, "scale": 1.0, "nonlinearity": "relu", "seed": 9},
    ]
    for trial in chosen:
        metrics, losses = by_hand(trial)
        for name in ("test_loss", "test_accuracy", "distance"):
            (value,) = values(records, name, **trial)
            np.testing.assert_allclose(value, metrics[name], rtol=2e-5)
        sizes = [values(records, "size", layer=layer, **trial)[0] for layer in (1, 2, 3)]
        np.testing.assert_allclose(sizes, metrics["size"].value, rtol=2e-5)
        np.testing.assert_allclose(values(records, "train_loss", **trial), losses[-1:], rtol=2e-5)


@pytest.mark.parametrize("per_device", [1, 4])
def test_a_diverged_trial_is_recorded_and_touches_no_other(context, monkeypatch, per_device):
    one_at_a_time(monkeypatch, per_device)

    def learner(trial):
        return Learner(mlp((5,), 2, NONLINEARITIES["identity"]), cross_entropy, sgd(trial.learning_rate))

    calm, wild = (grid(learning_rate=(rate, 0.2), seed=(0, 1, 2)) for rate in (0.1, HUGE))
    before, after = (run(each, context, learner) for each in (calm, wild))
    assert before.where(learning_rate=0.2).rows == after.where(learning_rate=0.2).rows
    assert all(0 < step < STEPS for step in values(after, "diverged_at", learning_rate=HUGE))
    assert set(values(after, "diverged_at", learning_rate=0.2)) == {-1.0}
    assert not np.isfinite(values(after, "train_loss", learning_rate=HUGE)).any()


@quick
def test_one_program_serves_all_values_of_the_traced_axes(context):
    def cost_of(trials):
        traced, costs = [], []

        def learner(trial):
            traced.append(trial)
            return learner_of(trial)

        run(trials, context.with_events(cost=costs.append), learner)
        return len(traced), costs[0].programs, costs[0].flops / len(trials.trials)

    nonlinearity = choice(NONLINEARITIES, NAMES)
    few = grid(learning_rate=(0.05,), scale=(1.0,), nonlinearity=nonlinearity, seed=(0,))
    many = trials(seeds=(0, 1, 2, 3, 4))
    assert len(many.trials) > 8 * len(few.trials)
    assert cost_of(few) == cost_of(many)
    assert cost_of(many)[1] == 4  # to draw, to start, to advance, to evaluate


@quick
def test_a_trial_does_not_depend_on_the_other_trials(context):
    """A mesh is filled up with copies, and a trial's key is its seed's alone."""
    many = run(grid(learning_rate=(0.05, 0.2), seed=(0, 1, 2)), context, one_nonlinearity)
    last = run(grid(learning_rate=(0.2,), seed=(2,)), context, one_nonlinearity)
    mine = [{**row, "trial": 0} for row in many.where(learning_rate=0.2, seed=2).rows]
    assert len(mine) == len(last.rows)
    for one, other in zip(mine, last.rows, strict=True):
        assert one | {"value": 0} == other | {"value": 0}
        assert one["value"] == pytest.approx(other["value"], rel=1e-6)


def one_nonlinearity(trial):
    return Learner(mlp((5,), 2, NONLINEARITIES["tanh"]), cross_entropy, sgd(trial.learning_rate))


@quick
def test_static_axes_and_arguments_per_program(context):
    lengths = {1: 3, 2: 5}
    records = run(
        grid(depth=static([1, 2]), seed=(0, 1)),
        context,
        lambda trial: Learner(mlp((4,) * trial.depth, 2, NONLINEARITIES["tanh"]), cross_entropy, sgd(0.1)),
        steps=per_program(lambda trial: lengths[trial.depth]),
    )
    assert records.axis("depth") == (1, 2)
    assert {row["trial"] for row in records.where(depth=2).rows} == {2, 3}
    assert records.axis("layer") == (1, 2, 3)
    longer = run(
        grid(seed=(0, 1)),
        context,
        lambda trial: Learner(mlp((4, 4), 2, NONLINEARITIES["tanh"]), cross_entropy, sgd(0.1)),
        steps=5,
    )
    assert values(records, "test_loss", depth=2) == values(longer, "test_loss")


@quick
def test_a_choice_is_the_thing_of_its_name(context):
    names = ("relu", "identity", "tanh")
    mixed = run(grid(nonlinearity=choice(NONLINEARITIES, names), seed=(0, 1)), context, tiny)
    for name in names:
        alone = run(grid(nonlinearity=choice(NONLINEARITIES, (name,)), seed=(0, 1)), context, tiny)
        np.testing.assert_allclose(values(mixed, "test_loss", nonlinearity=name), values(alone, "test_loss"), rtol=2e-5)


def tiny(trial):
    return Learner(mlp((4,), 2, trial.nonlinearity), cross_entropy, sgd(0.1))


@quick
def test_data_are_generated_from_each_seed(context):
    def draw(key):
        x_NxD = jax.random.normal(key, (24, 3))
        split = Examples(x_NxD, (x_NxD[:, 0] > 0).astype(jnp.int32))
        return Splits(split, split, split)

    def evaluate(run):
        return {"first_input": run.splits.test.x[0, 0]}

    both = grid(learning_rate=(0.1, 0.2), seed=(0, 1))
    records = run(both, context, one_nonlinearity, data=draw, evaluate=evaluate, steps=2)
    generated = {(row["seed"], row["value"]) for row in records.where(metric="first_input").rows}
    assert len(generated) == 2, "a seed has its own examples, the same at each learning rate"
    assert len({value for _, value in generated}) == 2
    key_data = jax.random.split(jax.random.key(0), 3)[0]
    assert (0, float(draw(key_data).test.x[0, 0])) in generated


@quick
def test_cached_parts_are_not_computed_again(context):
    cached = Records(({"trial": 0, "metric": "cached", "value": 1.0},))

    def learner(trial):
        raise AssertionError("nothing is to be trained")

    keys = []
    answer = run(
        trials(), context.with_events(cached=lambda key, compute: keys.append(key) or cached), learner, depth=3
    )
    assert answer == cached
    assert keys[0]["axes"] == {"depth": 3}
    assert tuple(keys[0]["trials"]) == trials().trials
    assert keys[0]["steps"] == STEPS


@quick
def test_progress_is_reported_up_to_the_last_step(context, monkeypatch):
    reports, whole = [], run(trials(seeds=(0,)), context)
    monkeypatch.setattr(loop, "FLOPS_PER_SECOND", {"cpu": 1000.0})
    cut = run(trials(seeds=(0,)), context.with_events(progress=lambda *report: reports.append(report)), depth=2)
    assert len(reports) > 1
    assert reports[-1] == ("depth 2", STEPS, STEPS)
    np.testing.assert_allclose([row["value"] for row in whole], [row["value"] for row in cut], rtol=1e-6)


@quick
def test_without_axes_the_progress_still_has_a_label(context):
    labels = []
    run(
        grid(seed=(0,), learning_rate=(0.1,)),
        context.with_events(progress=lambda *r: labels.append(r[0])),
        one_nonlinearity,
    )
    assert set(labels) == {"training"}


@quick
@pytest.mark.parametrize("shards", [2, 5, 100])
def test_trials_in_shards_have_the_same_rows(context, shards):
    whole, parts = run(trials(), context, small), []

    def cached(key, *computes):
        parts.append(len(computes))
        return Records.gather([compute() for compute in reversed(computes)][::-1])

    records = run(trials(), context.with_events(shards=shards, cached=cached), small)
    assert parts == [min(shards, len(trials().trials)) if shards != 5 else 4]
    assert records == whole


WIDE = Splits(*(Examples(np.ones((count, 64), np.float32), np.ones(count, np.int32)) for count in (64, 8, 8)))


def wide(trial):
    return Learner(mlp((256,), 2, NONLINEARITIES["tanh"]), cross_entropy, sgd(trial.learning_rate))


@quick
def test_trials_that_are_sharded_over_several_devices_change_in_rounding_only():
    chosen = grid(learning_rate=(0.05,), seed=(0, 1))
    alone = run(chosen, local_context(1), wide, WIDE, evaluate=loss_on_test)
    both = run(chosen, local_context(8, data=2, model=2), wide, WIDE, evaluate=loss_on_test)
    for one, other in zip(alone, both, strict=True):
        assert one | {"value": 0} == other | {"value": 0}
        assert other["value"] == pytest.approx(one["value"], rel=1e-4)


@quick
def test_a_dry_run_passes_the_programs_on_and_trains_nothing():
    planned = []
    context = local_context(2).with_events(dry_run=lambda *arguments: planned.append(arguments))
    records = run(trials(), context, small, depth=3)
    trained = run(trials(), local_context(2), small, depth=3)
    assert [row | {"value": 0} for row in records] == [row | {"value": 0} for row in trained]
    assert {row["value"] for row in records if row["metric"] not in ("diverged_at", "test_examples")} == {0.0}
    ((label, program, arguments, flops),) = planned
    assert label == "depth 3"
    assert flops % (STEPS * 2 * BATCH * (2 * 3 * 5 + 3 * 5 * 2)) == 0
    assert program.lower(*arguments).compile().memory_analysis().argument_size_in_bytes > 0
