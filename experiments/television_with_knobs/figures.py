"""Figures of television_with_knobs, drawn from its records alone."""

from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from dl_jax.report.learning_curves import learning_curve
from experiments.television_with_knobs.criteria import BATCH_SIZE, FEW


def draw(records: Records) -> dict[str, Figure]:
    """Exams by the number of training pictures, the same at every learning rate, and the updates behind them."""
    figure, ((exams, knob, updates),) = plots.canvas(1, 3)
    _exams(exams, records)
    _outer_knob(knob, records)
    _updates(updates, records.where(pictures="all", labels="true"))
    for ax in (exams, knob, updates):
        ax.set_xlabel("training pictures")
        ax.legend(frameon=False, fontsize=7)
    return {"television": figure}


def _exams(ax, records):
    rates = records.axis("learning_rate")
    true, shuffled = (records.where(pictures="all", labels=labels) for labels in ("true", "shuffled"))
    learning_curve(ax, true, "exam_accuracy", plots.BLUE, "true labels", per_step=BATCH_SIZE)
    middle = {"learning_rate": rates[len(rates) // 2], "per_step": BATCH_SIZE}
    learning_curve(ax, shuffled, "exam_accuracy", plots.GREY, "shuffled labels", **middle)
    few = records.where(pictures="few", labels="true")
    learning_curve(ax, few, "exam_accuracy", plots.RED, f"only {FEW} pictures", per_step=BATCH_SIZE)
    learning_curve(ax, few, "train_accuracy", plots.RED, "exam on those", per_step=BATCH_SIZE, style="--")
    ax.set(title="exam after each portion", ylabel="accuracy")


def _outer_knob(ax, records):
    every = {"pictures": "all", "labels": "true", "selected": (True, False), "per_step": BATCH_SIZE}
    for rate, colour in zip(records.axis("learning_rate"), plots.COLOURS, strict=False):
        learning_curve(ax, records, "test_accuracy", colour, f"learning rate {rate:g}", learning_rate=rate, **every)
    ax.set(title="positions of an outer knob", ylabel="test accuracy")


def _updates(ax, best):
    for update, colour, label in (("gradient", plots.BLUE, "loss and update"), ("sign", plots.GREY, "signs only")):
        there = best.where(update=update)
        learning_curve(
            ax, there, "update_and_loss_correlation", colour, f"{label}: rank correlation", per_step=BATCH_SIZE
        )
    shares = best.where(rule="cross-entropy")
    label = "share of right answers in all updates"
    learning_curve(ax, shares, "update_share_of_right_answers", plots.AMBER, label, per_step=BATCH_SIZE)
    ax.set(title="updates")
