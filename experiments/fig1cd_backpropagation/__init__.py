"""The equations of figure 1c and 1d, executed as printed (statements 7, 8, 54, 82-85 and 87-91).

What it says   Forward, z is a weighted sum of the outputs below and y = f(z). Backward, dE/dy is y - t at the output
               and a weighted sum of the dE/dz above elsewhere; dE/dz is dE/dy times f'(z), and dE/dw_jk is y_j dE/dz_k.
               They give the change of each layer, through any differentiable modules. Biases are omitted "for
               simplicity".
Refuted if     an equation differs by more than rounding from linen, jax.grad or explicit Jacobians; if following it
               lowers the loss no more than random steps of equal length; if a layer depends on more than the layer
               below; if nets without biases fail where the boundary goes through the origin.
Counter        the printed tanh overflows; cross-entropy is not a distance; fixed random feedback instead of the weights
               teaches the lower layers too; away from the origin nets need biases. The controls are every
               equation with a mistake in it.
Run            bash launch/local.sh fig1cd_backpropagation --seeds=20
Takes          35 s on 2 CPU cores, as long on an accelerator
Left open      the paper names no sizes, weights or data; here the equations are tested on random nets, and trained on
               scikit-learn's digits. The rectifier has no derivative at 0: it is taken as 0 there, and central
               differences are not compared for it.
"""

from dataclasses import dataclass
from functools import partial

from dl_jax.evidence.records import Records
from dl_jax.measures.by_seed import PRECISIONS, by_seed, part
from dl_jax.models.backpropagation import UNITS
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.fig1cd_backpropagation.criteria import CRITERIA, NOT_JUDGED
from experiments.fig1cd_backpropagation.figures import draw_equations, draw_learning
from experiments.fig1cd_backpropagation.learning import train_on_digits, train_on_half_space
from experiments.fig1cd_backpropagation.metrics import beside_equations, facts, of_equations
from experiments.fig1cd_backpropagation.mutations import EQUATIONS

__all__ = ["CRITERIA", "NOT_JUDGED", "PRESETS", "SECONDS", "Config", "draw", "measure"]


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    hidden: tuple[int, ...] = flag((32, 32), "units of the hidden layers that learn digits", at_least=1)
    steps: int = flag(400, "training steps", at_least=1)
    learning_rate: float = flag(0.2, "learning rate on digits, also of random steps", above=0)


PRESETS = {"smoke": {"seeds": 2, "steps": 50}, "accelerator": {"seeds": 100}}
SECONDS = {"smoke": 23, "laptop": 35, "accelerator": 35}


def measure(config: Config, context: Context) -> Records:
    """The errors of every equation and identity in both precisions, and trainings by the equations."""
    seeds, steps = config.all_seeds, config.steps
    parts = []
    for precision in PRECISIONS:
        parts.append(part(beside_equations, precision))
        parts += [part(partial(of_equations, nonlinearity=name), precision, nonlinearity=name) for name in UNITS]
    return Records.gather(
        (
            facts(),
            by_seed(parts, seeds, context),
            train_on_digits(seeds, config.hidden, config.learning_rate, steps, context),
            train_on_half_space(seeds, steps, context),
        )
    )


def draw(records):
    """Panels c and d with the errors of the equations and their mutations; what the gradient and biases gain."""
    return {"equations": draw_equations(records, EQUATIONS), "learning": draw_learning(records)}
