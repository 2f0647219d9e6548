"""The criteria of linear_half_spaces on planted records, and the accuracies of the best half-space."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.judge import judge
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer
from experiments import linear_half_spaces as experiment


def records(
    linear=-0.1, net=0.25, features=0.25, single=-0.1, ring=0.0, nonconvexity=0.0, differs=0.0, spread=0.01, seeds=13
):
    """Planted records: accuracy above that of the best half-space. ring: what the linear classifier has more there."""
    generator, found = np.random.default_rng(0), []
    for task, seed in itertools.product(experiment.TASKS, range(seeds)):
        more = {"linear": linear + ring * (task == "ring"), "net": net, "linear_on_features": features}
        for method, above in more.items():
            at = {"seed": seed, "task": task, "method": method}
            best = experiment.BEST_HALF_SPACE[task]
            accuracy = 1.0 if task == "half_space" else best + above + spread * generator.normal()
            metrics = {"test_accuracy": accuracy}
            if method == "linear_on_features":
                metrics["single_feature_accuracy"] = best + single + spread * generator.normal()
            else:
                metrics["nonconvexity"] = nonconvexity if method == "linear" else 0.2
                metrics["differs_from_weighted_sum"] = differs if method == "linear" else 0.3
            found.append(measured(metrics, **at))
    return Records.gather(found)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_a_linear_classifier_that_is_a_half_space_supports_all():
    found = answers(records())
    assert {found.pop(key) for key in ("70.decides_by_weighted_sum", "71.regions_are_convex")} == {Answer.EXACT}
    assert set(found.values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"features": 0.0}, "69.designed_features_beat_half_space", Answer.REFUTED),
        ({"features": 0.135, "spread": 0.1}, "69.designed_features_beat_half_space", Answer.INCONCLUSIVE),
        ({"differs": 0.01}, "70.decides_by_weighted_sum", Answer.REFUTED),
        ({"nonconvexity": 0.01}, "71.regions_are_convex", Answer.REFUTED),
        ({"linear": 0.2}, "71.linear_stays_at_best_half_space", Answer.REFUTED),
        ({"linear": 0.034, "spread": 0.02}, "71.linear_stays_at_best_half_space", Answer.INCONCLUSIVE),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


def test_a_classifier_that_beats_the_half_space_on_one_task_alone_refutes():
    """The mean over the tasks would stay below the best half-space."""
    assert answers(records(ring=0.4))["71.linear_stays_at_best_half_space"] is Answer.REFUTED


@pytest.mark.parametrize(
    ("planted", "key"),
    [
        ({"net": -0.1}, "71.linear_stays_at_best_half_space"),
        ({"single": 0.25}, "69.designed_features_beat_half_space"),
    ],
)
def test_a_control_that_does_not_fail_is_an_error(planted, key):
    """A net no better than a half-space; features of which one alone holds the answer."""
    assert answers(records(**planted))[key] is Answer.ERROR


def test_the_features_of_an_example_depend_on_the_seed_and_on_no_label():
    import jax

    splits = [experiment.inputs_of("linear_on_features", "xor", jax.random.key(seed)) for seed in (0, 0, 1)]
    raw = experiment.inputs_of("linear", "xor", jax.random.key(0))
    np.testing.assert_array_equal(splits[0].test.x, splits[1].test.x)
    np.testing.assert_array_equal(splits[0].test.y, raw.test.y)
    assert splits[0].train.x.shape == (experiment.EXAMPLES, experiment.REFERENCES)
    assert not np.array_equal(splits[0].test.x, splits[2].test.x)
    relative = -2 * experiment.WIDTH**2 * np.log(np.asarray(splits[0].test.x, float))
    middle = relative[:, 0] - np.sum(np.asarray(raw.test.x, float) ** 2, 1)
    design = np.column_stack([np.asarray(raw.test.x, float), np.ones(len(middle))])
    # |x - c|^2 - |x|^2 is affine in x: the feature is a bump about one point.
    assert np.abs(design @ np.linalg.lstsq(design, middle, rcond=None)[0] - middle).max() < 1e-3


def test_the_best_single_feature_is_found_with_its_threshold_and_sign():
    import jax
    import jax.numpy as jnp

    from dl_jax.data.dataset import Examples, Splits
    from dl_jax.training.programs import Run
    from dl_jax.training.step import Learner

    generator = np.random.default_rng(0)
    x_NxD = generator.normal(size=(4000, 3)).astype(np.float32)
    examples = Examples(jnp.asarray(x_NxD), jnp.asarray((x_NxD[:, 1] < 0.3).astype(np.int32)))
    learner = Learner(experiment.linear(1), experiment.binary_cross_entropy, experiment.adam(0.01))
    params = learner.model.init(jax.random.key(0), examples.x)
    run = Run(learner, params, params, Splits(examples, examples, examples), None, jax.random.key(0))
    assert float(experiment.single_feature(run)["single_feature_accuracy"]) > 0.98


@pytest.mark.parametrize("task", ["xor", "ring", "parity"])
def test_the_best_half_space_by_brute_force(task):
    """No line (for parity: no threshold of any weighted sum of the four bits) does better than the stated accuracy."""
    if task == "parity":
        x_NxD = np.array(list(itertools.product([-1.0, 1.0], repeat=4)))
        label_N = (x_NxD > 0).sum(1) % 2 == 1
        directions = np.array(list(itertools.product([-3, -2, -1, 0, 1, 2, 3], repeat=4)), float)
        tolerance = 1e-9
    else:
        import jax

        examples = experiment.TASKS[task](jax.random.key(0), 8192)
        x_NxD, label_N = np.asarray(examples.x), np.asarray(examples.y) == 1
        angle = np.linspace(0, 2 * np.pi, 181)
        directions, tolerance = np.stack([np.cos(angle), np.sin(angle)], 1), 0.02
    best = 0.0
    for direction in directions:
        along = x_NxD @ direction
        for threshold in np.unique(np.round(along, 2)) - 0.005:
            best = max(best, np.mean((along > threshold) == label_N))
    assert best == pytest.approx(experiment.BEST_HALF_SPACE[task], abs=tolerance)
