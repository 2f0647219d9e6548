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

import jax.numpy as jnp
import numpy as np

from dl_jax.data import catalog
from dl_jax.evidence.criteria import Criterion, below, equals, exceeds, identity
from dl_jax.evidence.estimands import difference, metric
from dl_jax.evidence.records import Records
from dl_jax.measures.gradients import affine_residual, gradient_norms
from dl_jax.measures.mean_field import TRAINABLE_DEPTH_SCALES, depth_scale
from dl_jax.models.initializers import INITIALIZERS, weight_variance
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES, one_of
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.old_sweep import grid, sweep
from dl_jax.training.old_trials import names_of
from dl_jax.training.optimizers import sgd, train_only
from dl_jax.training.step import Learner
from experiments.depth_and_nonlinearity import figures as depth_maps
from experiments.depth_and_nonlinearity.function_tasks import (
    FOLDS,
    PARAMETERS,
    constructed_tent,
    learn_parity,
    learn_tent,
)

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
    steps: int = flag(0, "training steps of 128 examples; 0 is ten passes over the data, at least 1000", at_least=0)
    initial: str = flag("variance_preserving", "the rule for the first weights", choices=tuple(INITIALIZERS))


PRESETS = {
    "smoke": {"seeds": 2, "depths": (1, 5), "widths": (16,), "learning_rates": (0.03,), "steps": 60},
    "accelerator": {"widths": (64, 256), "seeds": 10},
}
SECONDS = {"smoke": 23, "laptop": 240, "accelerator": 120}


def measure(config: Config, context: Context) -> Records:
    """The sweep on the data set, a linear classifier (depth 0) beside it; then the function tasks and frozen stacks."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    data = (dataset.standardized(), len(dataset.class_names))
    every_net = [(width,) * depth for width in config.widths for depth in config.depths]
    parts = [train(config, data, context, (), nonlinearity=("identity",))]
    for hidden in [config.hidden] if config.hidden else every_net:
        parts.append(train(config, data, context, hidden, nonlinearity=config.nonlinearities))
    if not config.hidden:
        parts += on_functions(config, context)
        stack = (config.widths[0],) * (max(LEARNED) - 1)
        parts.append(train(config, data, context, stack, "partly learned", nonlinearity=("relu",), learned=LEARNED))
    of = ("task", "hidden", "nonlinearity", "learned")
    measured = Records.gather(parts).best("learning_rate", by="validation_accuracy", of=of, judged=JUDGED)
    return Records.gather([measured.rows, in_theory(config)])


def train(config, data, context, hidden, task="data", **axes):
    """Rows of one architecture on the data set, for every nonlinearity and every learning rate."""
    splits, classes = data
    trials = grid(**axes, learning_rate=config.learning_rates, seed=config.all_seeds)

    def learner(trial):
        f = one_of(names_of(trials, "nonlinearity"), trial["nonlinearity"])
        optimizer = sgd(trial["learning_rate"])
        if "learned" in trial:
            asleep = len(hidden) + 1 - trial["learned"]
            optimizer = train_only(optimizer, lambda path: int(path[0].key.removeprefix("layer_")) > asleep)
        return Learner(mlp(hidden, classes, f, INITIALIZERS[config.initial]), cross_entropy, optimizer)

    return sweep(
        learner, splits, trials, look=look, context=context, together=TOGETHER[context.kind],
        steps=config.steps or max(1000, 10 * len(splits.train.x) // 128),
        task=task, dataset=config.dataset, initial=config.initial,
        depth=len(hidden), width=max(hidden, default=0), hidden=",".join(map(str, hidden)),
    )  # fmt: skip


def in_theory(config):
    """Six mean-field depth scales of each nonlinearity: where a plain net should stop training (row C56)."""
    for name in config.nonlinearities:
        f, gain_of_f = NONLINEARITIES[name]
        reach = TRAINABLE_DEPTH_SCALES * depth_scale(f, weight_variance(config.initial, gain_of_f))
        at = {"trial": 0, "task": "theory", "nonlinearity": name, "metric": "depth_scales_6", "value": reach}
        yield from ({**at, "seed": seed} for seed in config.all_seeds)


def look(learner, first, last, splits):
    """Accuracy, error, how far from linear; and what of the gradient reaches each layer before training."""
    scores_BxC, label_B = learner.model.apply(last, splits.test.x), splits.test.y
    right = accuracy(scores_BxC, label_B)
    some = splits.train._replace(x=splits.train.x[:512], y=splits.train.y[:512])
    return {
        "test_accuracy": right,
        "test_error": 1.0 - right,
        "test_loss": jnp.mean(learner.loss(scores_BxC, label_B)),
        "validation_accuracy": accuracy(learner.model.apply(last, splits.validation.x), splits.validation.y),
        "bend": affine_residual(lambda x: learner.model.apply(last, x), splits.test.x[:512]),
        "gradient_norm": gradient_norms(learner, first, some),
    }


def on_functions(config, context):
    """The tent map folded, learned and written down, and parity: equal parameters at every depth up to ten."""
    names = tuple(name for name in config.nonlinearities if name in ("relu", "tanh", "identity"))
    steps = min(FUNCTION_STEPS, config.steps or FUNCTION_STEPS)
    for depth in [depth for depth in config.depths if depth <= 10 and names]:
        yield learn_tent(depth, names, config.all_seeds, steps, context)
        yield learn_parity(depth, names, config.all_seeds, steps, context)
    yield from (constructed_tent(depth, config.all_seeds) for depth in CONSTRUCTED)


def accuracy_of(name, depth=DEEP):
    """Test accuracy on the data set, the mean over these depths."""
    return metric("test_accuracy", task="data", nonlinearity=name, depth=depth)


def depth_gain(name):
    """By how much five layers or more, on average, have less error on the folded tent than one layer."""
    error = {"name": "test_error", "task": "tent", "nonlinearity": name}
    return difference(metric(**error, depth=1), metric(**error, depth=DEEP))


def learning(layers):
    """Accuracy gained by learning all layers over learning so many."""
    accuracy = {"name": "test_accuracy", "task": "partly learned"}
    return difference(metric(**accuracy, learned=LEARNED[-1]), metric(**accuracy, learned=layers))


def scope(records):
    """For what the verdicts hold."""
    data = records.where(task="data", depth=HIDDEN)
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
        exceeds(difference(accuracy_of("relu"), accuracy_of("logistic")), 0.05),
        control=difference(accuracy_of("relu", depth=1), accuracy_of("logistic", depth=1)),
        scope=scope,
    ),
    Criterion(
        86,
        "over the hyperbolic tangent, each at the scale that suits it, the rectifier gains nothing that matters",
        below(difference(accuracy_of("relu"), accuracy_of("tanh")), MATTERS),
        control=difference(accuracy_of("relu"), accuracy_of("logistic")),
        scope=scope,
        counter_evidence=True,
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
        counter_evidence=True,
    ),
)


def draw(records):
    """Test error and gradients as heat maps, and the function tasks by depth."""
    data = records.where(task="data")
    nets = data.where(width=[width for width in data.axis("width") if width])
    drawn = {"test_error": depth_maps.error_by_depth(data, records.where(task="theory"))}
    drawn["gradients"] = depth_maps.gradient_by_layer(nets)
    tasks = {"tent": "test_error", "parity": "test_accuracy"}
    if not records.where(task=list(tasks)).rows:
        return drawn
    layers = depth_maps.seeds_by(records, "learned", {"partly learned": "test_accuracy"})
    return drawn | {"functions": depth_maps.seeds_by(records, "depth", tasks), "partly_learned": layers}
