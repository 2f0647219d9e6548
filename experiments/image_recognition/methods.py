"""The methods that recognise pictures: nets, and what came before them."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp

from dl_jax.data.by_seed import BySeed
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.named import Label
from dl_jax.evidence.records import Records
from dl_jax.measures.kernel_methods import fit_methods, gaussian_ridge
from dl_jax.measures.nearest_neighbour import nearest_neighbour_votes
from dl_jax.models.hand_features.of_pictures import of_pictures
from dl_jax.models.hand_features.oriented_gradients import oriented_gradients
from dl_jax.models.hand_features.pixel_permutation import permute_pixels
from dl_jax.models.model import Model
from dl_jax.training.context import Context
from dl_jax.training.grid import combinations, grid, per_program, static
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.optimizers import annealed_adam
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep

CONVOLUTIONAL, PERMUTED = "convolutional", "permuted pixels"
NEIGHBOURS, ON_PIXELS, ON_GRADIENTS = "nearest neighbours", "Gaussian on pixels", "Gaussian on gradients"
ON_FINE_GRADIENTS = "Gaussian on fine gradients"
EARLIER = (NEIGHBOURS, ON_PIXELS, ON_GRADIENTS, ON_FINE_GRADIENTS)
METHODS = (*EARLIER, PERMUTED, CONVOLUTIONAL)
BATCH_SIZE = 64
COUNTS = (0, 1, 3, 5, 9, 15, 25)
"""Numbers of nearest neighbours that vote. With 0 the answer is the first class: 1 is not the edge of a choice."""
WIDTHS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Widths of the Gaussian kernel, in median distances between examples."""
MOST_SOLVED = 12_000
"""Examples from which earlier methods learn, at most: the kernel of each two of them is in memory."""
CELLS = {ON_GRADIENTS: 4, ON_FINE_GRADIENTS: 7}
"""Cells of oriented gradients along a picture, of two pixels at least; on 8 x 8 pixels both would be the same."""


def permuted_pixels(splits: Splits) -> Splits:
    """Permute the pixels of images x_NxHxWxC, in every image in the same way."""

    def permuted(x_NxHxWxC):
        colours = [jax.vmap(permute_pixels)(x_NxHxWxC[..., colour]) for colour in range(x_NxHxWxC.shape[-1])]
        return jnp.stack(colours, -1)

    return Splits(*(Examples(permuted(split.x), split.y) for split in splits))


def gradients_of(splits: Splits, cell: int) -> Splits:
    """Compute histograms of oriented gradients of the images' mean over colours, in cells of `cell` pixels."""
    features = oriented_gradients(cell)
    compute = of_pictures(lambda x_HxWxC: features(jnp.mean(x_HxWxC, -1)))
    return Splits(*(Examples(compute(split.x), split.y) for split in splits))


def earlier_methods(side: int) -> tuple[str, ...]:
    """Those of EARLIER that differ on pictures with `side` pixels along the shorter side."""
    cells = {method: cell_of(method, side) for method in CELLS}
    return EARLIER if cells[ON_GRADIENTS] != cells[ON_FINE_GRADIENTS] else EARLIER[:-1]


def cell_of(method: str, side: int) -> int:
    """Pixels along a cell of oriented gradients."""
    return max(2, side // CELLS[method])


def train_nets(
    model: Model,
    data: BySeed[Splits],
    learning_rates: Sequence[float],
    seeds: Sequence[int],
    steps: int,
    context: Context,
    **axes: Label,
) -> Records:
    """Measure `validation_accuracy` and `test_error`, an error rate, of a convolutional net by learning rate.

    It is trained by annealed Adam, once on the pictures, and once on pictures whose pixels are permuted.
    """
    inputs = {CONVOLUTIONAL: data, PERMUTED: data.map(permuted_pixels)}
    return sweep(
        lambda trial: Learner(model, cross_entropy, annealed_adam(trial.learning_rate, steps)),
        per_program(lambda trial: inputs[trial.method]),
        grid(method=static(inputs), learning_rate=learning_rates, seed=seeds),
        steps=steps,
        evaluate=lambda run: errors(partial(run.learner.model.apply, run.params), run.splits),
        context=context,
        batch_size=BATCH_SIZE,
        **axes,
    )


def fit_earlier(classes: int, data: BySeed[Splits], seeds: Sequence[int], context: Context, **axes: Label) -> Records:
    """Measure the same of every earlier method, on the same examples, by its own hyperparameter.

    Nothing of more examples than MOST_SOLVED.
    """
    side, size = min(data.shapes.train.x.shape[1:3]), len(data.shapes.train.y)
    gaussian = (gaussian_ridge, WIDTHS)
    if size > MOST_SOLVED:
        return Records()

    def fit(methods, inputs):
        def draw(key, task):
            return inputs(data(key))

        sizes = combinations(examples=(size,))
        return fit_methods(methods, draw, sizes, seeds=seeds, evaluate=errors, context=context, classes=classes, **axes)

    parts = [fit({NEIGHBOURS: (nearest_neighbour_votes, COUNTS), ON_PIXELS: gaussian}, lambda splits: splits)]
    for method in earlier_methods(side):
        if method in CELLS:
            parts.append(fit({method: gaussian}, partial(gradients_of, cell=cell_of(method, side))))
    return Records.gather(parts)


def errors(scores, splits):
    """The metrics of a method by which it is selected, and by which it is judged."""
    right = [accuracy(scores(x), y) for x, y in splits[1:3]]
    return {"validation_accuracy": right[0], "test_error": 1.0 - right[1]}
