"""The criteria: sizes of published nets are facts; the net that is trained here is judged over its seeds."""

from math import log

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, exact, exceeds
from dl_jax.evidence.records import Records
from experiments.hundreds_of_millions.numbered import CLASSES

TRAINED, LARGE, SMALL = "trained here", "10^8 weights or more", "fewer than 10^8 weights"
HUNDRED_MILLION = 10**8
CHANCE = log(CLASSES)
"""Nats; the loss of equal probabilities for all classes. The loss of an untrained net is higher."""
MATTERS = 0.1
"""Nats; a smaller difference does not count."""
UNITS, WEIGHTS = (1e4, 1e6), (1e8, 1e9)
"""The ranges that the paper states: tens or hundreds of thousands, and hundreds of millions."""
SYSTEMS = ("AlexNet", "VGG-16", "DeepFace", "speech net", "translation LSTM")
"""Systems of the years before the paper; each is judged by the same rule, on whichever side it falls."""
OBJECTS_OR_LANGUAGE = ("AlexNet", "VGG-16", "DeepFace", "translation LSTM")
EARLY, DRAWN = ("LeNet-5",), ("figure 1a",)
LIST = "the five systems counted here, no survey of practice: "


def share(what, nets, above=0.0, below=np.inf):
    """A fact: the share of these nets of which the number of units, weights or examples lies within these bounds."""

    def estimand(records: Records):
        numbers = [records.by_seed(what, net=net)[0] for net in nets]
        return np.asarray([np.mean([above <= number < below for number in numbers])])

    return estimand


def below_chance(loss, labels="true"):
    """Nats by which a loss on new examples is below chance."""
    return lambda records: CHANCE - records.by_seed(loss, size=LARGE, labels=labels)


def scope(records):
    """What the verdicts on the net trained here are about."""
    millions = records.values("weights", net=TRAINED)[0] / 1e6
    examples = records.values("examples_seen", net=TRAINED, labels="true")[0]
    return f"a net of {millions:,.3g} million weights, {examples:,.0f} generated examples used once"


CRITERIA = (
    Criterion(
        "57.weights_of_systems",
        "share of published systems with hundreds of millions of weights: more than half",
        exact(share("weights", SYSTEMS, *WEIGHTS), above=0.5),
        control=share("weights", EARLY, *WEIGHTS),
        scope=LIST + ", ".join(SYSTEMS),
    ),
    Criterion(
        "57.examples_of_systems",
        "share of published systems that learned from a hundred million labelled examples or more: more than half",
        exact(share("labelled_examples", SYSTEMS, WEIGHTS[0]), above=0.5),
        control=share("labelled_examples", EARLY, WEIGHTS[0]),
        scope=LIST + "an image, a word or a frame of sound is an example",
    ),
    Criterion(
        "57.large_net_learns",
        "loss of chance minus the loss of the net trained here on new examples, in nats",
        exceeds(below_chance("last_loss"), MATTERS),
        control=below_chance("last_loss", "random"),
        scope=scope,
        role="support",
    ),
    Criterion(
        "57.systems_with_fewer_weights",
        "share of published systems with fewer than a hundred million weights: some",
        exact(share("weights", SYSTEMS, below=WEIGHTS[0]), above=0.0),
        control=share("weights", ("translation LSTM",), below=WEIGHTS[0]),
        scope=LIST + "AlexNet, which the paper praises most, is among them",
        role="limit",
    ),
    Criterion(
        "79.units_of_systems",
        "share of published nets for objects or language with tens or hundreds of thousands of units: more than half",
        exact(share("units", OBJECTS_OR_LANGUAGE, *UNITS), above=0.5),
        control=share("units", DRAWN, *UNITS),
        scope="four nets, no survey of practice: " + ", ".join(OBJECTS_OR_LANGUAGE),
    ),
    Criterion(
        "79.systems_with_more_units",
        "share of published nets for objects or language with more units than that: some",
        exact(share("units", OBJECTS_OR_LANGUAGE, above=UNITS[1]), above=0.0),
        control=share("units", DRAWN, above=UNITS[1]),
        scope="every place of every feature map counts as a unit",
        role="limit",
    ),
)
NOT_JUDGED = (
    not_judged("gradient descent changes weights by definition; rounding is watched", metric="weights_changed"),
    not_judged("the curve of which `last_loss` is the end: drawn", metric=("loss", "first_loss")),
    not_judged("the lowest loss that is possible: drawn beside the curve", metric="least_loss"),
    not_judged(
        "costs, which depend on the host",
        metric=(
            "examples_seen",
            "examples_per_s",
            "flops",
            "compile_s",
            "bytes_written",
            "bytes_of_1e8_examples",
            "peak_flops",
            "mfu",
            "seconds_for_1e8_examples",
        ),
    ),
    not_judged("no nets for objects or language: drawn", metric="units", net=("LeNet-5", "speech net")),
    not_judged("the net of the paper's drawing: drawn", metric="weights", net="figure 1a"),
    not_judged("what its flags decide", net=TRAINED, metric=("units", "weights")),
    not_judged("a net too small to bear on the statement", size=SMALL),
)
