"""The criteria of television_with_knobs on planted records, and its training subsets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer, judge
from experiments import television_with_knobs as experiment

STEPS = (10, 20, 30)
PLANTED = {
    "inner": 500.0,
    "first": 0.7,
    "last": 0.95,
    "shuffled": 0.5,
    "optimism": 0.0,
    "memorised": 0.15,
    "gradient": 0.9,
    "sign": 0.1,
    "cross_entropy": 0.3,
    "perceptron": 0.0,
    "untuned": 0.65,
    "spread": 0.002,
}


def records(**changed):
    """Planted learning curves, of a few pictures and of all, with true labels and with shuffled ones."""
    plant, generator = PLANTED | changed, np.random.default_rng(0)

    def noisy(value):
        return value + plant["spread"] * generator.normal()

    def at_step(good, untuned, **at):
        scores = {"exam_accuracy": good + plant["optimism"], "test_accuracy": good}
        scores |= {"train_accuracy": good + plant["memorised"]}
        scores = {name: noisy(value) for name, value in scores.items()}
        yield measured(scores, **at, learning_rate=0.03, selected=True)
        yield measured({"test_accuracy": noisy(untuned)}, **at, learning_rate=0.3, selected=False)
        for update in ("gradient", "sign"):
            yield measured({"update_and_loss_correlation": noisy(plant[update])}, **at, update=update)
        for rule in ("cross-entropy", "perceptron"):
            share = plant[rule.replace("-", "_")]
            yield measured({"update_share_of_right_answers": noisy(share)}, **at, rule=rule)

    parts = [measured({"inner_knobs_per_outer": plant["inner"]}, model="net")]
    parts.append(measured({"inner_knobs_per_outer": 0.5}, model="one pixel"))
    for seed in range(6):
        for pictures in ("few", "all"):
            for labels in experiment.LABELS:
                for step, good in zip(STEPS, np.linspace(plant["first"], plant["last"], 3), strict=True):
                    at = {"seed": seed, "pictures": pictures, "labels": labels, "step": step, "dataset": "digits"}
                    scores = (good, plant["untuned"]) if labels == "true" else (plant["shuffled"],) * 2
                    parts += at_step(*scores, **at)
    return Records.gather(parts)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_a_machine_like_the_note_takers_television_supports_all():
    assert set(answers(records()).values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"inner": 20.0}, "34.inner_knobs_per_outer", Answer.REFUTED),
        ({"last": 0.6, "first": 0.5, "untuned": 0.5}, "35.labels_teach", Answer.REFUTED),
        ({"shuffled": 0.95}, "35.labels_teach", Answer.ERROR),
        ({"optimism": 0.1}, "36.exam_predicts_new_pictures", Answer.REFUTED),
        ({"memorised": 0.0}, "36.exam_predicts_new_pictures", Answer.ERROR),
        ({"gradient": 0.2}, "37.update_grows_with_loss", Answer.REFUTED),
        ({"sign": 0.8}, "37.update_grows_with_loss", Answer.ERROR),
        ({"cross_entropy": 0.02}, "37.right_answers_move_knobs", Answer.REFUTED),
        ({"perceptron": 0.3}, "37.right_answers_move_knobs", Answer.ERROR),
        ({"first": 0.94}, "38.improves_by_repetition", Answer.REFUTED),
        ({"untuned": 0.95}, "39.tuning_helps", Answer.REFUTED),
        ({"last": 0.8}, "40.thousands_of_pictures", Answer.INCONCLUSIVE),
        ({"shuffled": 0.95}, "40.thousands_of_pictures", Answer.ERROR),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


def test_tuning_is_judged_against_all_learning_rates_and_nothing_else_reads_them():
    before, after = (answers(records(untuned=value)) for value in (0.65, 0.3))
    assert before == after
    assert answers(records(untuned=0.95)) != before


def test_a_subset_has_the_labels_of_its_pictures_and_a_permutation():
    train = Examples(jnp.arange(60.0)[:, None], (jnp.arange(60) % 3 == 0).astype(jnp.int32))
    subset = experiment.subsample(40, jax.random.key(0), train)
    numbers = subset.x[:, 0].astype(int)
    assert len(set(numbers.tolist())) == 40
    np.testing.assert_array_equal(subset.y[:, 0], train.y[numbers])
    assert sorted(subset.y[:, 1].tolist()) == sorted(subset.y[:, 0].tolist())
    assert not np.array_equal(subset.y[:, 0], subset.y[:, 1])
