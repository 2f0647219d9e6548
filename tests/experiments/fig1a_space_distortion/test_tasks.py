"""The examples at which every net is examined."""

import numpy as np
import pytest

from experiments.fig1a_space_distortion.tasks import CASES, TASKS, sample


@pytest.mark.parametrize("task", TASKS)
def test_the_sample_is_the_seeds_own_and_has_both_classes(task):
    x_Nx2, label_N = sample(task, 3)
    assert x_Nx2.shape == (2048, 2)
    assert np.mean(label_N) == pytest.approx(0.5, abs=0.05)
    for one, other in zip(sample(task, 3), (x_Nx2, label_N), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.any(np.all(x_Nx2 == sample(task, 4)[0], axis=1))


def test_every_task_has_a_case():
    assert {task for task, _ in CASES} == set(TASKS)
