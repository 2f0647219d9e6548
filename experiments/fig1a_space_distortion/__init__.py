"""Hidden units bend the plane until a line separates two classes (statements 76, 77, 78 and 92; figure 1a).

What it says   A net can bend its input space, and a regular grid drawn in it, until classes that no line separates
               become linearly separable. Two inputs, two hidden units and one output are enough to show it.
Refuted if     most trained tanh nets leave the two curves inseparable by a line, or their grid flat.
Counter        two units never separate a disk from the annulus around it: where the sum of two increasing functions
               exceeds a threshold at a point, it does so in a whole quadrant of the plane of their arguments from
               there, and every such wedge from a point of the disk crosses the annulus. A third unit is enough.
Run            bash launch/local.sh fig1a_space_distortion --first_seed=20
Takes          25 s on 2 CPU cores, as long on an accelerator
Left open      the paper gives no formula for its curves, no weights and no method. The curves here are cosines. The
               optimizer, learning rate and number of steps were chosen on seeds 1000 to 1019. The nets drawn are those
               of the first seed, whether they solve their task or not. Each seed draws its own points of the curves,
               to train on and, apart from these, to examine what the hidden units do.
"""

from dataclasses import dataclass
from functools import partial

from dl_jax.data.dataset import generated
from dl_jax.evidence.records import Records, measured
from dl_jax.measures.weight_space import STATES
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.report import plots
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.grid import choice, grid, per_program, static
from dl_jax.training.losses import accuracy, binary_cross_entropy
from dl_jax.training.optimizers import OPTIMIZERS
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from experiments.fig1a_space_distortion.criteria import ALL, CRITERIA, NOT_JUDGED
from experiments.fig1a_space_distortion.figures import draw_diagram, draw_planes, draw_shares
from experiments.fig1a_space_distortion.space_distortion import GRID, distortion
from experiments.fig1a_space_distortion.tasks import CASES, CURVES, DISK, TASKS, sample
from experiments.fig1a_space_distortion.tiny_net import FOLDING, FUNCTIONS, hidden_units, nets, weights_of

__all__ = ["CRITERIA", "NOT_JUDGED", "PRESETS", "SECONDS", "Config", "draw", "measure"]


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    nonlinearities: tuple[str, ...] = flag(ALL, "of the hidden units", choices=ALL)
    optimizer: str = flag("adam", "how the weights are adjusted", choices=tuple(OPTIMIZERS))
    steps: int = flag(2000, "training steps", at_least=1)
    learning_rate: float = flag(0.03, "of the optimizer", above=0)


PRESETS = {"smoke": {"seeds": 2, "steps": 500}, "accelerator": {"seeds": 100}}
SECONDS = {"smoke": 12, "laptop": 25, "accelerator": 30}


def measure(config: Config, context: Context) -> Records:
    """The weights of every net before and after training; then, from these alone, what its hidden units do."""

    def learner(trial):
        model = mlp((trial.hidden,), 1, trial.nonlinearity)
        return Learner(model, binary_cross_entropy, OPTIMIZERS[config.optimizer](config.learning_rate))

    axes = {"nonlinearity": choice(NONLINEARITIES, config.nonlinearities), "seed": config.all_seeds}
    trained = sweep(
        learner,
        per_program(lambda trial: generated(TASKS[trial.task], 1024)),
        grid(task=static((CURVES, DISK)), hidden=static((2,)), **axes)
        + grid(task=static((DISK,)), hidden=static((3,)), **axes),
        steps=config.steps,
        evaluate=evaluate,
        context=context,
    )
    by_hand = measured(weights_of(FOLDING, "trained"), task=DISK, hidden=2, nonlinearity="square")
    distortions = (
        measured(distortion(states, axes["nonlinearity"], *sample(axes["task"], axes.get("seed", 0))), **axes)
        for axes, states in nets(Records.gather((trained, by_hand)))
    )
    return Records.gather((trained, by_hand, *distortions))


def evaluate(run: Run):
    """Test accuracy, and all weights before and after training."""
    before, after = (
        weights_of(params, state) for params, state in zip((run.init_params, run.params), STATES, strict=True)
    )
    correct = accuracy(run.learner.model.apply(run.params, run.splits.test.x), run.splits.test.y)
    return {"test_accuracy": correct, **{name: before[name] + after[name] for name in before}}


def draw(records):
    """Panel a and its variants, from the first seed's nets; and at how many seeds each kind separates its task."""
    kinds = [f for f in ALL if f in records.axis("nonlinearity")]
    cases = [(CURVES, 2, f) for f in kinds] + [(DISK, hidden, kinds[0]) for hidden in (2, 3)]
    panel, ((left, *planes_2),) = plots.canvas(1, 3, size=(2.8, 2.8))
    net = draw_net(planes_2, records, *cases[0])
    draw_diagram(left, net["layer_01"]["w"], net["layer_02"]["w"])
    variants, axes = plots.canvas(2, len(cases), size=(2.0, 2.2))
    for planes_2, case in zip(axes.T, cases, strict=True):
        draw_net(planes_2, records, *case)
    figure, ((ax,),) = plots.canvas(size=(6.0, 3.2))
    compared = [(*case, f) for case in CASES for f in kinds]
    values = [records.values("separable", task=task, hidden=hidden, nonlinearity=f) for task, hidden, f in compared]
    names = [f"{task}, {hidden} {f}".replace("_", " ") for task, hidden, f in compared]
    draw_shares(ax, names, values, [plots.COLOURS[CASES.index(case[:2])] for case in compared])
    ax.set_xlabel("share of seeds at which the hidden units make it separable", fontsize=9)
    return {"panel_a": panel, "variants": variants, "separable": figure}


def draw_net(axes, records, task, hidden, f):
    """Draw the input plane, and the plane of hidden units, of the first seed's net; return its weights."""
    of_net = records.where(task=task, hidden=hidden, nonlinearity=f, seed=records.axis("seed")[0])
    ((_, states),) = nets(of_net)
    net = states["trained"]
    draw_planes(
        axes, GRID, *sample(task, of_net.axis("seed")[0]), partial(hidden_units, net, FUNCTIONS[f]), net["layer_02"]
    )
    axes[0].set_title(f"{task.replace('_', ' ')}\n{hidden} {f} units", fontsize=9)
    axes[1].set_title("separable" if of_net.values("separable")[0] else "not separable", fontsize=9)
    return net
