"""A learning machine as a television set with very many knobs (statements 34-40; the note-taker's picture).

What it says   Most knobs are inside (the weights), a few outside (the hyperparameters). Labelled pictures come in
               portions; after each, the machine sits an exam on pictures that were kept back. A wrong answer is a
               blow, and the harder the blow, the further the inner knobs are moved. So it gets better, the more so as
               the outer knobs are set well, until after some thousands of pictures it classifies new ones.
Refuted if     shuffled labels teach as well; if the exam flatters as the training pictures do; if updates do not grow
               with the loss; if tuning by the exam gains nothing; if 10,000 pictures are not enough.
Counter        right answers move the knobs too (statement 37)
Run            bash launch/local.sh television_with_knobs --dataset=fashion_mnist --manual_dir=DIR --first=4 --second=6
Takes          30 s on 2 CPU cores, as long on an accelerator
Left open      the picture is the note-taker's own, and a loose one. The machine is a net of one hidden layer, the outer
               knob that is tuned is the learning rate, and the two kinds are the even digits and the odd ones
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp

from dl_jax.data import catalog
from dl_jax.data.dataset import Examples, two_classes
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.selection import select
from dl_jax.measures.per_example_gradients import gradient_share, per_example_gradients, rank_correlation
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.grid import choice, grid, per_program, static
from dl_jax.training.losses import accuracy, cross_entropy, on_column, perceptron
from dl_jax.training.optimizers import sgd
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import evenly, sweep
from experiments.television_with_knobs.criteria import BATCH_SIZE, CRITERIA, FEW, OUTER_KNOBS
from experiments.television_with_knobs.figures import draw

__all__ = ["CRITERIA", "PRESETS", "SECONDS", "Config", "draw", "measure"]

LABELS = {"true": 0, "shuffled": 1}
"""Columns of the labels y_Nx2."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"the pictures: {', '.join(catalog.NAMES)}, or your own file.npz (x, y)")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    first: tuple[int, ...] = flag((0, 2, 4, 6, 8), "labels of the first kind of picture", at_least=0)
    second: tuple[int, ...] = flag((1, 3, 5, 7, 9), "labels of the second kind", at_least=0)
    hidden: int = flag(64, "units of the hidden layer", at_least=1)
    learning_rates: tuple[float, ...] = flag((0.0003, 0.003, 0.03, 0.3), "positions of the outer knob", above=0)
    epochs: int = flag(6, "training epochs over all pictures", at_least=1)
    portions: int = flag(24, "number of exams, at even distances", at_least=2)


PRESETS = {"smoke": {"seeds": 2, "epochs": 1, "portions": 3}, "accelerator": {"seeds": 20}}
SECONDS = {"smoke": 14, "laptop": 30, "accelerator": 30}


def measure(config: Config, context: Context) -> Records:
    """A few pictures and all of them, with true and with shuffled labels, at every position of the outer knob."""
    splits = two_classes(catalog.load(config.dataset, config.manual_dir or None), config.first, config.second)
    model = mlp((config.hidden,), 2, NONLINEARITIES["relu"])
    counts = {"few": FEW, "all": len(splits.train.x)}
    steps = max(config.epochs * counts["all"] // BATCH_SIZE, config.portions)
    records = sweep(
        lambda trial: Learner(model, on_column(cross_entropy, trial.labels), sgd(trial.learning_rate)),
        splits,
        grid(
            pictures=static(counts),
            labels=choice(LABELS),
            learning_rate=config.learning_rates,
            seed=config.all_seeds,
        ),
        subset=per_program(lambda trial: partial(subsample, counts[trial.pictures])),
        steps=steps,
        eval_steps=evenly(steps, config.portions),
        batch_size=BATCH_SIZE,
        evaluate=evaluate,
        context=context,
        dataset=config.dataset,
    )
    tuned = select(records, over="learning_rate", by="exam_accuracy", within=("pictures", "labels"))
    return Records.gather([tuned, count_knobs(config, splits.train.x)])


def subsample(count, key, train):
    """`count` random pictures with two labels each: their own, and that of another picture."""
    key_pictures, key_labels = jax.random.split(key)
    index_N = jax.random.permutation(key_pictures, len(train.x))[:count]
    true_N = train.y[index_N]
    return Examples(train.x[index_N], jnp.stack([true_N, jax.random.permutation(key_labels, true_N)], 1))


def evaluate(run: Run):
    """The exam, the test, and the gradient of single pictures."""
    scores = partial(run.learner.model.apply, run.params)
    some = Examples(run.splits.train.x[:FEW], run.splits.train.y[:FEW])
    loss_N, gradient_NxP = per_example_gradients(run.learner, run.params, some)
    right = some._replace(y=some.y[:, 0])
    _, perceptron_NxP = per_example_gradients(run.learner._replace(loss=perceptron), run.params, right)
    norm_N, is_right_N = jnp.linalg.norm(gradient_NxP, axis=1), jnp.argmax(scores(some.x), 1) == right.y
    sign_N = jnp.linalg.norm(jnp.sign(gradient_NxP), axis=1)
    correlations = [rank_correlation(loss_N, norm_N), rank_correlation(loss_N, sign_N)]
    shares = [gradient_share(norm_N, is_right_N), gradient_share(jnp.linalg.norm(perceptron_NxP, axis=1), is_right_N)]
    return {
        "exam_accuracy": accuracy(scores(run.splits.validation.x), run.splits.validation.y),
        "test_accuracy": accuracy(scores(run.splits.test.x), run.splits.test.y),
        "train_accuracy": accuracy(scores(some.x), right.y),
        "update_and_loss_correlation": named(jnp.stack(correlations), update=("gradient", "sign")),
        "update_share_of_right_answers": named(jnp.stack(shares), rule=("cross-entropy", "perceptron")),
    }


def count_knobs(config, x_NxD):
    """The numbers of inner knobs, and of inner for each outer one; the control has one pixel and no hidden layer."""

    def count(hidden, inputs):
        params = mlp(hidden, 2, NONLINEARITIES["relu"]).init(jax.random.key(0), x_NxD[:1, :inputs])
        return sum(leaf.size for leaf in jax.tree.leaves(params))

    counts = {"net": count((config.hidden,), x_NxD.shape[1]), "one pixel": count((), 1)}
    return Records.gather(
        measured({"inner_knobs": inner, "inner_knobs_per_outer": inner / len(OUTER_KNOBS)}, model=model)
        for model, inner in counts.items()
    )
