"""The judge of hundreds_of_millions on planted records, its flags, and what it does where it only plans."""

import itertools
from math import log

import jax
import pytest

from dl_jax.errors import FlagError
from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import hundreds_of_millions as experiment
from experiments.hundreds_of_millions import sizes

TRANSLATION, VGG, TRAINED, LEARNS, ALEXNET, OBJECTS, LANGUAGE, VGG_UNITS = range(8)


@pytest.fixture(scope="module")
def counted():
    """(units, weights) of every net that is counted, and of the one trained at the laptop preset."""
    here = sizes.of_layers(experiment.net(experiment.Config()), (16, 16, 1))
    return {name: count() for name, count in sizes.NETS.items()} | {experiment.HERE: here}


def records(counted, moved=3e8, true=1.5, by_lot=2.4, size=experiment.LARGE, seeds=5, spread=0.02, **other):
    """Planted records: counts, weights moved, and the error at last on true labels and on labels by lot."""
    rows = []
    for seed, (net, count) in itertools.product(range(seeds), (counted | other).items()):
        rows += [{"seed": seed, "net": net, "metric": m, "value": v} for m, v in count._asdict().items()]
    for seed, labels in itertools.product(range(seeds), ("true", "by lot")):
        at = {"seed": seed, "net": experiment.HERE, "size": size, "labels": labels}
        error = (true if labels == "true" else by_lot) + spread * (seed - seeds // 2)
        values = {"weights_moved": moved, "error_at_last": error, "examples_seen": 512.0}
        rows += [{**at, "metric": metric, "value": float(value)} for metric, value in values.items()]
    return Records(tuple({"trial": 0, **row} for row in rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_nets_as_they_were_published_and_a_large_one_that_learns_support_all(counted):
    assert answers(records(counted)) == [Answer.SUPPORTED] * 8


@pytest.mark.parametrize(
    ("planted", "context", "answer"),
    [
        ({"translation LSTM": sizes.Size(88_000, 9 * 10**7)}, TRANSLATION, Answer.REFUTED),
        ({"translation LSTM": sizes.Size(88_000, 2 * 10**9)}, TRANSLATION, Answer.REFUTED),
        ({"VGG-16": sizes.Size(13 * 10**6, 9 * 10**7)}, VGG, Answer.REFUTED),
        ({"moved": 9e7}, TRAINED, Answer.REFUTED),
        ({"true": log(10) - 0.05, "spread": 0.005}, LEARNS, Answer.REFUTED),
        ({"true": log(10) - 0.1, "spread": 0.1}, LEARNS, Answer.INCONCLUSIVE),
        ({"true": float("nan")}, LEARNS, Answer.INCONCLUSIVE),
        ({"seeds": 2}, LEARNS, Answer.INCONCLUSIVE),
        ({"AlexNet": sizes.Size(659_272, 2 * 10**8)}, ALEXNET, Answer.REFUTED),
        ({"AlexNet": sizes.Size(2 * 10**6, 62 * 10**6)}, OBJECTS, Answer.REFUTED),
        ({"translation LSTM": sizes.Size(8_000, 384 * 10**6)}, LANGUAGE, Answer.REFUTED),
        ({"VGG-16": sizes.Size(10**6, 138 * 10**6)}, VGG_UNITS, Answer.REFUTED),
    ],
)
def test_each_criterion_can_fail(counted, planted, context, answer):
    assert answers(records(counted, **planted))[context] is answer


def test_labels_by_lot_that_can_be_told_are_an_error(counted):
    assert answers(records(counted, by_lot=1.0))[LEARNS] is Answer.ERROR


def test_a_net_that_is_smaller_leaves_its_claims_open(counted):
    found = answers(records(counted, size=experiment.SMALL))
    assert [found[TRAINED], found[LEARNS]] == [Answer.NOT_RUN] * 2


def test_laptop_and_accelerator_train_hundreds_of_millions(counted):
    assert 3e8 < counted[experiment.HERE].weights < 1e9
    fast = experiment.Config(**experiment.PRESETS["accelerator"])
    assert 3e8 < sizes.of_layers(experiment.net(fast), (16, 16, 1)).weights < 1e9
    assert fast.steps * fast.batch_size == fast.examples  # the whole of it, once


def test_examples_that_would_be_seen_twice_are_refused():
    with pytest.raises(FlagError, match="--examples=800 or more"):
        experiment.Config(steps=8, batch_size=100, examples=799)


def test_a_place_that_only_plans_is_handed_the_training_and_writes_nothing(context, monkeypatch):
    def never(*arguments, **options):
        raise AssertionError("examples were written")

    monkeypatch.setattr(experiment, "kept_or_passing", never)
    plans = []
    config = experiment.Config(width=512, depth=2, batch_size=32, examples=10**8, precision="bfloat16", remat=True)
    found = experiment.measure(config, context.with_events(dry_run=lambda *told: plans.append(told)))
    ((what, program, arguments, flops),) = plans
    weights = found.values("weights", net=experiment.HERE)[0]
    steps = arguments[-1].x.shape[0]
    assert what == "fit"
    assert arguments[-1].x.shape[1:] == (32, 16, 16, 1)
    assert sum(leaf.size for leaf in jax.tree.leaves(arguments[0].params)) == weights
    assert flops == pytest.approx(6 * weights * 32 * steps, rel=0.2)  # the lowest layer passes nothing down
    lowered = program.trace(*arguments).lower(lowering_platforms=("tpu",)).as_text()
    assert "optimization_barrier" in lowered
    assert "bf16" in lowered


@pytest.mark.parametrize(("precision", "remat"), [("float32", False), ("bfloat16", True)])
def test_a_small_net_learns_in_one_pass_and_by_lot_it_does_not(context, quickly, precision, remat):
    config = experiment.Config(
        seeds=1, width=128, depth=2, batch_size=64, steps=40, examples=2560, precision=precision, remat=remat
    )
    with quickly():
        found = experiment.measure(config, context)
    last = {labels: found.values("error_at_last", labels=labels)[0] for labels in ("true", "by lot")}
    assert last["true"] < experiment.CHANCE - 0.5
    assert last["by lot"] > experiment.CHANCE - experiment.MATTERS
    assert found.values("least_error")[0] < last["true"]
    weights = found.values("weights", net=experiment.HERE)[0]
    assert 0.3 * weights < found.values("weights_moved", labels="true")[0] <= weights
    assert len(found.values("error", labels="true")) == 40
    assert found.values("bytes_written")[0] > 2560 * 258
