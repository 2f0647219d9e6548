"""Samoyed or white wolf: to see the detail and nothing else (statements 72-75, 100, 108 and 109; section III).

What it says   Recognising pictures needs a function that does not react to place, pose, light or surroundings and
               reacts strongly to some minute detail. In pixels a wolf is nearer to a Samoyed in the same scene than
               two Samoyeds in two scenes are, so that shallow classifiers on pixels could not possibly tell them.
Refuted if     nuisances cost a linear classifier nothing; if in pixels the other scene is nearer; if a linear or
               another shallow classifier comes near a convolutional net that learned from as many pictures; if the
               net's answer changes less with the kind of animal than with pose, light, background or objects
Counter        a Gaussian kernel on pixels is above chance and rises with the number of pictures: not "impossible";
               a deep net without convolution does not do what the convolutional one does
Run            bash launch/local.sh selectivity_invariance --nuisances=pose,background --counts=256,1024,4096
Takes          200 s on 2 CPU cores, 60 s on an accelerator
Left open      the animals are drawn, from 44 known numbers and a kind; a photograph has more. Every machine has three
               settings to choose from on validation pictures; nets without convolution train four times as long
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from dl_jax.data.synthetic.canids import NUISANCES
from dl_jax.evidence.criteria import Criterion, below, exceeds
from dl_jax.evidence.estimands import difference, metric
from dl_jax.evidence.records import Records
from dl_jax.measures.canids import (
    SHALLOW,
    alone_rows,
    draw_alone,
    draw_pictures,
    gallery_rows,
    pixel_rows,
    shallow_rows,
    trained_rows,
)
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.selectivity_invariance import figures as animals

CONV, CONTROL, DENSE = "convolutional", "convolutional, linear", "multilayer"
STAGES = (Stage(16, 5, 1, 2), Stage(32, 3, 2), Stage(32, 3, 2))
HIDDEN = 64
RELU, IDENTITY = NONLINEARITIES["relu"], NONLINEARITIES["identity"]
SURROUNDED = ("pose", "illumination", "background", "objects")
"""The four nuisances that statement 109 names."""
COSTS, CLEARLY, MUCH, RISES = 0.1, 0.1, 0.2, 0.05
"""Accuracy: what nuisances cost; what is near chance or near another machine; far from it; a rise."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    nuisances: tuple[str, ...] = flag(tuple(NUISANCES), "what changes from picture to picture", choices=NUISANCES)
    detail: float = flag(1.0, "how much of the difference between the kinds there is", at_least=0.0, at_most=1.0)
    counts: tuple[int, ...] = flag((256, 2048), "pictures to learn from", at_least=32)
    side: int = flag(24, "pixels along a picture", at_least=16)
    steps: int = flag(500, "training steps of 32 pictures of the convolutional nets", at_least=1)


PRESETS = {
    "smoke": {"seeds": 2, "counts": (64, 256), "side": 16, "steps": 8},
    "accelerator": {"seeds": 20, "counts": (256, 1024, 4096, 16384), "side": 32, "steps": 2000},
}
SECONDS = {"smoke": 61, "laptop": 200, "accelerator": 60}


def measure(config: Config, context: Context) -> Records:
    """Every machine on the same pictures, and of each only the setting that validation pictures chose."""
    drawn, seeds = (config.side, config.nuisances, config.detail), config.all_seeds
    # Twice as many as a seed is shown, so that seeds learn from different ones.
    pictures = draw_pictures(2 * max(config.counts), *drawn, config.first_seed)
    net = partial(convnet, STAGES, (HIDDEN,), 2)
    nets = [(CONV, net(RELU), count, config.steps) for count in config.counts]
    nets += [(CONTROL, net(IDENTITY, pooling="mean"), max(config.counts), config.steps)]
    nets += [(DENSE, mlp((128, HIDDEN), 2, RELU), max(config.counts), 4 * config.steps)]
    tried = Records.gather(
        [
            shallow_rows(pictures, config.counts, seeds, context),
            alone_rows(draw_alone(*drawn, config.first_seed), seeds, context),
            *[trained_rows(name, model, pictures, count, seeds, steps, context) for name, model, count, steps in nets],
        ]
    )
    of = ("machine", "labels", "size", "alone")
    chosen = tried.best("setting", by="validation_accuracy", of=of, judged=("test_",))
    return Records.gather([chosen.rows, pixel_rows(*drawn, seeds, context), gallery_rows(config.first_seed)])


def on(machine, name="test_accuracy", at=max):
    """A number of a machine that learned from the most pictures, or from the fewest (at=min)."""
    return lambda r: metric(name, machine=machine, labels="true", size=at(r.axis("size")))(r)


def cost_at_once(machine):
    """Accuracy lost where all nuisances vary; where none does, nothing is lost."""
    return lambda r: 1.0 - on(machine)(r)


def cost_alone(records):
    """The same for a linear classifier where one nuisance varies alone, the mean of them."""
    return 1.0 - np.mean([metric("test_accuracy", machine="linear", alone=name)(records) for name in
                          records.axis("alone")], 0)  # fmt: skip


def over_shallow(machine):
    """Accuracy above that of the best shallow machine, seed by seed, from as many pictures."""
    return lambda r: on(machine)(r) - np.max([on(name)(r) for name in SHALLOW], 0)


def rise(labels):
    """What a Gaussian kernel gains from the fewest pictures to the most."""
    return lambda r: difference(
        *(metric("test_accuracy", machine="gaussian", labels=labels, size=at(r.axis("size"))) for at in (max, min))
    )(r)


def least_ratio(machine):
    """Median response to the other kind over that to another nuisance, for the one of SURROUNDED where it is least."""
    return lambda r: np.min([on(machine, f"test_kind_over_{name}")(r) for name in SURROUNDED], 0)


def over_pixels(features):
    """Accuracy of a Gaussian kernel on a net's last hidden layer, above that on pixels."""
    return lambda r: on(CONV, features)(r) - on("gaussian", at=min)(r)


def scope(records):
    """For what the verdicts hold."""
    return f"drawn animals, {' and '.join(map(str, records.axis('size')))} pictures"


CRITERIA = (
    Criterion(
        72,
        "nuisances must not count: where all vary, they cost a linear classifier accuracy",
        exceeds(cost_at_once("linear"), COSTS),
        control=cost_at_once(CONV),
        scope=scope,
    ),
    Criterion(
        72,
        "one at a time a linear classifier bears them: accuracy that each costs alone, the mean",
        below(cost_alone, COSTS),
        control=cost_at_once("linear"),
        scope=scope,
        counter_evidence=True,
    ),
    Criterion(
        73,
        "the detail is minute: its difference in pixels over that of another scene",
        below(metric("test_detail_over_scene", machine="pixels"), 0.5),
        control=on(CONV, "test_detail_over_scene"),
        scope=scope,
    ),
    Criterion(
        73,
        "a convolutional net sees it: share of scenes in which it tells both kinds",
        exceeds(on(CONV, "test_pairs_right"), 0.75),
        control=on("linear", "test_pairs_right"),
        scope=scope,
    ),
    Criterion(
        74,
        "in pixels nine animals of ten are nearer to the other kind than to themselves elsewhere: by what factor",
        exceeds(metric("test_scene_over_kind", machine="pixels"), 1.0),
        control=on(CONV, "test_scene_over_kind"),
        scope=scope,
    ),
    Criterion(
        75,
        "a linear classifier on pixels hardly tells them: accuracy above chance",
        below(lambda r: on("linear")(r) - 0.5, CLEARLY),
        control=lambda r: on(CONV)(r) - 0.5,
        scope=scope,
    ),
    Criterion(
        75,
        "no shallow classifier on pixels comes near: accuracy that a convolutional net has above the best of them",
        exceeds(over_shallow(CONV), MUCH),
        control=over_shallow(CONTROL),
        scope=scope,
    ),
    Criterion(
        75,
        "yet not impossible: from few pictures to many a Gaussian kernel on pixels gains accuracy",
        exceeds(rise("true"), RISES),
        control=rise("by lot"),
        scope=scope,
        counter_evidence=True,
    ),
    Criterion(
        75,
        "it takes convolution: a deep net without it gains little on the best shallow machine",
        below(over_shallow(DENSE), CLEARLY),
        control=over_shallow(CONV),
        scope=scope,
        counter_evidence=True,
    ),
    Criterion(
        100,
        "on features that a net has learned a shallow classifier does well: accuracy gained over pixels",
        exceeds(over_pixels("test_kernel_on_top"), MUCH),
        control=over_pixels("test_kernel_on_untrained_top"),
        scope=scope,
    ),
    Criterion(
        108,
        "the net's answer changes more with the detail than with all else at once: ratio of the responses",
        exceeds(on(CONV, "test_kind_over_scene"), 1.0),
        control=on(CONTROL, "test_kind_over_scene"),
        scope=scope,
    ),
    Criterion(
        109,
        "and more than with pose, light, background or objects: the least of these ratios",
        exceeds(least_ratio(CONV), 1.0),
        control=least_ratio(CONTROL),
        scope=scope,
    ),
)


def draw(records):
    """The animals; accuracy by number of pictures; responses to what changes; distances at pixels and top."""
    return {
        "animals": animals.gallery(records),
        "accuracy": animals.by_size(records),
        "responses": animals.responses(records, (CONV, CONTROL, DENSE, "gaussian", "linear")),
    }
