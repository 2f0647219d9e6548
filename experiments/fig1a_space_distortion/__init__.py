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

import numpy as np

from dl_jax.data.dataset import generated
from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, exceeds, identity, mostly
from dl_jax.evidence.estimands import metric
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
from experiments.fig1a_space_distortion.figures import draw_diagram, draw_planes, draw_shares
from experiments.fig1a_space_distortion.space_distortion import GRID, distortion
from experiments.fig1a_space_distortion.tasks import CASES, CURVES, DISK, TASKS, sample
from experiments.fig1a_space_distortion.tiny_net import FOLDING, FUNCTIONS, PRINTED, hidden_units, nets, weights_of

ALL = tuple(PRINTED)
MATTERS = 0.05
"""Affine residual of the grid; below this it appears only stretched and rotated."""
ROUNDING = 1e-4
"""Tolerance on a unit's output: float32 rounding of total inputs in the hundreds, and finer than a screen resolves."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    nonlinearities: tuple[str, ...] = flag(ALL, "of the hidden units", choices=ALL)
    optimizer: str = flag("adam", "how the weights are adjusted", choices=tuple(OPTIMIZERS))
    steps: int = flag(2000, "training steps", at_least=1)
    learning_rate: float = flag(0.03, "of the optimizer", above=0)


PRESETS = {"smoke": {"seeds": 2, "steps": 500}, "accelerator": {"seeds": 100}}
SECONDS = {"smoke": 12, "laptop": 30, "accelerator": 30}


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


def of(name, nonlinearity, task=CURVES, hidden=2, reduce=None, **axes):
    """A metric in one case."""
    return metric(name, reduce, task=task, hidden=hidden, nonlinearity=nonlinearity, **axes)


def least(name, nonlinearities):
    """The least value of a metric of any of these nonlinearities, on the curves."""
    estimands = [of(name, f) for f in nonlinearities]
    return lambda records: np.min([estimand(records) for estimand in estimands], axis=0)


def solved(nonlinearity):
    """1 where the net classifies every test example correctly."""
    return lambda records: (of("test_accuracy", nonlinearity)(records) == 1.0).astype(float)


SHARE = "more than half of the seeds; the sentence says that nets can"
OTHERS = ("logistic", "relu")
"""Nonlinearities that bend the plane, besides that of the figure."""
CRITERIA = (
    Criterion(
        "76.curves_become_separable",
        "share of seeds at which two tanh units make the two curves linearly separable",
        mostly(of("separable", "tanh"), 0.5),
        control=of("separable", "identity"),
        scope=SHARE,
    ),
    *(
        Criterion(
            f"76.{f}_separates_curves",
            f"share of seeds at which two {f} units make the two curves linearly separable",
            mostly(of("separable", f), 0.5),
            control=of("separable", "identity"),
            scope=SHARE,
            role="support",
        )
        for f in OTHERS
    ),
    Criterion(
        "77.grid_is_bent",
        "distance of the transformed grid from every affine image, relative to its spread",
        exceeds(of("grid_bend", "tanh"), MATTERS),
        control=of("grid_bend", "identity"),
    ),
    Criterion(
        "77.other_units_bend_it_too",
        "the same for logistic units and rectifiers, the least of both",
        exceeds(least("grid_bend", OTHERS), MATTERS),
        control=of("grid_bend", "identity"),
        role="support",
    ),
    Criterion(
        "77.grid_is_not_folded",
        "share of the grid's crossings at which the plane is folded over, largest of any nonlinearity",
        identity(of("grid_folded", ALL, reduce=np.max), 1e-6),
        control=of("grid_folded", "square", DISK),
        scope="increasing units cannot: the determinant keeps the sign of the weights'; the control is made by hand",
        role="support",
    ),
    Criterion(
        "78.tiny_net_solves_curves",
        "share of seeds at which 2 inputs, 2 tanh units and 1 output classify every test example correctly",
        mostly(solved("tanh"), 0.5),
        control=solved("identity"),
        scope=SHARE,
    ),
    Criterion(
        "78.two_units_never_separate_disk",
        "two units make a disk and the annulus around it separable: 1 if they do with some nonlinearity",
        identity(of("separable", ALL, DISK, reduce=np.max), 0.5),
        control=of("separable", "square", DISK),
        scope="increasing units, for which no weights can do it; the control is a net made by hand",
        role="limit",
    ),
    Criterion(
        "78.third_unit_separates_disk",
        "share of seeds at which three tanh units make the disk and the annulus separable",
        mostly(of("separable", "tanh", DISK, 3), 0.5),
        control=of("separable", "tanh", DISK, 2),
        scope=SHARE,
        role="limit",
    ),
    Criterion(
        "92.panel_a_follows_printed_equations",
        "largest difference between a unit's output in panel a and by the printed equations",
        identity(of("printed_error", ALL, reduce=np.max, state="trained"), ROUNDING),
        control=of("printed_error", ALL, reduce=np.min, state="untrained"),
        scope="panel a; the other panels are drawn by fig1b_chain_rule and fig1cd_backpropagation",
    ),
)
NOT_JUDGED = (
    not_judged("78 asks whether nets of the figure's units are right everywhere", metric="test_accuracy", task=DISK),
    not_judged("the same", metric="test_accuracy", nonlinearity=OTHERS),
    not_judged("drawn: a third unit is asked of the figure's tanh", metric="separable", hidden=3),
    not_judged("the disk's grid is drawn only", metric=("grid_bend", "grid_folded", "printed_error"), task=DISK),
)


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
