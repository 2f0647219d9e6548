"""Hidden units bend the plane until a line parts two classes (statements 76, 77, 78 and 92; figure 1a).

What it says   A net can bend its input space, and a regular grid drawn in it, until classes that no line parts are
               linearly separable. Two inputs, two hidden units and one output are enough to show it.
Refuted if     most trained tanh nets leave the two curves inseparable by a line, or their grid flat.
Beside it      two units never part a disk from the annulus about it: what two rising functions' sum exceeds holds,
               with each of its points, a whole wedge from there; the wedges of a disk run through the annulus.
Run            bash launch/local.sh fig1a_space_distortion --first_seed=20
Takes          30 s on 2 CPU cores, as long on an accelerator
Left open      the paper gives no formula for its curves, no weights, no method. Curves here: cosines. Optimizer, rate
               and steps were chosen on seeds 1000 to 1019. The nets drawn are those of the first seed, solved or not.
"""

from dataclasses import dataclass
from functools import partial

import jax
import numpy as np

from dl_jax.data.dataset import generated
from dl_jax.data.synthetic import planes
from dl_jax.evidence.criteria import Criterion, exceeds, identity, mostly
from dl_jax.evidence.estimands import metric
from dl_jax.evidence.records import Records
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import one_of
from dl_jax.report import plots
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy, binary_cross_entropy
from dl_jax.training.optimizers import OPTIMIZERS
from dl_jax.training.step import Learner
from dl_jax.training.old_sweep import grid, sweep
from experiments.fig1a_space_distortion import figures as bent_plane
from experiments.fig1a_space_distortion.space_distortion import FIRST, GRID, distortion
from experiments.fig1a_space_distortion.tiny_net import (
    FOLDING,
    FUNCTIONS,
    PRINTED,
    hidden_units,
    nets,
    read_back,
    spelled,
)

DISK = "disk_and_annulus"
TASKS = {"two_curves": planes.two_curves, DISK: planes.disk_and_annulus}
CASES = (("two_curves", 2), (DISK, 2), (DISK, 3))
"""What to separate, and with how many hidden units."""
ALL = tuple(PRINTED)
MATTERS = 0.05
"""A grid bent less than this looks as if it were only stretched and turned."""
ROUNDING = 1e-4
"""Of a unit's output: what float32 leaves of total inputs in the hundreds, and finer than a screen shows."""
TOGETHER = {"cpu": 40, "gpu": 512, "tpu": 512}


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    seeds: int = flag(20, "how many times to repeat everything, each time from other first weights", at_least=1)
    nonlinearities: tuple[str, ...] = flag(ALL, "of the hidden units", choices=ALL)
    optimizer: str = flag("adam", "how the weights are adjusted", choices=tuple(OPTIMIZERS))
    steps: int = flag(2000, "training steps", at_least=1)
    learning_rate: float = flag(0.03, "of the optimizer", above=0)


PRESETS = {"smoke": {"seeds": 2, "steps": 500}, "accelerator": {"seeds": 100}}
SECONDS = {"smoke": 12, "laptop": 30, "accelerator": 30}


def measure(config: Config, context: Context) -> Records:
    """The weights of every net before and after training; then, from these alone, what its hidden units do."""

    def learner(trial, hidden):
        model = mlp((hidden,), 1, one_of(config.nonlinearities, trial["nonlinearity"]))
        return Learner(model, binary_cross_entropy, OPTIMIZERS[config.optimizer](config.learning_rate))

    rows = list(by_hand(config.all_seeds))
    for task, hidden in CASES:
        rows += sweep(
            partial(learner, hidden=hidden),
            generated(TASKS[task], 1024),
            grid(nonlinearity=config.nonlinearities, seed=config.all_seeds),
            steps=config.steps,
            look=look,
            context=context,
            together=TOGETHER[context.kind],
            task=task,
            hidden=hidden,
        )
    shown = {task: sample(task) for task in TASKS}
    for axes, values in nets(rows):
        found = distortion(values, axes["nonlinearity"], *shown[axes["task"]])
        rows += [{**axes, "metric": name, "value": value} for name, value in found.items()]
    return Records(tuple(rows))


def look(learner, first, last, splits):
    """Test accuracy, and all weights by name, as they were at first and as they are."""
    correct = accuracy(learner.model.apply(last, splits.test.x), splits.test.y)
    return {"test_accuracy": correct, **spelled(first, FIRST), **spelled(last)}


def by_hand(seeds):
    """A control: the weights of a net that folds the plane, as rows like those of a trained net."""
    for trial, seed in enumerate(seeds):
        axes = {"trial": trial, "task": DISK, "hidden": 2, "nonlinearity": "square", "seed": seed}
        yield from ({**axes, "metric": name, "value": float(value)} for name, value in spelled(FOLDING).items())


def sample(task):
    """The same 2,048 examples for every net: none of them is trained on."""
    return [np.asarray(each) for each in TASKS[task](jax.random.key(1), 2048)]


def of(name, nonlinearity, task="two_curves", hidden=2, reduce=None):
    """A metric in one case."""
    return metric(name, reduce, task=task, hidden=hidden, nonlinearity=nonlinearity)


def solved(nonlinearity):
    """1 where the net's own output has every test example on its right side."""
    return lambda records: (of("test_accuracy", nonlinearity)(records) == 1.0).astype(float)


CRITERIA = (
    Criterion(
        76,
        "two tanh units make the two curves linearly separable: share of seeds",
        mostly(of("separable", "tanh"), 0.5),
        control=of("separable", "identity"),
    ),
    Criterion(
        77,
        "the grid is bent: its distance from every affine image",
        exceeds(of("grid_bend", "tanh"), MATTERS),
        control=of("grid_bend", "identity"),
    ),
    Criterion(
        77,
        "but not folded: share of the grid's crossings where the plane is turned over",
        identity(of("grid_turned", ALL, reduce=np.max), 1e-6),
        control=of("grid_turned", "square", DISK),
        scope="units that only rise: tanh, logistic, rectifier, identity",
    ),
    Criterion(
        78,
        "2 inputs, 2 tanh units and 1 output get every test example right: share of seeds",
        mostly(solved("tanh"), 0.5),
        control=solved("identity"),
    ),
    Criterion(
        78,
        "two units never part a disk from its annulus: 1 if they do at some nonlinearity",
        identity(of("separable", ALL, DISK, reduce=np.max), 0.5),
        control=of("separable", "square", DISK),
        scope="units that only rise; no weights can do it",
        counter_evidence=True,
    ),
    Criterion(
        78,
        "a third tanh unit parts them: share of seeds",
        mostly(of("separable", "tanh", DISK, 3), 0.5),
        control=of("separable", "tanh", DISK, 2),
        counter_evidence=True,
    ),
    Criterion(
        92,
        "panel a shows what the printed equations give: largest difference of a unit's output",
        identity(of("unlike_printed", ALL, reduce=np.max), ROUNDING),
        control=of("unlike_printed_first", ALL, reduce=np.min),
        scope="panel a; its other panels are drawn by fig1b_chain_rule and fig1cd_backpropagation",
    ),
)


def draw(records):
    """Panel a and its variants, from the first seed's nets; and at how many seeds each kind separates its task."""
    kinds = [f for f in ALL if f in records.axis("nonlinearity")]
    cases = [("two_curves", 2, f) for f in kinds] + [(DISK, hidden, kinds[0]) for hidden in (2, 3)]
    panel, ((left, *planes_2),) = plots.canvas(1, 3, size=(2.8, 2.8))
    net = portray(planes_2, records, *cases[0])
    bent_plane.diagram(left, net["layer_01"]["w"], net["layer_02"]["w"])
    variants, axes = plots.canvas(2, len(cases), size=(2.0, 2.2))
    for planes_2, case in zip(axes.T, cases, strict=True):
        portray(planes_2, records, *case)
    shares, ((ax,),) = plots.canvas(size=(6.0, 3.2))
    asked = [(*case, f) for case in CASES for f in kinds]
    values = [records.values("separable", task=task, hidden=hidden, nonlinearity=f) for task, hidden, f in asked]
    names = [f"{task}, {hidden} {f}".replace("_", " ") for task, hidden, f in asked]
    bent_plane.shares(ax, names, values, [plots.COLOURS[CASES.index(case[:2])] for case in asked])
    ax.set_xlabel("share of seeds at which the hidden units make it separable", fontsize=9)
    return {"panel_a": panel, "variants": variants, "separable": shares}


def portray(axes, records, task, hidden, f):
    """The input plane, and the plane of hidden units, of the first seed's net; returns its weights."""
    ((_, values),) = nets(records.where(task=task, hidden=hidden, nonlinearity=f, seed=records.axis("seed")[0]).rows)
    net = read_back(values)
    bent_plane.before_and_after(axes, GRID, *sample(task), partial(hidden_units, net, FUNCTIONS[f]), net["layer_02"])
    axes[0].set_title(f"{task.replace('_', ' ')}\n{hidden} {f} units", fontsize=9)
    axes[1].set_title("separable" if values["separable"] else "not separable", fontsize=9)
    return net
