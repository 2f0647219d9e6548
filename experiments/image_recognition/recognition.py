"""How well pictures are recognised: by convolutional nets, and by what came before them."""

from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import Row
from dl_jax.measures.radial_units import radial_unit_rows
from dl_jax.models.hand_features.oriented_gradients import oriented_gradients
from dl_jax.models.hand_features.pixel_permutation import permute_pixels
from dl_jax.models.model import Model
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.old_sweep import grid, sweep
from dl_jax.training.optimizers import annealed_adam
from dl_jax.training.step import Learner

WIDTHS = (0.25, 0.5, 1.0)
"""Of the radial units, in median distances between examples."""
AT_ONCE = 256


def pixels_moved(splits: Splits) -> Splits:
    """The same images x_NxHxWxC with their pixels in other places, in every image the same."""

    def moved(x_NxHxWxC):
        colours = [jax.vmap(permute_pixels)(x_NxHxWxC[..., colour]) for colour in range(x_NxHxWxC.shape[-1])]
        return np.asarray(jnp.stack(colours, -1))

    return Splits(*(Examples(moved(split.x), split.y) for split in splits))


def gradients_of(splits: Splits) -> Splits:
    """Images as histograms of oriented gradients of their mean over colours, four cells by four."""
    features = oriented_gradients(min(splits.train.x.shape[1:3]) // 4)
    compute = jax.jit(lambda x: jax.lax.map(lambda one: features(jnp.mean(one, -1)), x, batch_size=AT_ONCE))
    return Splits(*(Examples(np.asarray(compute(split.x)), split.y) for split in splits))


def net_errors(
    machine: str,
    model: Model,
    splits: Splits,
    rates: Iterable[float],
    seeds: Iterable[int],
    steps: int,
    batch_size: int,
    context: Context,
    **axes,
) -> list[Row]:
    """Rows of `validation_accuracy` and `test_error` for a net at each first rate (`setting`) of annealed Adam."""

    def look(learner, first, last, splits):
        right = [accuracy(learner.model.apply(last, x), y) for x, y in (splits.validation, splits.test)]
        return {"validation_accuracy": right[0], "test_error": 1.0 - right[1]}

    return sweep(
        lambda trial: Learner(model, cross_entropy, annealed_adam(trial["setting"], steps)),
        splits,
        grid(setting=rates, seed=seeds),
        steps=steps,
        look=look,
        context=context,
        batch_size=batch_size,
        machine=machine,
        **axes,
    )


def kernel_errors(
    machine: str, splits: Splits, classes: int, centres: int, seeds: Iterable[int], context: Context, **axes
) -> list[Row]:
    """Rows of `test_error` for up to so many Gaussian radial units, of a width that validation data chose."""
    count = min(centres, len(splits.train.x))
    rows = radial_unit_rows(splits, classes, count, WIDTHS, seeds, context, machine=machine, **axes)
    return [row for row in rows if row["metric"] == "test_error"]
