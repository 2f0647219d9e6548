"""Stochastic gradient descent, until the loss stops falling (statements 64-66; section III).

What it says   Take a few examples, average the gradients of their losses, adjust the weights; repeat with many small
               batches until the average objective stops falling. The gradient of a batch is a noisy estimate of that of
               all examples: right on average, with a variance of order 1/B.
Refuted if     the library's step differs from this definition; at the worst batch size the variance differs by 5 % from
               (1/B) (N-B) / (N-1) times that of one example, or the bias from chance; where the rule below stops, more
               than a twentieth of the loss is still to fall.
Counter        a net that fits all its examples never quite stops: its loss falls in proportion for ever. Beside it: at
               a constant learning rate the noise keeps the loss above its minimum, and batches of neighbours in data
               sorted by class have no variance of order 1/B
Run            bash launch/local.sh stochastic_gradient --dataset=mnist --manual_dir=DIR
Takes          60 s on 2 CPU cores, as long on an accelerator
Left open      the paper does not say when an average "stops decreasing". The rule here, fixed beforehand: average the
               losses of the batches over windows of 400 steps, and stop after the first window that is not lower than
               the one before by more than 1 % of the initial loss; then train on for as long again, or longer, to see
               what was left. The bound is not 1 % of the loss itself, because the loss of a net that fits all its
               examples falls in proportion for ever
"""

from dataclasses import dataclass
from functools import partial

import optax

from dl_jax.data import catalog
from dl_jax.evidence.records import Records
from dl_jax.measures.by_seed import PRECISIONS, by_seed, for_each_seed, part
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.losses import cross_entropy
from dl_jax.training.step import Learner
from experiments.stochastic_gradient.criteria import CRITERIA as CRITERIA
from experiments.stochastic_gradient.criteria import NOT_JUDGED as NOT_JUDGED
from experiments.stochastic_gradient.criteria import TRAINED_STEPS
from experiments.stochastic_gradient.figures import draw_noise, draw_until_flat
from experiments.stochastic_gradient.gradient_noise import noise_by_batch_size
from experiments.stochastic_gradient.least_squares import train_least_squares
from experiments.stochastic_gradient.sgd_definition import sgd_error
from experiments.stochastic_gradient.until_flat import losses_by_window


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"what to learn: {', '.join(catalog.NAMES)}, or your own file.npz (x, y) or file.csv")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    hidden: int = flag(16, "units of the hidden layer", at_least=1)
    batch_size: int = flag(16, "examples a step", at_least=2)
    learning_rate: float = flag(0.1, "of plain stochastic gradient descent", above=0)
    examples: int = flag(128, "examples on which the noise of batches is measured", at_least=32)
    batches: int = flag(10_000, "batches of each size that are drawn from them", at_least=10)
    window: int = flag(400, "steps over which the loss is averaged", at_least=1)
    windows: int = flag(40, "windows in all; the rule must stop in their first half", at_least=4)


PRESETS = {
    "smoke": {"seeds": 2, "examples": 64, "batches": 5000, "window": 100, "windows": 8},
    "accelerator": {"seeds": 26, "batches": 50_000},
}
SECONDS = {"smoke": 20, "laptop": 60, "accelerator": 60}


def measure(config: Config, context: Context) -> Records:
    """Steps against their definition, the noise of batches, trainings until flat, and the loss that noise leaves."""
    dataset, seeds = catalog.load(config.dataset, config.manual_dir or None), config.all_seeds
    model = mlp((config.hidden,), len(dataset.class_names), NONLINEARITIES["tanh"])
    learner = Learner(model, cross_entropy, optax.sgd(config.learning_rate))
    arguments = {"learner": learner, "data": dataset.by_seed(), "batch_size": config.batch_size}
    step_errors = partial(sgd_error, learning_rate=config.learning_rate, **arguments)
    noise = partial(
        noise_by_batch_size,
        examples=config.examples,
        batches=config.batches,
        steps=TRAINED_STEPS,
        **arguments,
    )
    parts = [*(part(step_errors, precision) for precision in PRECISIONS), part(noise, "float32")]
    windows = partial(losses_by_window, window=config.window, windows=config.windows, context=context, **arguments)
    return Records.gather(
        (
            by_seed(parts, seeds, context),
            for_each_seed(windows, seeds, context, label="until flat"),
            train_least_squares(seeds, context),
        )
    )


def draw(records):
    """The noise of batches by size; trainings with the windows where the rule stops, and the loss that noise leaves."""
    return {"noise": draw_noise(records), "until_flat": draw_until_flat(records)}
