"""The criteria of generalization on planted records, and its labels and subsets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer, judge
from experiments import generalization as experiment


def records(test=0.95, few=0.8, train=1.0, random=0.1, random_train=1.0, leaked=0.55, spread=0.005, seeds=6):
    """Planted accuracies: of nets trained on true and on random labels, with the most examples and the fewest."""
    generator, found = np.random.default_rng(0), []
    for seed in range(seeds):
        for size, leaks in ((50, False), (1000, False), (1000, True)):
            accuracies = {
                "true": {"train_accuracy": train, "test_accuracy": few if size == 50 else test},
                "random": {"train_accuracy": random_train, "test_accuracy": leaked if leaks else random},
            }
            for labels, values in accuracies.items():
                at = {"seed": seed, "size": size, "leaks": leaks, "labels": labels, "dataset": "digits"}
                noisy = {name: value + spread * generator.normal() for name, value in values.items()}
                found += [measured({"majority_share": 0.1}, **at), measured(noisy, **at, scored_by=labels)]
    return Records.gather(found)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_a_model_that_generalizes_supports_all():
    assert set(answers(records()).values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"test": 0.3, "few": 0.2}, "68.new_inputs", Answer.REFUTED),
        ({"test": 0.6, "spread": 0.1}, "68.new_inputs", Answer.INCONCLUSIVE),
        ({"random_train": 0.3}, "68.memorised_labels", Answer.REFUTED),
        ({"random": 0.3, "leaked": 0.7}, "68.random_labels_at_chance", Answer.REFUTED),
        ({"leaked": 0.12}, "68.leak_shows", Answer.REFUTED),
        ({"leaked": 0.12}, "68.random_labels_at_chance", Answer.ERROR),
        ({"few": 0.95}, "68.more_examples_close_the_gap", Answer.REFUTED),
        ({"test": 0.2, "few": 0.2, "random": 0.7}, "68.new_inputs", Answer.ERROR),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


def test_random_labels_are_a_permutation():
    splits = Splits(*[Examples(np.zeros((n, 1)), np.arange(n) % 5) for n in (60, 10, 20)])
    for before, after in zip(splits, experiment.with_random_labels(splits), strict=True):
        np.testing.assert_array_equal(after.y[:, 0], before.y)
        np.testing.assert_array_equal(np.sort(after.y[:, 1]), np.sort(before.y))
        assert (after.y[:, 1] != before.y).any()


def test_a_leak_puts_every_second_test_example_first_and_each_seed_draws_its_own():
    train = Examples(jnp.arange(40.0)[:, None], jnp.zeros((40, 2), jnp.int32))
    test = Examples(100 + jnp.arange(10.0)[:, None], jnp.ones((10, 2), jnp.int32))
    honest = experiment.subsample(12, None, jax.random.key(0), train)
    assert len(set(honest.x[:, 0].tolist())) == 12
    assert not np.array_equal(honest.x, experiment.subsample(12, None, jax.random.key(1), train).x)
    leaked = experiment.subsample(12, test, jax.random.key(0), train)
    assert leaked.x[:5, 0].tolist() == [100, 102, 104, 106, 108]
    np.testing.assert_array_equal(leaked.x[5:], honest.x[:7])
    assert leaked.y.shape == (12, 2)
