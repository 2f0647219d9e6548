"""Kernel machines on tasks: the same examples as a sweep draws, every setting, and few of the examples."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits
from dl_jax.measures.ensembles import net_rows
from dl_jax.measures.kernel_machines import RIDGE, gaussian_machine, kernel_rows, linear_machine
from dl_jax.models.linear import linear
from dl_jax.training.context import local_context
from dl_jax.training.losses import accuracy

TASKS = [{"task": "shifted", "by": 0.0}, {"task": "shifted", "by": 2.0}]


def draw(key, task):
    x_NxD = jax.random.normal(key, (30, 2)) + task["by"]
    examples = Examples(x_NxD, (x_NxD[:, 0] > x_NxD[:, 1]).astype(jnp.int32))
    return Splits(examples, examples, examples)


def look(score, splits):
    return {"accuracy": accuracy(score(splits.test.x), splits.test.y), "mean": jnp.mean(splits.train.x)}


def test_a_row_for_every_task_setting_and_seed():
    machines = {"gaussian": (gaussian_machine, (0.5, 1.0)), "linear": (linear_machine, (1.0,))}
    rows = kernel_rows(machines, draw, TASKS, (4, 7), look, local_context(1))
    at = {(r["machine"], r["by"], r["setting"], r["seed"], r["metric"]) for r in rows}
    assert len(at) == len(rows) == 3 * 2 * 2 * 2
    assert {type(row["value"]) for row in rows} == {float}
    assert min(row["value"] for row in rows if row["metric"] == "accuracy") > 0.9


def test_nets_and_kernels_see_the_same_examples():
    kernels = kernel_rows({"k": (linear_machine, (1.0,))}, draw, TASKS, (4, 7), look, local_context(1))
    nets = net_rows(linear(2), (0.01,), draw, TASKS, (4, 7), look, local_context(1), steps=2, machine="net")

    def means(rows):
        return sorted((row["by"], row["seed"], row["value"]) for row in rows if row["metric"] == "mean")

    np.testing.assert_allclose(means(kernels), means(nets), rtol=1e-5, atol=1e-6)
    assert len(nets) == len(kernels)
    assert not {"tasks", "layer"} & set(nets[0])


def test_only_so_many_examples_are_learned_from():
    rows = kernel_rows({"k": (gaussian_machine, (1.0,))}, draw, TASKS[:1], (4,), look, local_context(1), count=5)
    first = draw(jax.random.split(jax.random.key(4), 3)[0], TASKS[0]).train.x[:5]
    assert [row["value"] for row in rows if row["metric"] == "mean"] == [float(jnp.mean(first))]


def test_a_gaussian_a_hundred_times_narrower_than_all_distances_remembers():
    examples = draw(jax.random.key(0), TASKS[0]).train
    score_NxC = gaussian_machine(examples, 2, 1e-3)(examples.x)
    share = np.mean(np.asarray(examples.y))
    expected = (np.eye(2)[np.asarray(examples.y)] + RIDGE * np.array([1 - share, share])) / (1 + RIDGE)
    np.testing.assert_allclose(score_NxC, expected, atol=2e-3)  # a distance of 0 is rounded like its parts
