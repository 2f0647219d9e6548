"""A learning machine as a television set with very many knobs (statements 34-40; the note-taker's picture).

What it says   Most knobs are inside (the weights), a few outside. Labelled pictures are fed in portions, after each the
               machine sits an exam on pictures kept back; a wrong answer is a blow, and the harder the blow, the
               further the inner knobs turn. So it gets better, the more so as we set the outer knobs well, until
               after some thousands of pictures it can say of a new one which of two kinds it shows.
Refuted if     shuffled labels teach as well; if the exam flatters as the pictures already shown do; if the turn does
               not go with the error; if tuning by the exam gains nothing; if 10,000 pictures are not enough.
Counter        right answers turn the knobs too (statement 37)
Run            bash launch/local.sh television_with_knobs --dataset=fashion_mnist --manual_dir=DIR --first=4 --second=6
Takes          30 s on 2 CPU cores, as long on an accelerator
Left open      the picture is the note-taker's, who calls it loose. The machine is a net of one hidden layer, the outer
               knob that is tuned is the learning rate, and the two kinds are the even digits and the odd ones
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp

from dl_jax.data import catalog
from dl_jax.data.dataset import Examples, two_classes
from dl_jax.evidence.criteria import Criterion, below, equals, exceeds
from dl_jax.evidence.estimands import difference, final, first_step, metric
from dl_jax.evidence.records import Records
from dl_jax.measures.per_example_gradients import gradient_share, per_example_gradients, rank_correlation
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.report import plots
from dl_jax.report.learning_curves import learning_curve
from dl_jax.runtime.flags import Flags, flag
from dl_jax.runtime.run import run
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy, cross_entropy, perceptron
from dl_jax.training.old_sweep import grid, sweep
from dl_jax.training.old_trials import names_of
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner

LABELS = ("true", "shuffled")
FEW = 100
"""Pictures in the small set, which a machine soon knows by heart."""
BATCH = 16
OUTSIDE = (
    "hidden layers", "units", "nonlinearity", "first weights", "learning rate", "momentum", "batch size", "passes",
)  # fmt: skip
"""The outer knobs of this machine: all that a person set."""
TOLD_RIGHT = 0.9
TUNED = ("test_", "exam_", "shown_", "turn", "sign_", "perceptron_")
"""Metrics that are kept only at the position of the outer knob that the exam chose."""
TOGETHER = {"cpu": 4, "gpu": 256, "tpu": 256}


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"the pictures: {', '.join(catalog.NAMES)}, or your own file.npz (x, y)")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    first: tuple[int, ...] = flag((0, 2, 4, 6, 8), "labels of the first kind of picture", at_least=0)
    second: tuple[int, ...] = flag((1, 3, 5, 7, 9), "labels of the second kind", at_least=0)
    hidden: int = flag(64, "units of the hidden layer", at_least=1)
    learning_rates: tuple[float, ...] = flag((0.0003, 0.003, 0.03, 0.3), "positions of the outer knob", above=0)
    passes: int = flag(6, "how often every picture is shown", at_least=1)
    portions: int = flag(24, "exams, at even distances", at_least=2)


PRESETS = {"smoke": {"seeds": 2, "passes": 1, "portions": 3}, "accelerator": {"seeds": 20}}
SECONDS = {"smoke": 14, "laptop": 30, "accelerator": 30}


def measure(config: Config, context: Context) -> Records:
    """A few pictures and all of them, with true and with shuffled labels, at every position of the outer knob."""
    splits = two_classes(catalog.load(config.dataset, config.manual_dir or None), config.first, config.second)
    trials = grid(labels=LABELS, learning_rate=config.learning_rates, seed=config.all_seeds)
    machine = mlp((config.hidden,), 2, NONLINEARITIES["relu"])

    def learner(trial):
        column = jnp.where(trial["labels"] == names_of(trials, "labels").index("shuffled"), 1, 0)
        taught = lambda scores_BxC, label_Bx2: cross_entropy(scores_BxC, label_Bx2[:, column])  # noqa: E731
        return Learner(machine, taught, sgd(trial["learning_rate"]))

    parts = [
        sweep(
            learner, splits, trials, shown=partial(fed, count), look=look, looks=config.portions, context=context,
            steps=max(config.passes * len(splits.train.x) // BATCH, config.portions), batch_size=BATCH,
            together=TOGETHER[context.kind], dataset=config.dataset, pictures=pictures,
        )
        for pictures, count in (("few", FEW), ("all", len(splits.train.x)))
    ]  # fmt: skip
    tuned = Records.gather(parts).best("learning_rate", by="exam_accuracy", of=("pictures", "labels"), judged=TUNED)
    return Records.gather([tuned.rows, knobs(config, splits.train.x)])


def fed(count, key, train):
    """So many pictures, drawn at random, with two labels each: the true one, and another picture's."""
    key_pictures, key_labels = jax.random.split(key)
    index_N = jax.random.permutation(key_pictures, len(train.x))[:count]
    true_N = train.y[index_N]
    return Examples(train.x[index_N], jnp.stack([true_N, jax.random.permutation(key_labels, true_N)], 1))


def look(learner, first, last, splits):
    """The exam, the test, and how the knobs would turn for single pictures."""
    answer = partial(learner.model.apply, last)
    some = Examples(splits.train.x[:FEW], splits.train.y[:FEW])
    right = accuracy(answer(splits.test.x), splits.test.y)
    error_N, gradient_NxP = per_example_gradients(learner, last, some)
    turn_N = jnp.linalg.norm(gradient_NxP, axis=1)
    answered_right_N = jnp.argmax(answer(some.x), 1) == some.y[:, 0]
    _, only_if_wrong_NxP = per_example_gradients(learner._replace(loss=perceptron), last, some._replace(y=some.y[:, 0]))
    return {
        "exam_accuracy": accuracy(answer(splits.validation.x), splits.validation.y),
        "test_accuracy": right,
        "shown_accuracy": accuracy(answer(some.x), some.y[:, 0]),
        "accuracy_untuned": right,
        "turn_goes_with_error": rank_correlation(error_N, turn_N),
        "sign_turn_goes_with_error": rank_correlation(error_N, jnp.linalg.norm(jnp.sign(gradient_NxP), axis=1)),
        "turned_by_right_answers": gradient_share(turn_N, answered_right_N),
        "perceptron_turned_by_right_answers": gradient_share(
            jnp.linalg.norm(only_if_wrong_NxP, axis=1), answered_right_N
        ),
    }


def knobs(config, x_NxD):
    """How many knobs are inside for every one outside; the control is a machine that looks at one pixel."""
    for machine, hidden, inputs in (("net", (config.hidden,), x_NxD.shape[1]), ("one pixel", (), 1)):
        params = mlp(hidden, 2, NONLINEARITIES["relu"]).init(jax.random.key(0), x_NxD[:1, :inputs])
        inside = sum(leaf.size for leaf in jax.tree.leaves(params))
        for seed in config.all_seeds:
            at = {"trial": 0, "seed": seed, "machine": machine}
            yield {**at, "metric": "knobs_inside", "value": float(inside)}
            yield {**at, "metric": "knobs_inside_for_one_outside", "value": inside / len(OUTSIDE)}


def learned(labels):
    """By how much the exam goes better at the end than after the first portion."""
    of = {"name": "exam_accuracy", "pictures": "all", "labels": labels}
    return difference(final(**of), lambda records: metric(**of, step=min(records.axis("step")))(records))


def tuning_gains(labels):
    """Test accuracy at the knob's position that the exam chose, over the mean of all positions."""
    of = {"pictures": "all", "labels": labels}
    return difference(final("test_accuracy", **of), final("accuracy_untuned", **of))


def flattery(name):
    """By how much a score over all exams exceeds the test's, for a machine that is shown a few pictures many times."""
    of = {"pictures": "few", "labels": "true"}
    return difference(metric(name, **of), metric("test_accuracy", **of))


def pictures_until_right(labels):
    """Pictures shown until it tells nine new ones in ten."""
    steps = first_step("test_accuracy", TOLD_RIGHT, pictures="all", labels=labels)
    return lambda records: BATCH * steps(records)


def scope(records):
    """For what the verdicts hold."""
    return f"two kinds of picture of {', '.join(records.axis('dataset'))}"


CRITERIA = (
    Criterion(
        34,
        "a hundred knobs inside, or more, for every one outside",
        exceeds(metric("knobs_inside_for_one_outside", machine="net"), 100),
        control=metric("knobs_inside_for_one_outside", machine="one pixel"),
        scope=f"one hidden layer; outside: {', '.join(OUTSIDE)}",
    ),
    Criterion(
        35,
        "the labels teach: accuracy on the exam after the last portion",
        exceeds(final("exam_accuracy", pictures="all", labels="true"), 0.75),
        control=final("exam_accuracy", pictures="all", labels="shuffled"),
        scope=scope,
    ),
    Criterion(
        36,
        "the exam tells what new pictures would, after whichever portion: its accuracy over that on the test",
        equals(flattery("exam_accuracy"), 0.0, within=0.03),
        control=flattery("shown_accuracy"),
        scope=f"{FEW} pictures shown many times; the control examines with those",
    ),
    Criterion(
        37,
        "the turn of the inner knobs goes with the error of the answer: rank correlation over pictures",
        exceeds(metric("turn_goes_with_error", pictures="all", labels="true"), 0.5),
        control=metric("sign_turn_goes_with_error", pictures="all", labels="true"),
        scope="cross-entropy; in the control every knob turns by its derivative's sign alone",
    ),
    Criterion(
        37,
        "right answers turn the knobs as well: their share of all turning",
        exceeds(metric("turned_by_right_answers", pictures="all", labels="true"), 0.1),
        control=metric("perceptron_turned_by_right_answers", pictures="all", labels="true"),
        scope="cross-entropy; the control is the perceptron's rule, which right answers leave alone",
        counter_evidence=True,
    ),
    Criterion(
        38,
        "it gets better as this is repeated: accuracy on the last exam over the first",
        exceeds(learned("true"), 0.05),
        control=learned("shuffled"),
        scope=scope,
    ),
    Criterion(
        39,
        "the outer knob makes it stronger where we set it by the exam: test accuracy over the mean position",
        exceeds(tuning_gains("true"), 0.02),
        control=tuning_gains("shuffled"),
        scope="the learning rate",
    ),
    Criterion(
        40,
        f"pictures shown until it tells {TOLD_RIGHT:.0%} of new ones right",
        below(pictures_until_right("true"), 10_000),
        control=pictures_until_right("shuffled"),
        scope=scope,
    ),
)


def draw(records):
    """Exams as the pictures go by, the same at every position of the outer knob, and the blows behind them."""
    figure, ((exams, knob, blow),) = plots.canvas(1, 3)
    per_step, everything = BATCH, records.where(pictures="all")
    for labels, colour in zip(LABELS, (plots.BLUE, plots.GREY), strict=True):
        learning_curve(
            exams, everything.where(labels=labels), "exam_accuracy", colour, f"{labels} labels", per_step=per_step
        )
    few = records.where(pictures="few", labels="true")
    learning_curve(exams, few, "exam_accuracy", plots.RED, f"only {FEW} pictures", per_step=per_step)
    learning_curve(exams, few, "shown_accuracy", plots.RED, "examined with those", per_step=per_step, style="--")
    exams.set(title="the exam after each portion", ylabel="accuracy")
    taught = everything.where(labels="true")
    for rate, colour in zip(taught.axis("learning_rate"), plots.COLOURS, strict=False):
        at = taught.where(learning_rate=rate)
        learning_curve(knob, at, "accuracy_untuned", colour, f"learning rate {rate:g}", per_step=per_step)
    knob.set(title="positions of an outer knob", ylabel="test accuracy")
    best = taught.where(learning_rate=taught.where(metric="test_accuracy").axis("learning_rate")[0])
    learning_curve(
        blow, best, "turn_goes_with_error", plots.BLUE, "turn and error: rank correlation", per_step=per_step
    )
    learning_curve(blow, best, "sign_turn_goes_with_error", plots.GREY, "the same, signs only", per_step=per_step)
    learning_curve(
        blow, best, "turned_by_right_answers", plots.AMBER, "share turned by right answers", per_step=per_step
    )
    blow.set(title="blows")
    for ax in (exams, knob, blow):
        ax.set_xlabel("pictures shown")
        ax.legend(frameon=False, fontsize=7)
    return {"television": figure}


if __name__ == "__main__":
    run(__name__)
