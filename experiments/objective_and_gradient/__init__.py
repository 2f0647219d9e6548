"""An objective, its derivatives, and descent along them (statements 53-56, 58, 59 and 61; section III).

What it says   Untrained, a model is right by chance. An objective measures the error of its scores; its adjustable
               weights, real numbers, are changed so that the objective falls. The gradient gives for each weight by
               how much the loss would change with a tiny change of it; its negative is the direction of steepest
               descent, and leads to a lower loss.
Refuted if     untrained nets are not at 1 / number of classes; training does not lower the loss; scores jump as a
               weight changes; a derivative differs from the effect of a tiny change; any of thousands of directions
               lowers the loss more than the negative gradient.
Counter        a single untrained net may be far from chance; no derivative predicts the effect of steps that are not
               tiny, and at such lengths other directions are better
Run            bash launch/local.sh objective_and_gradient --directions=100000
               bash launch/local.sh objective_and_gradient --dataset=fashion_mnist --manual_dir=DIR
Takes          60 s on 2 CPU cores, as long on an accelerator
Left open      the paper names no model and no data. Chance is the mean over many draws of the initial weights. Small
               steps are taken in float64 on one hidden layer, with the loss averaged over 64 examples
"""

from dataclasses import dataclass
from functools import partial

from dl_jax.data import catalog
from dl_jax.evidence.records import Records
from dl_jax.measures.by_seed import by_seed, part
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.objective_and_gradient.chance import untrained_accuracy
from experiments.objective_and_gradient.criteria import CRITERIA as CRITERIA
from experiments.objective_and_gradient.figures import draw_learning, draw_parameters, draw_steps
from experiments.objective_and_gradient.learning import UNITS, train
from experiments.objective_and_gradient.loss_shape import objective_shape
from experiments.objective_and_gradient.small_steps import small_steps


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"what to learn: {', '.join(catalog.NAMES)}, or your own file.npz (x, y) or file.csv")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    depths: tuple[int, ...] = flag((1, 3, 10), "numbers of hidden layers, untrained and trained", at_least=1)
    width: int = flag(32, "units of each of these layers", at_least=1)
    learning_rates: tuple[float, ...] = flag((0.03, 0.1, 0.3), "to choose from, of plain SGD", above=0)
    steps: int = flag(300, "training steps", at_least=1)
    hidden: int = flag(8, "units of the hidden layer of the nets for small steps", at_least=1)
    directions: int = flag(10_000, "random directions to compare with the negative gradient", at_least=1)


PRESETS = {
    "smoke": {"seeds": 2, "depths": (1,), "learning_rates": (0.1,), "steps": 60, "directions": 300},
    "accelerator": {"seeds": 20, "directions": 100_000},
}
SECONDS = {"smoke": 32, "laptop": 60, "accelerator": 60}


def measure(config: Config, context: Context) -> Records:
    """Accuracy at chance, the shape of objectives, small steps around the weights of small nets; and trainings."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    splits, classes, seeds = dataset.standardized(), len(dataset.class_names), config.all_seeds
    around_weights = partial(
        small_steps,
        hidden=(config.hidden,),
        units=UNITS,
        train=splits.train,
        classes=classes,
        steps=config.steps,
        directions=config.directions,
    )
    parts = [part(objective_shape), part(around_weights, "float64")]
    for depth in config.depths:
        hidden = (config.width,) * depth
        untrained = partial(untrained_accuracy, hidden=hidden, units=UNITS, test=splits.test, classes=classes)
        parts.append(part(untrained, depth=depth))
    trained = train(
        splits,
        classes,
        depths=config.depths,
        width=config.width,
        learning_rates=config.learning_rates,
        seeds=seeds,
        steps=config.steps,
        context=context,
    )
    return Records.gather((by_seed(parts, seeds, context), trained))


def draw(records):
    """Accuracy and loss before and after training; single parameters; steps along the gradient and other directions."""
    return {
        "learning": draw_learning(records),
        "parameters": draw_parameters(records),
        "steps": draw_steps(records),
    }
