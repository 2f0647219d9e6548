"""A learning machine as a television set with very many knobs (statements 34-40; the note-taker's picture).

What it says   Most knobs are inside (the weights), a few outside (the hyperparameters). Labelled pictures come in
               portions; after each, the machine sits an exam on pictures that were kept back. A wrong answer is a
               blow, and the harder the blow, the further the inner knobs are moved. So it gets better, the more so as
               the outer knobs are set well, until after some thousands of pictures it classifies new ones.
Refuted if     shuffled labels teach as well; if the exam flatters as the training pictures do; if updates do not grow
               with the loss; if tuning by the exam gains nothing on the usual setting; if 10,000 pictures are too few.
Counter        right answers move the knobs too (statement 37)
Run            bash launch/local.sh television_with_knobs --dataset=cifar10 --manual_dir=DIR --first=3 --second=5
               bash launch/local.sh television_with_knobs --dataset=canids --first=0 --second=1
Takes          1 min on 2 CPU cores, as long on an accelerator
Left open      the picture is the note-taker's own, and a loose one. The machine is a net of one hidden layer, the outer
               knob that is tuned is the learning rate, and the two kinds are the even digits and the odd ones. Cats and
               dogs themselves are in the first command. A picture that is shown again counts again
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp

from dl_jax.data import catalog
from dl_jax.data.by_seed import sizes
from dl_jax.data.dataset import Examples
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.selection import select
from dl_jax.measures.per_example_gradients import gradient_share, per_example_gradients, rank_correlation
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.grid import grid, per_program, static
from dl_jax.training.losses import accuracy, cross_entropy, perceptron
from dl_jax.training.optimizers import sgd
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import evenly, sweep
from experiments.television_with_knobs.criteria import BATCH_SIZE, CRITERIA, FEW, NOT_JUDGED, OUTER_KNOBS, USUAL_RATE
from experiments.television_with_knobs.figures import draw
from experiments.television_with_knobs.kinds import two_kinds

__all__ = ["CRITERIA", "NOT_JUDGED", "PRESETS", "SECONDS", "Config", "draw", "measure"]


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"the pictures: {', '.join(catalog.NAMES)}, or your own file.npz (x, y)")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    first: tuple[int, ...] = flag((0, 2, 4, 6, 8), "labels of the first kind of picture", at_least=0)
    second: tuple[int, ...] = flag((1, 3, 5, 7, 9), "labels of the second kind", at_least=0)
    hidden: int = flag(64, "units of the hidden layer", at_least=1)
    learning_rates: tuple[float, ...] = flag(
        (0.001, 0.003, USUAL_RATE, 0.03, 0.1, 0.3), "positions of the outer knob", above=0
    )
    epochs: int = flag(12, "training epochs over all pictures", at_least=1)
    portions: int = flag(48, "number of exams, at even distances", at_least=2)


PRESETS = {"smoke": {"seeds": 2, "epochs": 1, "portions": 3}, "accelerator": {"seeds": 26}}
SECONDS = {"smoke": 14, "laptop": 50, "accelerator": 30}


def measure(config: Config, context: Context) -> Records:
    """A few pictures and all of them, and all with shuffled labels, at every position of the outer knob."""
    splits = two_kinds(catalog.load(config.dataset, config.manual_dir or None), config.first, config.second).by_seed()
    model = mlp((config.hidden,), 2, NONLINEARITIES["relu"])
    counts = {"few": FEW, "all": sizes(splits).train}
    steps = max(config.epochs * counts["all"] // BATCH_SIZE, config.portions)

    def train(labels, *pictures):
        return sweep(
            lambda trial: Learner(model, cross_entropy, sgd(trial.learning_rate)),
            splits,
            grid(pictures=static(pictures), learning_rate=config.learning_rates, seed=config.all_seeds),
            subset=per_program(lambda trial: partial(subsample, counts[trial.pictures], labels == "shuffled")),
            steps=steps,
            eval_steps=evenly(steps, config.portions),
            batch_size=BATCH_SIZE,
            evaluate=per_program(lambda trial: evaluation(trial.pictures, labels)),
            context=context,
            labels=labels,
            dataset=config.dataset,
        )

    tuned = select(train("true", "few", "all"), over="learning_rate", by="exam_accuracy", within=("pictures",))
    return Records.gather([tuned, train("shuffled", "all"), count_knobs(config, splits.shapes.train.x.shape[1])])


def subsample(count, shuffle, key, train):
    """`count` random pictures with their labels; with `shuffle`, with those of other pictures."""
    key_pictures, key_labels = jax.random.split(key)
    index_N = jax.random.permutation(key_pictures, len(train.x))[:count]
    label_N = train.y[index_N]
    return Examples(train.x[index_N], jax.random.permutation(key_labels, label_N) if shuffle else label_N)


def evaluation(pictures, labels):
    """What is measured beside the exam: of a few pictures, how well they are known; of all, what moves the knobs."""
    beside = (lambda run: {}) if labels == "shuffled" else on_training_pictures if pictures == "few" else updates
    return lambda run: exams(run) | beside(run)


def exams(run: Run):
    """Accuracy on the pictures that were kept back for exams, and on those that nothing was chosen by."""

    def accuracy_on(examples):
        return accuracy(run.learner.model.apply(run.params, examples.x), examples.y)

    return {"exam_accuracy": accuracy_on(run.splits.validation), "test_accuracy": accuracy_on(run.splits.test)}


def on_training_pictures(run: Run):
    """Accuracy on the training pictures."""
    return {"train_accuracy": accuracy(run.learner.model.apply(run.params, run.splits.train.x), run.splits.train.y)}


def updates(run: Run):
    """How the gradients of single training pictures depend on their loss, and the share that right answers have."""
    some = Examples(run.splits.train.x[:FEW], run.splits.train.y[:FEW])
    loss_N, gradient_NxP = per_example_gradients(run.learner, run.params, some)
    _, perceptron_NxP = per_example_gradients(run.learner._replace(loss=perceptron), run.params, some)
    norm_N = jnp.linalg.norm(gradient_NxP, axis=1)
    is_right_N = jnp.argmax(run.learner.model.apply(run.params, some.x), 1) == some.y
    sign_N = jnp.linalg.norm(jnp.sign(gradient_NxP), axis=1)
    correlations = [rank_correlation(loss_N, norm_N), rank_correlation(loss_N, sign_N)]
    shares = [gradient_share(norm_N, is_right_N), gradient_share(jnp.linalg.norm(perceptron_NxP, axis=1), is_right_N)]
    return {
        "update_and_loss_correlation": named(jnp.stack(correlations), update=("gradient", "sign")),
        "update_share_of_right_answers": named(jnp.stack(shares), rule=("cross-entropy", "perceptron")),
    }


def count_knobs(config, pixels):
    """The numbers of inner knobs, and of inner for each outer one; the control has one pixel and no hidden layer."""

    def count(hidden, inputs):
        init = mlp(hidden, 2, NONLINEARITIES["relu"]).init
        params = jax.eval_shape(init, jax.random.key(0), jax.ShapeDtypeStruct((1, inputs), jnp.float32))
        return sum(leaf.size for leaf in jax.tree.leaves(params))

    counts = {"net": count((config.hidden,), pixels), "one pixel": count((), 1)}
    return Records.gather(
        measured({"inner_knobs": inner, "inner_knobs_per_outer": inner / len(OUTER_KNOBS)}, model=model)
        for model, inner in counts.items()
    )
