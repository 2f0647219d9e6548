"""The verdicts of hundreds_of_millions on planted records, its flags, dry runs, and the training of a small net."""

from math import log

import jax
import numpy as np
import pytest

from dl_jax.data import shard_writer
from dl_jax.data.stream import stream
from dl_jax.errors import FlagError
from dl_jax.evidence.judge import judge
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer
from experiments import hundreds_of_millions as experiment
from experiments.hundreds_of_millions import criteria, sizes


@pytest.fixture(scope="module")
def counts():
    """(units, weights) of the published nets, and of the one trained at the laptop preset."""
    trained = sizes.dense_size(experiment.net(experiment.Config()), (16, 16, 1))
    return {name: count() for name, count in sizes.NETS.items()} | {criteria.TRAINED: trained}


def planted(counts, labelled=None, true=1.5, random=2.4, size=criteria.LARGE, seeds=13, spread=0.02, **other):
    """Records of counts, and of the last loss on true and on random labels."""
    parts = [measured(count._asdict(), net=net) for net, count in (counts | other).items()]
    labelled = sizes.LABELLED | (labelled or {})
    parts += [measured({"labelled_examples": count}, net=net) for net, count in labelled.items()]
    for seed in range(seeds):
        for labels, loss in {"true": true, "random": random}.items():
            metrics = {"examples_seen": 512, "last_loss": loss + spread * (seed - seeds // 2)}
            parts.append(measured(metrics, seed=seed, net=criteria.TRAINED, size=size, labels=labels))
    return Records.gather(parts)


def answers(records):
    return {verdict.key: verdict.verdict for verdict in judge(records, experiment.CRITERIA)}


SMALL, LARGE = sizes.Size(5_000, 5 * 10**7), sizes.Size(2 * 10**6, 2 * 10**8)
"""A net below both ranges, and one whose weights are within and whose units are above."""


def test_published_sizes_and_a_large_net_that_learns(counts):
    """The weights and the units are as stated; three of the five systems learned from fewer examples."""
    found = answers(planted(counts))
    assert found.pop("57.examples_of_systems") is Answer.REFUTED
    assert found.pop("57.large_net_learns") is Answer.SUPPORTED
    assert set(found.values()) == {Answer.EXACT}


@pytest.mark.parametrize(
    ("values", "key", "answer"),
    [
        ({"DeepFace": SMALL}, "57.weights_of_systems", Answer.REFUTED),
        ({"VGG-16": sizes.Size(10**7, 2 * 10**9)}, "57.weights_of_systems", Answer.REFUTED),
        ({"LeNet-5": LARGE}, "57.weights_of_systems", Answer.ERROR),
        ({"labelled": {"DeepFace": 10**8}}, "57.examples_of_systems", Answer.EXACT),
        ({"labelled": {"DeepFace": 10**8, "LeNet-5": 10**8}}, "57.examples_of_systems", Answer.ERROR),
        ({"AlexNet": LARGE, "speech net": LARGE}, "57.systems_with_fewer_weights", Answer.REFUTED),
        ({"true": log(10) - 0.05, "spread": 0.002}, "57.large_net_learns", Answer.REFUTED),
        ({"true": log(10) - 0.1, "spread": 0.1}, "57.large_net_learns", Answer.INCONCLUSIVE),
        ({"seeds": 2}, "57.large_net_learns", Answer.INCONCLUSIVE),
        ({"random": 1.0}, "57.large_net_learns", Answer.ERROR),
        ({"AlexNet": LARGE}, "79.units_of_systems", Answer.REFUTED),
        ({"translation LSTM": SMALL}, "79.units_of_systems", Answer.REFUTED),
        ({"figure 1a": sizes.Size(30_000, 90_000)}, "79.units_of_systems", Answer.ERROR),
        ({"VGG-16": sizes.Size(10**5, 138 * 10**6)}, "79.systems_with_more_units", Answer.REFUTED),
        ({"figure 1a": LARGE}, "79.systems_with_more_units", Answer.ERROR),
    ],
)
def test_each_criterion_can_fail(counts, values, key, answer):
    assert answers(planted(counts, **values))[key] is answer


def test_a_smaller_net_leaves_its_training_open_and_decides_nothing(counts):
    verdicts = judge(planted(counts, size=criteria.SMALL), experiment.CRITERIA)
    assert [(v.key, v.role) for v in verdicts if v.verdict is Answer.NOT_RUN] == [("57.large_net_learns", "support")]


def test_counts_are_facts_and_need_no_seeds(counts):
    verdicts = {verdict.key: verdict for verdict in judge(planted(counts, seeds=1), experiment.CRITERIA)}
    assert (verdicts["57.weights_of_systems"].exact, verdicts["57.weights_of_systems"].n) == (True, 0)
    assert verdicts["57.weights_of_systems"].estimate == 3 / 5
    assert verdicts["57.examples_of_systems"].estimate == 2 / 5
    assert verdicts["79.units_of_systems"].estimate == 3 / 4


def test_laptop_and_accelerator_train_more_than_a_hundred_million(counts):
    assert 1e8 < counts[criteria.TRAINED].weights < 1e9
    fast = experiment.Config(**experiment.PRESETS["accelerator"])
    assert 3e8 < sizes.dense_size(experiment.net(fast), (16, 16, 1)).weights < 1e9
    assert fast.steps * fast.batch_size == fast.examples  # every example, once


def test_seeds_have_examples_of_their_own():
    config = experiment.Config(examples=512)
    images = []
    for seed in (0, 1):
        with experiment.examples_of(config, seed) as dataset:
            source = stream(dataset, 0)  # in the same order, so that the examples themselves are compared
            source.prepare(lambda *progress: None)
            images.append(source.batches(0, 1, 512).x.reshape(512, -1))
    assert len(np.unique(np.concatenate(images), axis=0)) == 1024


def test_flags_that_would_use_examples_twice_are_refused():
    with pytest.raises(FlagError, match="--examples=800 or more"):
        experiment.Config(steps=8, batch_size=100, examples=799)


def test_a_dry_run_passes_the_training_on_and_writes_nothing(context, monkeypatch):
    def never(*arguments, **options):
        raise AssertionError("examples were written")

    monkeypatch.setattr(shard_writer, "write", never)
    programs = []
    config = experiment.Config(
        seeds=1, width=512, depth=2, batch_size=32, examples=10**8, precision="bfloat16", remat=True
    )
    dry = context.with_events(dry_run=lambda *program: programs.append(program))
    records = experiment.measure(config, dry)
    (label, program, arguments, flops), other = programs
    weights = records.values("weights", net=criteria.TRAINED)[0]
    steps = arguments[0].x.shape[0]
    assert label == "fit"
    assert arguments[0].x.shape[1:] == (32, 16, 16, 1)
    assert sum(leaf.size for leaf in jax.tree.leaves(arguments[1][0].params)) == weights
    assert flops == pytest.approx(6 * weights * 32 * steps, rel=0.2)  # the first layer needs no gradient of its inputs
    lowered = program.trace(*arguments).lower(lowering_platforms=("tpu",)).as_text()
    assert "optimization_barrier" in lowered
    assert "bf16" in lowered
    same = other[1].trace(*other[2]).lower(lowering_platforms=("tpu",)).as_text()
    assert same == lowered, "true and random labels share a program, which is compiled once"
    assert records.values("bytes_written").max() == 0


@pytest.mark.parametrize(("precision", "remat"), [("float32", False), ("bfloat16", True)])
def test_a_small_net_learns_true_labels_in_one_pass_and_not_random_ones(context, quickly, precision, remat):
    config = experiment.Config(
        seeds=1, width=128, depth=2, batch_size=64, steps=40, examples=2560, precision=precision, remat=remat
    )
    with quickly():
        records = experiment.measure(config, context)
    last = {labels: records.values("last_loss", labels=labels)[0] for labels in experiment.LABELS}
    assert last["true"] < criteria.CHANCE - 0.5
    assert last["random"] > criteria.CHANCE - criteria.MATTERS
    assert records.values("least_loss")[0] < last["true"]
    weights = records.values("weights", net=criteria.TRAINED)[0]
    assert 0.3 * weights < records.values("weights_changed", labels="true")[0] <= weights
    assert len(records.values("loss", labels="true")) == 40
    assert records.values("bytes_written")[0] > 2560 * 258
    assert np.isfinite([row["value"] for row in records]).all()
