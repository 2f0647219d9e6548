"""The criteria of generalization on planted records, and its labels and subsets."""

import jax
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.judge import judge
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer
from experiments import generalization as experiment


def records(test=0.95, few=0.8, train=1.0, random=0.1, random_train=1.0, leaked=0.55, spread=0.005, seeds=13):
    """Planted accuracies: of nets trained on true and on random labels, with the most examples and the fewest."""
    generator, found = np.random.default_rng(0), []
    for seed in range(seeds):
        for size, leaks in ((50, False), (200, False), (1000, False), (1000, True)):
            true_test = {50: few, 200: (few + test) / 2, 1000: test}[size]
            accuracies = {
                "true": {"train_accuracy": train, "test_accuracy": true_test},
                "random": {"train_accuracy": random_train, "test_accuracy": leaked if leaks else random},
            }
            for labels, values in accuracies.items():
                at = {"seed": seed, "size": size, "leaks": leaks, "labels": labels, "dataset": "digits"}
                noisy = {name: value + spread * generator.normal() for name, value in values.items()}
                found.append(measured({"majority_share": 0.1, **noisy}, **at))
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
        ({"few": 0.95}, "68.more_examples_close_the_gap", Answer.REFUTED),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


@pytest.mark.parametrize(
    ("planted", "key"),
    [
        ({"random": 0.7}, "68.new_inputs"),
        ({"test": 0.2, "few": 0.2}, "68.memorised_labels"),
        ({"leaked": 0.12}, "68.random_labels_at_chance"),
    ],
)
def test_a_control_that_passes_leaves_no_support(planted, key):
    assert answers(records(**planted))[key] is not Answer.SUPPORTED


def test_one_number_of_examples_closes_no_gap():
    assert answers(records().where(size=1000))["68.more_examples_close_the_gap"] is Answer.NOT_RUN


def examples(first, count):
    return Examples(first + np.arange(float(count))[:, None], np.arange(count) % 5)


SPLITS = Splits(examples(0, 60), examples(100, 10), examples(200, 20))


def test_random_labels_are_a_permutation_that_each_seed_draws():
    found = experiment.drawn(60, False, jax.random.key(0), SPLITS)
    for (x_Nx1, y_N), after in zip(SPLITS, found, strict=True):
        order_N = np.argsort(np.asarray(after.x[:, 0]))
        np.testing.assert_array_equal(after.x[order_N], x_Nx1)
        np.testing.assert_array_equal(after.y[order_N, 0], y_N)
        np.testing.assert_array_equal(np.sort(after.y[:, 1]), np.sort(y_N))
        assert (after.y[:, 1] != after.y[:, 0]).any()
    other = experiment.drawn(60, False, jax.random.key(1), SPLITS)
    assert (found.test.y[:, 1] != other.test.y[:, 1]).any()
    assert (found.test.x == other.test.x).all()


def test_a_leak_puts_every_second_test_example_first_and_each_seed_draws_its_own():
    honest, leaked = (experiment.drawn(24, leaks, jax.random.key(0), SPLITS) for leaks in (False, True))
    assert len(set(honest.train.x[:, 0].tolist())) == 24
    assert not np.array_equal(honest.train.x, experiment.drawn(24, False, jax.random.key(1), SPLITS).train.x)
    assert leaked.train.x[:10, 0].tolist() == [200 + 2 * at for at in range(10)]
    np.testing.assert_array_equal(leaked.train.y[:10], honest.test.y[::2])
    np.testing.assert_array_equal(leaked.train.x[10:], honest.train.x[:14])
    assert leaked.train.y.shape == (24, 2)


def test_examples_that_all_seeds_share_may_be_numpy_arrays():
    shapes = jax.eval_shape(lambda key: experiment.drawn(24, True, key, SPLITS), jax.random.key(0))
    assert shapes.train.x.shape == (24, 1)
    assert shapes.test.y.shape == (20, 2)
