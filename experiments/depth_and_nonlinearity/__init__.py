"""Depth and nonlinearity: what a stack of simple modules can do, and what it takes (statements 20, 22, 86, 105, 107).

What it says   Many simple non-linear modules, one upon the other, can represent very complex functions; without
               a nonlinearity the stack is one linear map, however deep. All or most modules are trained.
Refuted if     the scores of a stack of identity modules are not affine, or such a stack gains anything on the
               folded tent; if depth does not help there at equal parameters; if d layers of two rectifiers do not
               give 2^d pieces; if training the output layer alone is as good as training all layers.
Counter        logistic units, and plain nets of many layers, stop training well before 20 layers (statement 107); tanh
               units need not be worse than rectifiers (86), nor need depth help them on the folded tent (22)
Run            bash launch/local.sh depth_and_nonlinearity --dataset=mnist --manual_dir=DIR --depths=1,2,5
               bash launch/local.sh depth_and_nonlinearity --dataset=mine.npz --hidden=512,256,256,128
Takes          4 min on 2 CPU cores, 2 min on an accelerator
Left open      the paper fixes neither data, nor widths, nor learning rates. Inputs are standardized; the learning rate
               is chosen on validation data for each net, and test metrics are read for the chosen one only. Each seed
               splits the digits anew. Parity is not among the functions: one layer of as many units as bits has it
"""

from dataclasses import dataclass

from dl_jax.data import catalog
from dl_jax.data.by_seed import BySeed, sizes
from dl_jax.data.dataset import Splits
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.selection import select
from dl_jax.measures.gradients import affine_residual, gradient_norms
from dl_jax.models.initializers import INITIALIZERS, weight_variance
from dl_jax.models.mlp import layer_number, mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.grid import Grid, choice, grid, static
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.optimizers import sgd, train_only
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from experiments.depth_and_nonlinearity.criteria import CRITERIA, DEEP, NOT_JUDGED, TRAINED_LAYERS
from experiments.depth_and_nonlinearity.figures import draw
from experiments.depth_and_nonlinearity.function_tasks import constructed_tent, learn_tent
from experiments.depth_and_nonlinearity.mean_field import TRAINABLE_DEPTH_SCALES, depth_scale

__all__ = ["CRITERIA", "NOT_JUDGED", "PRESETS", "SECONDS", "Config", "draw", "measure"]

CONSTRUCTED = (1, 5, 10, 15, 20)
"""Depths at which the folded tent map is written down as a net."""
BATCH_SIZE = 32
MOST_FUNCTION_STEPS, DEEPEST_FUNCTION = 2000, 10
"""Training steps and depth of the nets that learn the folded tent, at most."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"the data: {', '.join(catalog.NAMES)}, or your own file.npz (x, y) or file.csv")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    depths: tuple[int, ...] = flag((1, 2, 5, 10, 20), "numbers of hidden layers", at_least=1)
    widths: tuple[int, ...] = flag((64,), "units of every hidden layer", at_least=1)
    hidden: tuple[int, ...] = flag((), "one net with these widths, in place of depths and widths", at_least=1)
    nonlinearities: tuple[str, ...] = flag(
        ("relu", "tanh", "logistic", "identity"), "of the hidden layers", choices=tuple(NONLINEARITIES)
    )
    learning_rates: tuple[float, ...] = flag(
        (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0), "to choose from, of SGD with momentum 0.9", above=0
    )
    steps: int = flag(0, "training steps; 0 is ten epochs, at least 1000 steps", at_least=0)
    initializer: str = flag("variance_preserving", "the rule for the initial weights", choices=tuple(INITIALIZERS))


PRESETS = {
    "smoke": {"seeds": 2, "depths": (1, 5), "widths": (16,), "learning_rates": (0.03,), "steps": 60},
    "accelerator": {"widths": (64, 256), "seeds": 26},
}
SECONDS = 250


def measure(config: Config, context: Context) -> Records:
    """The sweep on the data set with a linear classifier (depth 0), then the function tasks and partly trained nets."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    splits, classes = dataset.by_seed(), len(dataset.class_names)
    axes = {"learning_rate": config.learning_rates, "seed": config.all_seeds}
    names = choice(NONLINEARITIES, config.nonlinearities)

    def train(trials: Grid, task: str) -> Records:
        return train_classifiers(config, splits, classes, trials, context, task)

    linear = grid(depth=static([0]), width=static([0]), nonlinearity=choice(NONLINEARITIES, ["identity"]), **axes)
    parts = [train(linear, "data")]
    if config.hidden:
        shape = {"depth": static([len(config.hidden)]), "width": static([max(config.hidden)])}
        parts.append(train(grid(**shape, nonlinearity=names, **axes), "data"))
    else:
        shape = {"width": static(config.widths), "depth": static(config.depths)}
        parts.append(train(grid(**shape, nonlinearity=names, **axes), "data"))
        parts += on_functions(config, context)
        layers = {"depth": static([max(TRAINED_LAYERS) - 1]), "width": static(config.widths[:1])}
        relu = choice(NONLINEARITIES, ["relu"])
        parts.append(train(grid(**layers, nonlinearity=relu, trained_layers=TRAINED_LAYERS, **axes), "partly trained"))
    within = ("task", "depth", "width", "nonlinearity", "trained_layers")
    chosen = select(Records.gather(parts), over="learning_rate", by="validation_accuracy", within=within)
    return Records.gather([chosen, in_theory(config)])


def train_classifiers(config: Config, splits: BySeed[Splits], classes: int, trials: Grid, context: Context, task: str):
    """Records of classifiers of the data set; `trained_layers` counts from the output layer down."""

    def learner(trial):
        hidden = config.hidden if config.hidden and trial.depth else (trial.width,) * trial.depth
        optimizer = sgd(trial.learning_rate)
        if task == "partly trained":
            frozen = trial.depth + 1 - trial.trained_layers
            optimizer = train_only(optimizer, lambda path: layer_number(path) > frozen)
        model = mlp(hidden, classes, trial.nonlinearity, INITIALIZERS[config.initializer])
        return Learner(model, cross_entropy, optimizer)

    return sweep(
        learner,
        splits,
        trials,
        steps=config.steps or max(1000, 10 * sizes(splits).train // BATCH_SIZE),
        batch_size=BATCH_SIZE,
        evaluate=evaluate,
        context=context,
        task=task,
        dataset=config.dataset,
        initializer=config.initializer,
    )


def evaluate(run: Run):
    """Accuracy and loss, how far the scores are from affine, and the gradient of each layer before training."""
    test, validation = run.splits.test, run.splits.validation
    scores_BxC = run.learner.model.apply(run.params, test.x)
    test_accuracy = accuracy(scores_BxC, test.y)
    some = run.splits.train._replace(x=run.splits.train.x[:512], y=run.splits.train.y[:512])
    return {
        "test_accuracy": test_accuracy,
        "test_error_rate": 1.0 - test_accuracy,
        "validation_accuracy": accuracy(run.learner.model.apply(run.params, validation.x), validation.y),
        "affine_residual": affine_residual(lambda x: run.learner.model.apply(run.params, x), test.x[:512]),
        "gradient_norm": named(gradient_norms(run.learner, run.init_params, some), "layer"),
    }


def on_functions(config: Config, context: Context) -> list[Records]:
    """The folded tent map, learned with equal parameters by one layer and by five to ten, and written down as a net."""
    names = tuple(name for name in config.nonlinearities if name in ("relu", "tanh", "identity"))
    steps = min(MOST_FUNCTION_STEPS, config.steps or MOST_FUNCTION_STEPS)
    depths = tuple(depth for depth in config.depths if depth == 1 or min(DEEP) <= depth <= DEEPEST_FUNCTION)
    constructed = [constructed_tent(depth) for depth in CONSTRUCTED]
    if not names or not depths:
        return constructed
    return [learn_tent(depths, names, config.all_seeds, steps, context), *constructed]


def in_theory(config: Config) -> Records:
    """Six mean-field depth scales of each nonlinearity: where a plain net should stop training (row C56)."""

    def reach(name):
        f, gain = NONLINEARITIES[name]
        return TRAINABLE_DEPTH_SCALES * depth_scale(f, weight_variance(config.initializer, gain))

    return Records.gather(
        measured({"depth_scales_6": reach(name)}, task="theory", nonlinearity=name) for name in config.nonlinearities
    )
