r"""Hundreds of millions of weights, and tens or hundreds of thousands of units (statements 57 and 79; III, figure 1a).

What it says   Systems commonly have several hundred million weights, and learn from as many labelled examples; nets
               for objects or language have some 10,000 to several 100,000 units, not the handful of figure 1a.
Refuted if     nets published by then, counted layer by layer, have sizes of another order; or if a net of that size,
               trained here on examples that it sees once, moves fewer than 10^8 weights in any of its steps, or does
               no better on examples never seen than who knows nothing.
Counter        AlexNet, the paper's own example, has 62 million weights, and learned from 1.2 million labelled
               pictures; VGG-16, of the year before the paper, has 13.6 million units
Run            bash launch/local.sh hundreds_of_millions --examples=1000000 --stream_dir=DIR
               bash launch/local.sh hundreds_of_millions --preset=accelerator --depth=40 --batch_size=65536 \
                 --examples=100000000 --remat=True --compile_for=v5p:4x4x4
Takes          5 min on 2 CPU cores, in 7 GB; not yet tried on an accelerator
Left open      "commonly" is not counted here: five nets are, and one is trained. Its examples are drawn by number, so
               that 10^8 of them are a matter of disk and time alone; both are measured and set down, not judged. A seed
               draws the first weights and the order in which one set of examples is seen
"""

from dataclasses import dataclass
from functools import partial
from math import log

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dl_jax.data.shard_writer import disk_bytes, write_or_temporary
from dl_jax.data.stream import abstract_stream, random_labels, stream
from dl_jax.errors import FlagError
from dl_jax.evidence.criteria import Criterion, exceeds, identity
from dl_jax.evidence.records import Records
from dl_jax.measures.peak import peak_flops
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.models.precision import mixed_precision, uint8_inputs
from dl_jax.models.rematerialised import rematerialised
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.losses import cross_entropy
from dl_jax.training.step import Learner
from experiments.hundreds_of_millions import numbered, sizes
from experiments.hundreds_of_millions.figures import errors_of_one_pass, map_of_sizes
from experiments.hundreds_of_millions.one_pass import one_pass

HERE, LARGE, SMALL = "trained here", "10^8 weights or more", "fewer than 10^8 weights"
MANY = 10**8
"""Weights, and examples: the least that are a hundred million."""
CHANCE = log(numbered.CLASSES)
"""Nats; the error of who knows nothing. An untrained net makes more, for it is sure of what it does not know."""
MATTERS = 0.1
"""Nats; a smaller difference is no difference."""
RATE = 64.0
"""Of gradient descent, for one unit in a layer; what a step changes of a sum grows with its terms, so it is divided by
the width. Gradient descent keeps nothing but the weights, and 300 million of them are trained in 6 GB."""
DRAWN = 0
"""The seed of the examples."""
TRUE, BY_LOT = "true", "by lot"


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset: 305 million weights."""

    width: int = flag(12288, "units of a layer", at_least=1)
    depth: int = flag(3, "hidden layers", at_least=1)
    batch_size: int = flag(64, "examples a step", at_least=1)
    steps: int = flag(8, "steps of a training, which must not need more examples than there are", at_least=4)
    examples: int = flag(100_000, "labelled examples that are written", at_least=1)
    precision: str = flag("float32", "the numbers that layers compute in", choices=("float32", "bfloat16"))
    remat: bool = flag(False, "compute layers again on the way back instead of keeping what they said")
    stream_dir: str = flag("", "the folder that keeps the examples; without one they are written anew and not kept")

    def __post_init__(self):
        super().__post_init__()
        if self.steps * self.batch_size > self.examples:
            raise FlagError(
                f"--steps={self.steps} with --batch_size={self.batch_size} would show examples twice; type "
                f"--examples={self.steps * self.batch_size} or more"
            )


# On an H100: 3 x 16384^2 = 805 million weights. A step of 8192 examples is 6 x 8.1e8 x 8192 = 40 TFLOP, 57 ms at the
# 700 TFLOP/s at which it multiplies bfloat16; and it moves some 20 bytes a weight, 16 GB, 5 ms at 3.35 TB/s. That would
# be 65 % of the 989 TFLOP/s on its sheet, at 132,000 examples a second. Narrower nets need more examples a second for
# the same share, 300 million weights 350,000, and that is more than one process reads.
PRESETS = {
    "smoke": {"seeds": 2, "width": 64, "depth": 2, "batch_size": 32, "steps": 8, "examples": 512},
    "accelerator": {
        "width": 16384,
        "depth": 4,
        "batch_size": 8192,
        "steps": 1024,
        "examples": 2**23,
        "precision": "bfloat16",
    },
}
SECONDS = {"smoke": 5, "laptop": 300}


def measure(config: Config, context: Context) -> Records:
    """Sizes of nets, and what happens as one is trained on true labels, and on labels by lot."""
    counts = [{"net": name, **count()._asdict()} for name, count in sizes.NETS.items()]
    model = net(config)
    size = sizes.of_layers(model, numbered.RECORD["x"].shape)
    counts.append({"net": HERE, **size._asdict()})
    axes = {"net": HERE, "size": LARGE if size.weights >= MANY else SMALL}
    learner = Learner(model, cross_entropy, optax.sgd(RATE / config.width))
    # Devices of a CPU are its cores and share one memory, in which parts of weights would only be copied about.
    alone = context.kind == "cpu"
    context = context.single_device() if alone else context
    train = partial(one_pass, learner, steps=config.steps, batch_size=config.batch_size, context=context, **axes)
    if context.events.dry_run:
        train(abstract_stream(numbered.RECORD, config.examples), config.first_seed, labels=TRUE)
        return of_counts(counts, config)
    draw_examples, origin = partial(numbered.examples, DRAWN), {"name": "numbered", "seed": DRAWN}
    folder = write_or_temporary(
        config.stream_dir, draw_examples, numbered.RECORD, config.examples, origin, on_progress=context.events.progress
    )
    process = {} if alone else {"process": jax.process_index(), "processes": jax.process_count()}
    with folder as shards:
        shown = {seed: stream(shards, seed, **process) for seed in config.all_seeds}
        rows = [train(shown[seed], seed, labels=TRUE) for seed in shown]
        rows += [train(random_labels(shown[seed], numbered.CLASSES, seed), seed, labels=BY_LOT) for seed in shown]
        written = {"bytes_written": shards.bytes, "bytes_of_1e8_examples": disk_bytes(MANY, shards.record)}
    peak = peak_flops(context.mesh, jnp.dtype(config.precision))
    written |= {"peak_flops": peak, "least_error": least_error()}
    trained = Records.gather(rows)
    return Records.gather([of_counts(counts, config).rows, trained.rows, derived(trained, written, axes)])


def net(config):
    """The net that is trained here, as a Model of pixels in bytes. Its units are odd functions, which start to learn in
    fewer steps than rectifiers: those make all examples alike at first, the more so the more layers."""
    model = mlp((config.width,) * config.depth, numbered.CLASSES, NONLINEARITIES["tanh"])
    if config.precision == "bfloat16":
        model = mixed_precision(model)
    return uint8_inputs(rematerialised(model) if config.remat else model)


def of_counts(counts, config):
    """A row for each number that was counted; a count hangs on no seed, so every seed has the same."""
    rows = [
        {"trial": 0, "seed": seed, "net": count["net"], "metric": what, "value": float(count[what])}
        for seed in config.all_seeds
        for count in counts
        for what in ("units", "weights")
    ]
    return Records(tuple(rows))


def least_error():
    """The error of who knows how the pictures are made, in nats, on the first of them."""
    record_N = numbered.examples(DRAWN, np.arange(8192))
    return -numbered.log_chances(DRAWN, record_N["x"])[np.arange(8192), record_N["y"]].mean()


def derived(trained, written, axes):
    """What follows from speeds, seed by seed: the time for 10^8 examples, and the share of the peak."""
    for seed in trained.axis("seed"):
        speed, flops = (trained.values(what, seed=seed, labels=TRUE)[0] for what in ("examples_per_s", "flops"))
        values = written | {"seconds_for_1e8_examples": MANY / speed, "MFU": flops / written["peak_flops"]}
        for name, value in values.items():
            yield {"trial": 0, "seed": seed, **axes, "metric": name, "value": float(value)}


def decades_from(what, net, exponent):
    """By how many powers of ten a count is away from 10 to that power."""
    return lambda records: np.log10(records.by_seed(what, net=net)) - exponent


def better_than_chance(labels):
    """Nats by which the errors on the last examples, never seen before, are below those of who knows nothing."""
    return lambda records: CHANCE - records.by_seed("error_at_last", size=LARGE, labels=labels)


def scope(records):
    """For what the verdicts on the net trained here hold."""
    counted = records.values("weights", net=HERE)[0] / 1e6
    seen = records.values("examples_seen", net=HERE, labels=TRUE)[0]
    return f"a net of {counted:,.3g} million weights, {seen:,.0f} generated examples seen once"


CRITERIA = (
    Criterion(
        57,
        "the net that translated sentences has hundreds of millions of weights: powers of ten from 10^8.5",
        identity(decades_from("weights", "translation LSTM", 8.5), 0.5),
        control=decades_from("weights", "LeNet-5", 8.5),
        scope="Sutskever, Vinyals & Le (2014)",
    ),
    Criterion(
        57,
        "so has a net that recognises objects: powers of ten from 10^8.5",
        identity(decades_from("weights", "VGG-16", 8.5), 0.5),
        control=decades_from("weights", "LeNet-5", 8.5),
        scope="VGG-16, Simonyan & Zisserman (2015)",
    ),
    Criterion(
        57,
        "a net of that size is trained here: weights moved by the step that moves the fewest, over 10^8",
        exceeds(lambda r: r.by_seed("weights_moved", size=LARGE, labels=TRUE) / MANY, 1.0),
        control=lambda r: r.by_seed("weights", net="LeNet-5") / MANY,
        scope=scope,
    ),
    Criterion(
        57,
        "and it learns: nats by which its error on examples never seen is below that of who knows nothing",
        exceeds(better_than_chance(TRUE), MATTERS),
        control=better_than_chance(BY_LOT),
        scope=scope,
    ),
    Criterion(
        57,
        "AlexNet, the net that the paper praises, has tens of millions: powers of ten from 10^7.5",
        identity(decades_from("weights", "AlexNet", 7.5), 0.5),
        control=decades_from("weights", "translation LSTM", 7.5),
        scope="Krizhevsky, Sutskever & Hinton (2012)",
        counter_evidence=True,
    ),
    *(
        Criterion(
            79,
            f"a net for {what} has 10^4 to 10^6 units: powers of ten from 10^5",
            identity(decades_from("units", name, 5.0), 1.0),
            control=decades_from("units", "figure 1a", 5.0),
            scope=name,
        )
        for what, name in (("objects", "AlexNet"), ("language", "translation LSTM"))
    ),
    Criterion(
        79,
        "VGG-16 has more, tens of millions: powers of ten from 10^7.5",
        identity(decades_from("units", "VGG-16", 7.5), 0.5),
        control=decades_from("units", "AlexNet", 7.5),
        scope="VGG-16, Simonyan & Zisserman (2015)",
        counter_evidence=True,
    ),
)


def draw(records):
    """Sizes of nets; and errors, where one was trained."""
    sizes_of = map_of_sizes(records, records.axis("net"), HERE, units=(1e4, 1e6), weights=(1e8, 1e9))
    return {"sizes": sizes_of, "errors": errors_of_one_pass(records, CHANCE)}
