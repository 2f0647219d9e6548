"""The judge of television_with_knobs on planted records, and the pictures that the machine is fed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples
from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import television_with_knobs as experiment

STEPS = (10, 20, 30)


def records(
    inside=500.0, first=0.7, last=0.95, shuffled=0.5, flattery=0.0, heart=0.15, turn=0.9, sign=0.1, right=0.3,
    perceptron=0.0, untuned=0.8, spread=0.002, seeds=6,
):  # fmt: skip
    """Planted learning curves, of a few pictures and of all, with true labels and with shuffled ones."""
    generator, rows = np.random.default_rng(0), []
    for seed in range(seeds):
        for machine, knobs in (("net", inside), ("one pixel", 0.5)):
            at = {"seed": seed, "trial": 0, "machine": machine}
            rows.append({**at, "metric": "knobs_inside_for_one_outside", "value": knobs})
        for pictures in ("few", "all"):
            for labels in experiment.LABELS:
                for step, good in zip(STEPS, np.linspace(first, last, 3), strict=True):
                    good = good if labels == "true" else shuffled
                    metrics = {
                        "exam_accuracy": good + flattery,
                        "test_accuracy": good,
                        "shown_accuracy": good + heart,
                        "accuracy_untuned": untuned if labels == "true" else shuffled,
                        "turn_goes_with_error": turn,
                        "sign_turn_goes_with_error": sign,
                        "turned_by_right_answers": right,
                        "perceptron_turned_by_right_answers": perceptron,
                    }
                    at = {"seed": seed, "trial": 0, "pictures": pictures, "labels": labels, "step": step}
                    at |= {"learning_rate": 0.03, "dataset": "digits"}
                    for name, value in metrics.items():
                        rows.append({**at, "metric": name, "value": value + spread * generator.normal()})
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_a_machine_like_the_note_takers_television_supports_all():
    assert answers(records()) == [Answer.SUPPORTED] * 8


@pytest.mark.parametrize(
    ("planted", "context", "answer"),
    [
        ({"inside": 20.0}, 0, Answer.REFUTED),
        ({"last": 0.6, "first": 0.5, "untuned": 0.5}, 1, Answer.REFUTED),
        ({"shuffled": 0.95}, 1, Answer.ERROR),
        ({"flattery": 0.1}, 2, Answer.REFUTED),
        ({"heart": 0.0}, 2, Answer.ERROR),
        ({"turn": 0.2}, 3, Answer.REFUTED),
        ({"sign": 0.8}, 3, Answer.ERROR),
        ({"right": 0.02}, 4, Answer.REFUTED),
        ({"perceptron": 0.3}, 4, Answer.ERROR),
        ({"first": 0.94}, 5, Answer.REFUTED),
        ({"untuned": 0.95}, 6, Answer.REFUTED),
        ({"last": 0.8}, 7, Answer.INCONCLUSIVE),
        ({"shuffled": 0.95}, 7, Answer.ERROR),
    ],
)
def test_each_criterion_can_fail(planted, context, answer):
    assert answers(records(**planted))[context] is answer


def test_pictures_are_fed_with_their_label_and_with_anothers():
    train = Examples(jnp.arange(60.0)[:, None], (jnp.arange(60) % 3 == 0).astype(jnp.int32))
    fed = experiment.fed(40, jax.random.key(0), train)
    numbers = fed.x[:, 0].astype(int)
    assert len(set(numbers.tolist())) == 40
    np.testing.assert_array_equal(fed.y[:, 0], train.y[numbers])
    assert sorted(fed.y[:, 1].tolist()) == sorted(fed.y[:, 0].tolist())
    assert not np.array_equal(fed.y[:, 0], fed.y[:, 1])
