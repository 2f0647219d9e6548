"""An objective, its derivatives, and descent along them (statements 53-56, 58, 59 and 61; section III).

What it says   Untrained, a model is right by chance. An objective measures the error of its scores; its adjustable
               weights, real numbers, are changed so that the objective falls. The gradient gives for each weight by
               how much the loss would change with a tiny change of it; its negative is the direction of steepest
               descent, and leads to a lower loss.
Refuted if     untrained nets are not at 1 / number of classes; training leaves more than half of the loss in the median
               net; scores jump as a weight changes; a derivative differs from the effect of a tiny change; any of
               thousands of directions lowers the loss more than the negative gradient; descent along it leaves more
               than half of the loss.
Counter        there may be nets of which training removes nothing; in steps that are not tiny, other directions are
               better. Beside it: a single untrained net may be far from chance, and no derivative predicts the effect
               of a change that is not tiny
Run            bash launch/local.sh objective_and_gradient --directions=100000
               bash launch/local.sh objective_and_gradient --dataset=fashion_mnist --manual_dir=DIR
Takes          120 s on 2 CPU cores, as long on an accelerator
Left open      the paper names no model and no data. Chance is the mean over many draws of the initial weights. Small
               steps are taken in float64 on one hidden layer, with the loss averaged over 64 examples. That gradients
               predict tiny changes, and that no direction is steeper, is exact: shown, with what breaks it
"""

from dataclasses import dataclass
from functools import partial

import optax

from dl_jax.data import catalog
from dl_jax.evidence.records import Records
from dl_jax.measures.by_seed import by_seed, part
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.losses import cross_entropy
from dl_jax.training.step import Learner
from experiments.objective_and_gradient.chance import untrained_accuracy
from experiments.objective_and_gradient.criteria import CRITERIA as CRITERIA
from experiments.objective_and_gradient.criteria import NOT_JUDGED as NOT_JUDGED
from experiments.objective_and_gradient.figures import draw_learning, draw_parameters, draw_steps
from experiments.objective_and_gradient.learning import UNITS, train
from experiments.objective_and_gradient.loss_shape import objective_shape
from experiments.objective_and_gradient.random_search import removed_by_random_search
from experiments.objective_and_gradient.small_steps import small_steps


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"what to learn: {', '.join(catalog.NAMES)}, or your own file.npz (x, y) or file.csv")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    depths: tuple[int, ...] = flag((1, 3, 10), "numbers of hidden layers, untrained and trained", at_least=1)
    width: int = flag(16, "units of each of these layers", at_least=1)
    learning_rates: tuple[float, ...] = flag((0.03, 0.1, 0.3, 1.0, 3.0, 10.0), "to choose from, of plain SGD", above=0)
    steps: int = flag(600, "training steps", at_least=1)
    hidden: int = flag(8, "units of the hidden layer of the nets for small steps", at_least=1)
    directions: int = flag(10_000, "random directions to compare with the negative gradient", at_least=1)


PRESETS = {
    "smoke": {"seeds": 2, "depths": (1,), "learning_rates": (0.3,), "steps": 60, "directions": 300},
    "accelerator": {"seeds": 26, "directions": 100_000},
}
SECONDS = {"smoke": 32, "laptop": 120, "accelerator": 120}


def measure(config: Config, context: Context) -> Records:
    """Accuracy at chance, the shape of objectives, small steps around the weights of small nets; and trainings."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    data, classes = dataset.by_seed(), len(dataset.class_names)
    nets = {"data": data, "classes": classes, "units": UNITS}
    around_weights = partial(small_steps, hidden=(config.hidden,), directions=config.directions, **nets)
    one_layer = Learner(mlp((config.width,), classes, NONLINEARITIES["tanh"]), cross_entropy, optax.identity())
    rival = partial(removed_by_random_search, learner=one_layer, data=data, steps=config.steps)
    parts = [part(objective_shape), part(around_weights, "float64"), part(rival)]
    for depth in config.depths:
        parts.append(part(partial(untrained_accuracy, hidden=(config.width,) * depth, **nets), depth=depth))
    trained = train(
        data,
        classes,
        depths=config.depths,
        width=config.width,
        learning_rates=config.learning_rates,
        seeds=config.all_seeds,
        steps=config.steps,
        context=context,
    )
    return Records.gather((by_seed(parts, config.all_seeds, context), trained))


def draw(records):
    """Accuracy and loss before and after training; single parameters; steps along the gradient and other directions."""
    return {
        "learning": draw_learning(records),
        "parameters": draw_parameters(records),
        "steps": draw_steps(records),
    }
