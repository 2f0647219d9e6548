"""The judge of generalization on planted records."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import generalization as experiment


def records(test=0.95, few=0.8, shown=1.0, by_lot=0.1, by_lot_shown=1.0, leaked=0.55, spread=0.005, seeds=6):
    """Planted accuracies: with true labels and by lot, of the most examples and the fewest."""
    generator, rows = np.random.default_rng(0), []
    for seed in range(seeds):
        for size, leaks in ((50, False), (1000, False), (1000, True)):
            true = {"train_accuracy_true": shown, "test_accuracy_true": few if size == 50 else test}
            random = {"train_accuracy_random": by_lot_shown, "test_accuracy_random": leaked if leaks else by_lot}
            for labels, metrics in (("true", true), ("random", random)):
                at = {"seed": seed, "trial": 0, "size": size, "leaks": leaks, "labels": labels, "dataset": "digits"}
                rows.append({**at, "metric": "commonest", "value": 0.1})
                for name, value in metrics.items():
                    rows.append({**at, "metric": name, "value": value + spread * generator.normal()})
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_a_machine_that_learns_what_labels_mean_supports_all():
    assert answers(records()) == [Answer.SUPPORTED] * 5


@pytest.mark.parametrize(
    ("planted", "context", "answer"),
    [
        ({"test": 0.3, "few": 0.2}, 0, Answer.REFUTED),
        ({"test": 0.6, "spread": 0.1}, 0, Answer.INCONCLUSIVE),
        ({"by_lot_shown": 0.3}, 1, Answer.REFUTED),
        ({"by_lot": 0.3, "leaked": 0.7}, 2, Answer.REFUTED),
        ({"leaked": 0.12}, 3, Answer.REFUTED),
        ({"leaked": 0.12}, 2, Answer.ERROR),
        ({"few": 0.95}, 4, Answer.REFUTED),
        ({"test": 0.2, "few": 0.2, "by_lot": 0.7}, 0, Answer.ERROR),
    ],
)
def test_each_criterion_can_fail(planted, context, answer):
    assert answers(records(**planted))[context] is answer


def test_labels_by_lot_are_those_of_other_examples():
    splits = Splits(*[Examples(np.zeros((n, 1)), np.arange(n) % 5) for n in (60, 10, 20)])
    for before, after in zip(splits, experiment.with_labels_by_lot(splits), strict=True):
        np.testing.assert_array_equal(after.y[:, 0], before.y)
        np.testing.assert_array_equal(np.sort(after.y[:, 1]), np.sort(before.y))
        assert (after.y[:, 1] != before.y).any()


def test_a_leak_shows_every_other_test_example_and_a_seed_its_own_part():
    train = Examples(jnp.arange(40.0)[:, None], jnp.zeros((40, 2), jnp.int32))
    test = Examples(100 + jnp.arange(10.0)[:, None], jnp.ones((10, 2), jnp.int32))
    honest = experiment.part(12, None, jax.random.key(0), train)
    assert len(set(honest.x[:, 0].tolist())) == 12
    assert not np.array_equal(honest.x, experiment.part(12, None, jax.random.key(1), train).x)
    leaked = experiment.part(12, test, jax.random.key(0), train)
    assert leaked.x[:5, 0].tolist() == [100, 102, 104, 106, 108]
    np.testing.assert_array_equal(leaked.x[5:], honest.x[:7])
    assert leaked.y.shape == (12, 2)
