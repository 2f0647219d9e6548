"""Depth and nonlinearity: what a stack of simple modules can do, and what it takes (statements 20, 22, 86, 105, 107).

What it says   Many simple non-linear modules, one upon the other, can represent very complex functions; without
               a nonlinearity the stack is one linear map, however deep. All or most modules learn.
Refuted if     a stack of identity modules bends, or gains anything on the folded tent; if depth does not help
               there at equal parameters; if d layers of two rectifiers do not give 2^d pieces; if learning only
               the scores is as good as learning all layers.
Counter        logistic units, and plain nets of many layers, stop training well before 20 layers (statement 107)
Run            bash launch/local.sh depth_and_nonlinearity --dataset=mnist --manual_dir=DIR --depths=1,2,5
               bash launch/local.sh depth_and_nonlinearity --dataset=mine.npz --hidden=512,256,256,128
Takes          4 min on 2 CPU cores, 2 min on an accelerator
Left open      the paper fixes neither data, nor widths, nor rates. Inputs are standardised; the learning rate is
               chosen on validation data for each net, and the test set is looked at for the chosen one only
"""

from dataclasses import dataclass
from functools import cache

import jax.numpy as jnp
import numpy as np

from dl_jax.data import catalog
from dl_jax.evidence.criteria import Criterion, below, equals, exceeds, identity
from dl_jax.evidence.estimands import gain, metric
from dl_jax.evidence.records import Records
from dl_jax.measures.function_tasks import FOLDS, PARAMETERS, constructed_tent, learn_parity, learn_tent
from dl_jax.measures.gradients import bend, norm_by_layer
from dl_jax.measures.mean_field import REACH, depth_scale
from dl_jax.models.initializers import INITIALIZERS, weight_variance
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES, one_of
from dl_jax.report import depth_maps
from dl_jax.runtime.flags import Flags, flag
from dl_jax.runtime.run import run
from dl_jax.training.objectives import accuracy, cross_entropy
from dl_jax.training.optimizers import learning_only, sgd
from dl_jax.training.place import Place
from dl_jax.training.step import Learner
from dl_jax.training.sweep import grid, sweep

HIDDEN, DEEP = range(1, 1000), range(5, 1000)
"""Depths with any hidden layer, and those that the paper calls deep."""
LEARNED = (1, 5, 6)
"""Of the six layers of a net of depth 5, how many learn, counted from the scores down: the last, all but one, all."""
CONSTRUCTED = (1, 5, 10, 15, 20)
"""Depths at which the folded tent map is written down as a net."""
MATTERS = 0.02
"""Accuracy; a smaller difference is no difference."""
FUNCTION_STEPS = 2000
TOGETHER = {"cpu": 1, "gpu": 64, "tpu": 64}
JUDGED = ("test_", "gradient_norm", "bend")
"""Metrics that are kept only where validation data chose the learning rate."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"what to learn: {', '.join(catalog.NAMES)}, or your own file.npz (x, y) or file.csv")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    depths: tuple[int, ...] = flag((1, 2, 5, 10, 20), "numbers of hidden layers", at_least=1)
    widths: tuple[int, ...] = flag((64,), "units of every hidden layer", at_least=1)
    hidden: tuple[int, ...] = flag((), "one net with these widths, in place of depths and widths", at_least=1)
    nonlinearities: tuple[str, ...] = flag(
        ("relu", "tanh", "logistic", "identity"), "of the hidden layers", choices=tuple(NONLINEARITIES)
    )
    learning_rates: tuple[float, ...] = flag((0.01, 0.03, 0.1), "to choose from, of SGD with momentum 0.9", above=0)
    steps: int = flag(0, "training steps of 128 examples; 0 is twelve passes over the data, at least 1000", at_least=0)
    initial: str = flag("suited", "the rule for the first weights", choices=tuple(INITIALIZERS))


PRESETS = {
    "smoke": {"seeds": 2, "depths": (1, 5), "widths": (16,), "learning_rates": (0.03,), "steps": 60},
    "accelerator": {"dataset": "digits", "widths": (64, 256), "seeds": 10},
}


def measure(config: Config, place: Place) -> Records:
    """The sweep on the data set; with depths to compare, the function tasks and the frozen stacks too."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    parts = [on_data(config, dataset, place)]
    if not config.hidden:
        parts += [on_functions(config, place), partly_learned(config, dataset, place)]
        parts += [Records.gather(constructed_tent(depth, config.all_seeds) for depth in CONSTRUCTED)]
    return Records.gather(part.rows for part in parts)


def on_data(config, dataset, place):
    """Every architecture and nonlinearity on the data set, and the linear classifier (depth 0) beside them."""
    widths = [(width,) * depth for width in config.widths for depth in config.depths]
    nets = [((), ("identity",))] + [
        (net, config.nonlinearities) for net in ([config.hidden] if config.hidden else widths)
    ]

    def train(hidden, names):
        trials = grid(nonlinearity=names, **tried(config))
        return train_on_data(
            config, dataset, hidden, lambda t: one_of(names, t["nonlinearity"]), trials, place, task="data"
        )

    rows = chosen(row for hidden, names in nets for row in train(hidden, names)).rows
    return Records(tuple({**row, **reach(config, row["nonlinearity"])} for row in rows))


@cache
def reach(config, name):
    """Six mean-field depth scales, about which a plain net of this nonlinearity should stop training (row C56)."""
    f, gain_of_f = NONLINEARITIES[name]
    return {"depth_scales_6": round(REACH * depth_scale(f, weight_variance(config.initial, gain_of_f)), 3)}


def tried(config):
    """The traced axes that every sweep here has."""
    return {"learning_rate": config.learning_rates, "seed": config.all_seeds}


def train_on_data(config, dataset, hidden, nonlinearity, trials, place, **axes):
    """Rows of one architecture on the data set; a trial may say how many of its layers learn."""
    splits, classes = dataset.standardised(), len(dataset.class_names)

    def learner(trial):
        model = mlp(hidden, classes, nonlinearity(trial), INITIALIZERS[config.initial])
        optimizer = sgd(trial["learning_rate"])
        if "learned" in trial:
            asleep = len(hidden) + 1 - trial["learned"]
            optimizer = learning_only(optimizer, lambda path: int(path[0].key.removeprefix("layer_")) > asleep)
        return Learner(model, cross_entropy, optimizer)

    return sweep(
        learner, splits, trials, look=look, place=place, together=TOGETHER[place.kind],
        steps=config.steps or max(1000, 12 * len(splits.train.x) // 128),
        **axes, dataset=config.dataset, initial=config.initial,
        depth=len(hidden), width=max(hidden, default=0), hidden=",".join(map(str, hidden)),
    )  # fmt: skip


def look(learner, first, last, splits):
    """Accuracy, error, how far from linear; and what of the gradient reaches each layer before training."""
    scores_BxC, label_B = learner.model.apply(last, splits.test.x), splits.test.y
    right = accuracy(scores_BxC, label_B)
    some = splits.train._replace(x=splits.train.x[:512], y=splits.train.y[:512])
    return {
        "test_accuracy": right,
        "test_error": 1.0 - right,
        "test_loss": jnp.mean(learner.objective(scores_BxC, label_B)),
        "validation_accuracy": accuracy(learner.model.apply(last, splits.validation.x), splits.validation.y),
        "bend": bend(lambda x: learner.model.apply(last, x), splits.test.x[:512]),
        "gradient_norm": norm_by_layer(learner, first, some),
    }


def chosen(rows):
    """The rows, with what is judged only where the learning rate is the one that validation data chose."""
    of = ("task", "hidden", "nonlinearity", "learned")
    return Records(tuple(rows)).best("learning_rate", by="validation_accuracy", of=of, judged=JUDGED)


def on_functions(config, place):
    """The folded tent and parity at equal parameters, up to ten layers."""
    names = tuple(name for name in config.nonlinearities if name in ("relu", "tanh", "identity"))
    steps = min(FUNCTION_STEPS, config.steps or FUNCTION_STEPS)
    return chosen(
        row
        for learn in (learn_tent, learn_parity)
        for depth in config.depths
        if depth <= 10 and names
        for row in learn(depth, names, config.all_seeds, steps, place)
    )


def partly_learned(config, dataset, place):
    """Five rectifier layers on the data set, of which only the last, all but one, or all learn."""
    hidden, trials = (config.widths[0],) * (max(LEARNED) - 1), grid(learned=LEARNED, **tried(config))
    rows = train_on_data(
        config, dataset, hidden, lambda t: NONLINEARITIES["relu"], trials, place, task="partly learned"
    )
    return chosen(rows)


def accuracy_of(name, depth=DEEP):
    """Test accuracy on the data set, the mean over these depths."""
    return metric("test_accuracy", task="data", nonlinearity=name, depth=depth)


def depth_gain(name):
    """By how much the best net of five layers or more has less error on the folded tent than one layer."""
    error = {"name": "test_error", "task": "tent", "nonlinearity": name}
    return gain(metric(**error, depth=1), metric(**error, depth=DEEP, reduce=np.min))


def learning(layers):
    """Accuracy gained by learning all layers over learning so many."""
    accuracy = {"name": "test_accuracy", "task": "partly learned"}
    return gain(metric(**accuracy, learned=LEARNED[-1]), metric(**accuracy, learned=layers))


def scope(records):
    """For what the verdicts hold."""
    data = records.where(task="data")
    return f"{', '.join(data.axis('dataset'))}, depth {min(data.axis('depth'))} to {max(data.axis('depth'))}"


TENT = f"tent map folded {FOLDS} times, {PARAMETERS} parameters at every depth"
CRITERIA = (
    Criterion(
        20,
        "a stack of identity modules is linear at every depth: largest bend of its scores",
        identity(metric("bend", np.max, task="data", nonlinearity="identity", depth=HIDDEN), 1e-3),
        control=metric("bend", np.max, task="data", nonlinearity="relu", depth=HIDDEN),
        scope=scope,
    ),
    Criterion(
        20,
        "and gains nothing by depth: its error on the folded tent stays that of the best line, 1",
        equals(metric("test_error", task="tent", nonlinearity="identity"), 1.0, within=0.05),
        control=metric("test_error", task="tent", nonlinearity="relu"),
        scope=TENT,
    ),
    Criterion(
        22,
        "five rectifier layers or more learn a folded function that one layer does not: error removed",
        exceeds(depth_gain("relu"), 0.25),
        control=depth_gain("identity"),
        scope=TENT,
    ),
    Criterion(
        86,
        "over depths of five or more the rectifier trains better than the logistic function: mean accuracy gained",
        exceeds(gain(accuracy_of("relu"), accuracy_of("logistic")), 0.05),
        control=gain(accuracy_of("relu", depth=1), accuracy_of("logistic", depth=1)),
        scope=scope,
    ),
    Criterion(
        86,
        "over the hyperbolic tangent, each at the scale that suits it, the rectifier gains nothing that matters",
        below(gain(accuracy_of("relu"), accuracy_of("tanh")), MATTERS),
        control=gain(accuracy_of("relu"), accuracy_of("logistic")),
        scope=scope,
        counter=True,
    ),
    Criterion(
        105,
        "learning all layers beats learning the scores alone: accuracy gained",
        exceeds(learning(LEARNED[0]), MATTERS),
        control=learning(LEARNED[1]),
        scope="five rectifier layers on the data set; in the control all but one layer learn",
    ),
    Criterion(
        107,
        "d layers of two rectifiers have 2^d pieces, for d up to 20: relative error of the count",
        identity(metric("missing_pieces", np.max, nonlinearity="relu"), 1e-9),
        control=metric("missing_pieces", np.max, nonlinearity="identity"),
        scope="by construction, in exact arithmetic",
    ),
    Criterion(
        107,
        "logistic units in 20 plain layers stay near chance: accuracy",
        below(accuracy_of("logistic", depth=20), 0.2),
        control=accuracy_of("relu", depth=20),
        scope=scope,
        counter=True,
    ),
)


def draw(records):
    """Test error and gradients as heat maps, and the function tasks by depth."""
    data = records.where(task="data")
    nets = data.where(width=[width for width in data.axis("width") if width])
    drawn = {"test_error": depth_maps.error_by_depth(data), "gradients": depth_maps.gradient_by_layer(nets)}
    tasks = {"tent": "test_error", "parity": "test_accuracy"}
    if not records.where(task=list(tasks)).rows:
        return drawn
    layers = depth_maps.seeds_by(records, "learned", {"partly learned": "test_accuracy"})
    return drawn | {"functions": depth_maps.seeds_by(records, "depth", tasks), "partly_learned": layers}


if __name__ == "__main__":
    run(__name__)
