"""The criteria: sizes of published nets are facts; the net that is trained here is judged over its seeds."""

from math import log

from dl_jax.evidence.criteria import Criterion, exact, exceeds
from dl_jax.evidence.estimands import metric
from experiments.hundreds_of_millions.numbered import CLASSES

TRAINED, LARGE, SMALL = "trained here", "10^8 weights or more", "fewer than 10^8 weights"
HUNDRED_MILLION = 10**8
CHANCE = log(CLASSES)
"""Nats; the loss of equal probabilities for all classes. The loss of an untrained net is higher."""
MATTERS = 0.1
"""Nats; a smaller difference does not count."""
UNITS, WEIGHTS = (1e4, 1e6), (1e8, 1e9)
"""The ranges that the paper states: tens or hundreds of thousands, and hundreds of millions."""
TENS_OF_MILLIONS = (1e7, 1e8)
VGG = "VGG-16, Simonyan & Zisserman (2015)"


def within(what, net, bounds):
    """A fact: the number of units or weights of a net lies within these bounds."""
    return exact(metric(what, net=net), above=bounds[0], below=bounds[1])


def below_chance(labels):
    """Nats by which the loss at the end, on new examples, is below chance."""
    return lambda records: CHANCE - records.by_seed("last_loss", size=LARGE, labels=labels)


def hundred_millions(what, **axes):
    """A number of weights, in units of 10^8."""
    return lambda records: records.by_seed(what, **axes) / HUNDRED_MILLION


def scope(records):
    """What the verdicts on the net trained here are about."""
    millions = records.values("weights", net=TRAINED)[0] / 1e6
    examples = records.values("examples_seen", net=TRAINED, labels="true")[0]
    return f"a net of {millions:,.3g} million weights, {examples:,.0f} generated examples used once"


CRITERIA = (
    Criterion(
        "57.translation_net_weights",
        "number of weights of the net that translates sentences: hundreds of millions",
        within("weights", "translation LSTM", WEIGHTS),
        control=metric("weights", net="LeNet-5"),
        scope="Sutskever, Vinyals & Le (2014)",
    ),
    Criterion(
        "57.object_net_weights",
        "number of weights of a net that recognises objects: hundreds of millions",
        within("weights", "VGG-16", WEIGHTS),
        control=metric("weights", net="LeNet-5"),
        scope=VGG,
    ),
    Criterion(
        "57.large_net_is_trained",
        "weights of the net trained here that change in the step that changes the fewest, in hundreds of millions",
        exceeds(hundred_millions("weights_changed", size=LARGE, labels="true"), 1.0),
        control=hundred_millions("weights", net="LeNet-5"),
        scope=scope,
    ),
    Criterion(
        "57.large_net_learns",
        "loss of chance minus the loss of the net trained here on new examples, in nats",
        exceeds(below_chance("true"), MATTERS),
        control=below_chance("random"),
        scope=scope,
    ),
    Criterion(
        "57.alexnet_weights",
        "number of weights of AlexNet, the net that the paper praises: tens of millions only",
        within("weights", "AlexNet", TENS_OF_MILLIONS),
        control=metric("weights", net="translation LSTM"),
        scope="Krizhevsky, Sutskever & Hinton (2012)",
        role="limit",
    ),
    *(
        Criterion(
            f"79.{kind}_net_units",
            f"number of units of a net for {what}: tens or hundreds of thousands",
            within("units", net, UNITS),
            control=metric("units", net="figure 1a"),
            scope=net,
        )
        for kind, what, net in (("object", "objects", "AlexNet"), ("language", "language", "translation LSTM"))
    ),
    Criterion(
        "79.vgg_units",
        "number of units of VGG-16: tens of millions, more than the paper states",
        within("units", "VGG-16", TENS_OF_MILLIONS),
        control=metric("units", net="AlexNet"),
        scope=VGG,
        role="limit",
    ),
)
