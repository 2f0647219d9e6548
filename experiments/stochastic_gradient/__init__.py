"""Stochastic gradient descent: a few examples at a time, until the error falls no more (statements 64-66; section III).

What it says   Take a few examples, average the gradients of their errors, adjust the weights; repeat with many small
               batches until the average objective no longer falls. A batch's gradient is a noisy estimate of that of
               all examples: right on average, with a variance of order 1/B.
Refuted if     the library's step is not the one so told; the variance is off (1/B) (N-B) / (N-1) by 5 % at any batch
               size, or the mean by more than chance; where the rule below stops, much of the error is still to fall.
Counter        at a constant rate the noise keeps the error above its least value, the more so the higher the rate;
               batches of neighbours in data that lie in order of category have no variance of order 1/B
Run            bash launch/local.sh stochastic_gradient --dataset=mnist --manual_dir=DIR
Takes          20 s on 2 CPU cores, as long on an accelerator
Left open      the paper does not say when an average "stops decreasing". The rule here, fixed beforehand: average the
               errors of the batches over windows of 400 steps, and stop after the first window that is not lower than
               the one before by more than 1 % of the error at the start; and watch for as long again, or longer. In
               proportion to itself, the error of a net that fits all its examples falls on, however long one waits
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dl_jax.data import catalog
from dl_jax.data.dataset import Examples, generated
from dl_jax.evidence.criteria import Criterion, below, equals, exceeds, identity
from dl_jax.evidence.estimands import difference, metric
from dl_jax.evidence.records import Records
from dl_jax.evidence.rounding import exact
from dl_jax.measures.old_by_seed import PRECISIONS, at_once, rows_by_seed
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.fit import fit
from dl_jax.training.losses import cross_entropy, half_squared_error
from dl_jax.training.step import Learner, mean_loss
from dl_jax.training.old_sweep import grid, sweep
from experiments.stochastic_gradient.figures import draw_noise, draw_until_flat
from experiments.stochastic_gradient.gradient_noise import noise_by_batch_size
from experiments.stochastic_gradient.minibatch import unlike_library

WITHIN = 0.05
"""Of the variance: the published tolerance (row C61)."""
CHANCE = 0.5
"""Of a squared bias in units of what chance makes it, which is 1."""
STILL = 0.01
"""Of the error at the start: a window that falls by less falls no more."""
MATTERS = 0.05
"""Of the error: less is nothing."""
WARM = 200
"""Steps to the weights that are called trained, where noise is measured."""
RATES, INPUTS, EXAMPLES, SETTLED = (0.01, 0.1), 64, 1024, 2000
"""Least squares whose targets no weights can meet: rates, inputs, examples, and steps until nothing is left to fall."""
TOGETHER = {"cpu": 8, "gpu": 256, "tpu": 256}


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"what to learn: {', '.join(catalog.NAMES)}, or your own file.npz (x, y) or file.csv")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    hidden: int = flag(16, "units of the hidden layer", at_least=1)
    batch_size: int = flag(16, "examples a step", at_least=2)
    learning_rate: float = flag(0.1, "of plain stochastic gradient descent", above=0)
    examples: int = flag(128, "how many examples the noise of batches is measured on", at_least=32)
    batches: int = flag(10_000, "how many batches of each size are drawn there", at_least=10)
    window: int = flag(400, "steps over which the error is averaged", at_least=1)
    windows: int = flag(40, "windows in all; the rule must stop in their first half", at_least=4)


PRESETS = {
    "smoke": {"seeds": 2, "examples": 64, "batches": 5000, "window": 100, "windows": 8},
    "accelerator": {"seeds": 20, "batches": 50_000},
}
SECONDS = {"smoke": 20, "laptop": 20, "accelerator": 20}


def measure(config: Config, context: Context) -> Records:
    """Steps against their definition; the noise of batches; trainings until they are flat, and what noise leaves."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    train = dataset.standardized().train
    model = mlp((config.hidden,), len(dataset.class_names), NONLINEARITIES["tanh"])
    learner = Learner(model, cross_entropy, optax.sgd(config.learning_rate))
    here = {"learner": learner, "train": train, "batch_size": config.batch_size}
    told = partial(unlike_library, rate=config.learning_rate, **here)
    noisy = partial(noise_by_batch_size, examples=config.examples, batches=config.batches, steps=WARM, **here)
    looks = [*((told, precision) for precision in PRECISIONS), (noisy, "float32")]
    parts = [partial(rows_by_seed, look, config.all_seeds, precision) for look, precision in looks]
    rows = [context.events.cached({"seeds": list(config.all_seeds)}, lambda: at_once(parts))]
    rows += [until_flat(learner, train, seed, config, context) for seed in config.all_seeds]
    rows += [floors(config, context, batch_size, name) for name, batch_size in {"few": 16, "all": EXAMPLES}.items()]
    return Records.gather(rows)


def until_flat(learner, train, seed, config, context):
    """Rows of the mean error of the batches in every window of a long training, and of the error of the first batch."""

    def compute():
        steps = config.window * config.windows
        key, alone = jax.random.key(seed), context.single_device()
        _, error_T = fit(learner, train, key, steps, context=alone, batch_size=config.batch_size)
        at = {"trial": 0, "seed": seed}
        yield {**at, "metric": "first_error", "value": float(error_T[0])}
        for number, error in enumerate(error_T.reshape(config.windows, config.window).mean(1)):
            yield {**at, "window": number, "metric": "window_error", "value": float(error)}

    return context.events.cached({"part": "until flat", "seed": seed}, lambda: list(compute()))


def floors(config, context, batch_size, name):
    """Rows of how far above its least value the error of least squares stays, at each constant rate."""

    def learner(trial):
        return Learner(linear(1), half_squared_error, optax.sgd(trial["learning_rate"]))

    sizes = {"steps": SETTLED, "batch_size": batch_size, "together": TOGETHER[context.kind]}
    trials = grid(learning_rate=RATES, seed=config.all_seeds)
    return sweep(learner, generated(scattered, EXAMPLES), trials, look=above_least, context=context, fed=name, **sizes)


def scattered(key, count):
    """Targets of variance 1 that have nothing to do with the inputs."""
    x_NxDplus1 = jax.random.normal(key, (count, INPUTS + 1))
    return Examples(x_NxDplus1[:, :-1], x_NxDplus1[:, -1:])


def above_least(learner, first, last, splits):
    """The training error above the least that any weights have, in units of that."""
    x_NxD, y_Nx1 = splits.train
    with_1_NxDplus1 = jnp.concatenate([x_NxD, jnp.ones((len(x_NxD), 1))], 1)
    best_Dplus1x1 = jnp.linalg.solve(with_1_NxDplus1.T @ with_1_NxDplus1, with_1_NxDplus1.T @ y_Nx1)
    least = mean_loss(learner, {"layer_01": {"w": best_Dplus1x1[:-1], "b": best_Dplus1x1[-1]}}, splits.train)
    return {"above_least": mean_loss(learner, last, splits.train) / least - 1.0}


def stops(first_error, error_W):
    """The number of the first window that falls no more; None if none does."""
    fall_W = error_W[:-1] - error_W[1:]
    flat = np.flatnonzero(~(fall_W > STILL * first_error))
    return int(flat[0]) + 1 if len(flat) else None


def left_to_fall(rule):
    """What is still to fall of the error when the rule stops, of all that falls; 1 if it stops late or never."""

    def estimand(records):
        windows = records.axis("window")
        first_S = records.by_seed("first_error")
        error_SxW = np.transpose([records.by_seed("window_error", window=number) for number in windows])
        left = []
        for first_error, error_W in zip(first_S, error_SxW, strict=True):
            at = rule(first_error, error_W)
            late = at is None or at >= len(windows) // 2
            left.append(1.0 if late else (error_W[at] - error_W[-1]) / (first_error - error_W[-1]))
        return np.asarray(left)

    return estimand


def worst(sampler):
    """The variance over what theory says, minus 1, at the batch size and weights where it is farthest off."""
    return metric("variance_ratio", lambda ratios: max(np.subtract(ratios, 1), key=abs), sampler=sampler)


def above_least_by_rate(fed):
    """How far the error stays above its least value at the higher rate, more than at the lower one."""
    low, high = (metric("above_least", fed=fed, learning_rate=rate) for rate in RATES)
    return difference(high, low)


def scope(records):
    """For what the verdicts on noise hold."""
    sizes = records.where(metric="variance_ratio").axis("batch")
    return f"batches of {sizes[0]} to {sizes[-1]} examples; weights untrained and after {WARM} steps"


CRITERIA = (
    exact(
        64,
        "the library's step is the one told: weights minus rate times mean gradient of the examples",
        "unlike_library",
        scope="three steps, float32 and float64; in the control a sum, one example, the wrong sign, a late gradient",
    ),
    Criterion(
        65,
        "where the rule stops, the average error falls no more: what is left to fall, of all that falls",
        below(left_to_fall(stops), MATTERS),
        control=left_to_fall(lambda first_error, error_W: 0),
        scope=lambda records: f"of {len(records.axis('window'))} windows; the control stops after the first",
    ),
    Criterion(
        65,
        "at a constant rate noise keeps the error above its least value: by how much more at ten times the rate",
        exceeds(above_least_by_rate("few"), MATTERS),
        control=above_least_by_rate("all"),
        scope=f"least squares with an error left, in units of it; rates {RATES}; the control takes all examples",
        counter_evidence=True,
    ),
    Criterion(
        66,
        "the variance of a batch's gradient is that of one example times (1/B) (N-B) / (N-1): worst ratio minus 1",
        identity(worst("shuffled"), WITHIN),
        control=worst("with replacement"),
        scope=scope,
    ),
    Criterion(
        66,
        "it is right on average: squared distance of the mean from the full gradient, of what chance makes it",
        equals(metric("bias_ratio", sampler="shuffled"), 1.0, within=CHANCE),
        control=metric("bias_ratio", sampler="one half"),
        scope=scope,
    ),
    Criterion(
        66,
        "batches of neighbours in data by category vary more than of order 1/B: ratio at 8 examples",
        exceeds(metric("variance_ratio", sampler="neighbours", batch=8), 2.0),
        control=metric("variance_ratio", sampler="shuffled", batch=8),
        scope="unshuffled data",
        counter_evidence=True,
    ),
)


def draw(records):
    """The noise of batches by their size; trainings with the places where the rule stops, and what noise leaves."""
    return {"noise": draw_noise(records), "until_flat": draw_until_flat(records, stops)}
