"""Inside a convolutional net: the maps of every layer for one picture (statements 52, 93 to 99; figure 2, section III).

What it says   Shown a picture, the machine answers with a score for each category. The figure draws what each layer
               puts out on the way: maps, each the match to one feature at every place. Information flows from the
               bottom up, low features detect edges of one orientation, and outputs are rectified.
Refuted if     the net knows no more of held-out pictures than chance does; if some class's score does not rank its own
               pictures first; if scores do not follow from the maps drawn below them; if maps do not move with the
               picture; if weights above change maps below; if an output is negative, or few are 0; if the first
               filters are not oriented and band-pass, more than a few of an untrained net's are
Counter        above a pooling maps do not follow a shift by one pixel (94); while learning, information flows down (95)
Run            bash launch/local.sh fig2_inside_convnet --image=photo.jpg
               bash launch/local.sh fig2_inside_convnet --dataset=cifar10_jpeg --manual_dir=DIR --steps=3000
               bash launch/local.sh fig2_inside_convnet --dataset=imagenette --preset=accelerator --require_device=gpu
Takes          70 s on 2 CPU cores, 2 min on an accelerator
Left open      the paper gives neither net nor weights; these are learned here, from drawn animals unless --dataset says
               otherwise, and the picture is a drawn Samoyed. The maps are those of the first seed's net. First filters
               start at a fifth of the usual scale, so that what is seen in them was learned. That filters are oriented
               is judged by gratings and zero-mean Gabors, which know nothing of edges: even pictures of random phase,
               which have none, teach such filters. At most 2,000 test pictures are looked at; photographs of ImageNet
               are cut to squares, and 100 of each class are learned where there are 1,000 classes
"""  # fmt: skip

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jax
import numpy as np
from PIL import Image

from dl_jax.data import catalog
from dl_jax.data import drawn_canids as animals
from dl_jax.data.photo import crop_and_resize, photo, standardize_like
from dl_jax.errors import DataError
from dl_jax.evidence.criteria import Criterion, exceeds, identity
from dl_jax.evidence.estimands import metric
from dl_jax.evidence.records import Records
from dl_jax.measures.pictures import as_pictures, picture_rows
from dl_jax.models.convnet import Stage, convnet, scale_first_layer
from dl_jax.models.feature_maps import feature_maps, module_names
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.losses import cross_entropy
from dl_jax.training.old_sweep import grid, sweep
from dl_jax.training.optimizers import adam
from dl_jax.training.step import Learner
from experiments.fig2_inside_convnet import figures as figure_2
from experiments.fig2_inside_convnet.metrics import STATES, look_inside

FIRST_SCALE, PORTRAIT = 0.2, 160
"""Of the usual scale; pixels at which the picture is drawn beside what enters the net."""
ABOVE_CHANCE, RANKS, ORIENTED, ZERO = 0.2, 0.6, 0.15, 0.25
"""Accuracy; area under the curve, 1/2 if it ranks nothing; shares of the first filters, and of a layer's outputs."""
MANY = range(8, 10**6)
"""First filters of which a share is worth telling."""
SAME, NONE, DIFFERS = 1e-4, 1e-12, 0.1
"""Relative: what rounding may change; nothing at all; what is another map or another gradient."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    image: str = flag("", "the picture that is looked at: a JPEG, PNG, WebP, GIF or BMP file; a drawn Samoyed if empty")
    dataset: str = flag("canids", f"what to learn: {', '.join(catalog.NAMES)}, or your own file.npz of images")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each data set")
    side: int = flag(64, "pixels of the squares that photographs of imagenette or imagenet2012 are cut to", at_least=16)
    maps: int = flag(16, "maps of the first convolution; the second has half as many more, the third twice", at_least=2)
    steps: int = flag(500, "training steps of 32 examples", at_least=1)
    learning_rate: float = flag(0.002, "of Adam", above=0)


PRESETS = {
    "smoke": {"seeds": 2, "dataset": "digits", "maps": 4, "steps": 8},
    "accelerator": {"seeds": 20, "maps": 32, "steps": 4000},
}
SECONDS = {"smoke": 9, "laptop": 70, "accelerator": 120}


def stages(count):
    """Convolutions, maxima, convolutions, maxima, convolutions, as in the paper's figure."""
    return Stage(count, 7, 2), Stage(count + count // 2, 3, 2), Stage(2 * count, 3, 1)


def machine(net, classes):
    """The net, its first filters small at first."""
    return scale_first_layer(convnet(net, (), classes, NONLINEARITIES["relu"]), FIRST_SCALE)


def measure(config: Config, context: Context) -> Records:
    """Train the net at every seed, and look inside it with one picture and with held-out ones."""
    dataset = catalog.load(config.dataset, config.manual_dir or None, config.side)
    if dataset.train[0].ndim < 3 or min(dataset.train[0].shape[1:3]) < 4:
        raise DataError(f"{config.dataset} must hold pictures of 4 x 4 pixels or more")
    size, net, names = dataset.train[0].shape[1:3], stages(config.maps), module_names(stages(config.maps))
    large = [side * max(1, PORTRAIT // max(size)) for side in size]
    if config.image:
        portrait_HxWx3 = photo(Path(config.image).expanduser(), *large)
    else:
        portrait_HxWx3 = crop_and_resize(Image.fromarray(animals.portrait()), *large)
    picture_HxWx3 = crop_and_resize(Image.fromarray(portrait_HxWx3), *size)
    shown, model = standardize_like(picture_HxWx3, dataset), machine(net, len(dataset.class_names))
    rows = sweep(
        lambda trial: Learner(model, cross_entropy, adam(config.learning_rate)), dataset.images(),
        grid(seed=config.all_seeds), steps=config.steps, look=partial(look_inside, net, shown), context=context,
        batch_size=32, dataset=config.dataset, maps=config.maps, image=config.image,
    )  # fmt: skip
    outputs = jax.eval_shape(
        lambda key: feature_maps(net, NONLINEARITIES["relu"], model.init(key, shown), shown), jax.random.key(0)
    )
    shapes = {f"maps_{at}": (y.shape[3], *y.shape[1:3]) for at, y in enumerate(outputs, 1)}
    shapes |= {f"filters_{state}": (config.maps * shown.shape[3], 7, 7) for state in STATES}
    enters = picture_HxWx3 if shown.shape[3] == 3 else picture_HxWx3.mean(-1, keepdims=True)
    at = {"trial": 0, "seed": config.first_seed, "dataset": config.dataset, "image": config.image}
    drawn = [
        row
        for name, picture in (("portrait", portrait_HxWx3), ("picture", enters))
        for row in picture_rows(at | {"metric": name}, np.moveaxis(picture, -1, 0))
    ]
    kept = [named(row, names, dataset.class_names) for row in as_pictures(rows, shapes, config.first_seed)]
    return Records((*kept, *drawn))


def named(row, module_names, classes):
    """The row with what its numbers count: modules from the picture up, classes, or filters."""
    name, at = row["metric"], {key: value for key, value in row.items() if key != "layer"}
    if name.startswith("maps_"):
        return at | {"metric": "maps", "module": module_names[int(name[5:]) - 1]}
    if "layer" not in row:
        return row
    if name == "score":
        return at | {"class": classes[row["layer"] - 1]}
    filters = name.startswith(("selectivity", "is_oriented"))
    return at | ({"filter": row["layer"]} if filters else {"module": module_names[row["layer"] - 1]})


def of_module(name, kind, reduce):
    """The largest (max) or smallest (min) value of the modules of a kind."""

    def estimand(records):
        chosen = [module for module in records.where(metric=name).axis("module") if module.startswith(kind)]
        return records.by_seed(name, reduce, module=chosen)

    return estimand


def scope(records):
    """For what the verdicts hold."""
    return f"{', '.join(records.axis('dataset'))}; {records.axis('image')[0] or 'a drawn Samoyed'}"


CRITERIA = (
    Criterion(
        52,
        "a picture is answered with as many scores as there are categories: how many more",
        identity(metric("more_scores_than_categories"), NONE),
        control=metric("more_maps_than_categories"),
        scope=scope,
    ),
    Criterion(
        93,
        "the layers drawn are those of a net that learned its task: accuracy above chance on held-out pictures",
        exceeds(metric("above_chance_trained"), ABOVE_CHANCE),
        control=metric("above_chance_untrained"),
        scope=scope,
    ),
    Criterion(
        94,
        "the same features are looked for everywhere: what is unlike in the maps of a shifted picture, shifted back",
        identity(of_module("miss_whole", "", max), SAME),
        control=of_module("miss_dealt", "", max),
        scope=scope,
    ),
    Criterion(
        94,
        "above a pooling not at every position: what is unlike after a shift by one pixel, least of any pooling",
        exceeds(of_module("miss_one", "pooling", min), DIFFERS),
        control=of_module("miss_one", "convolution 1", max),
        scope=scope,
        counter_evidence=True,
    ),
    Criterion(
        95,
        "other weights above leave what is below bitwise as it was: largest relative change",
        identity(metric("changed_below"), NONE),
        control=metric("changed_above"),
        scope=scope,
    ),
    Criterion(
        95,
        "while it learns, information flows down too: the lowest gradient differs when weights above turn round",
        exceeds(metric("gradient_changed"), DIFFERS),
        control=metric("changed_below"),
        scope=scope,
        counter_evidence=True,
    ),
    Criterion(
        96,
        "first filters become oriented and band-pass: share of them",
        exceeds(metric("oriented_trained", maps=MANY), ORIENTED),
        control=metric("oriented_untrained", maps=MANY),
        scope=scope,
    ),
    Criterion(
        97,
        "each class has its score: how often its own pictures have more of it than others, least of any class",
        exceeds(metric("ranks_trained"), RANKS),
        control=metric("ranks_untrained"),
        scope=scope,
    ),
    Criterion(
        98,
        "rectified, no output is negative: share of those that are",
        identity(metric("negative"), NONE),
        control=metric("negative_tanh"),
        scope=scope,
    ),
    Criterion(
        98,
        "and many are exactly 0: share of them, least of any convolution",
        exceeds(of_module("zeros_trained", "convolution", min), ZERO),
        control=of_module("zeros_softplus", "convolution", max),
        scope=scope,
    ),
    Criterion(
        99,
        "the scores drawn follow from the row below them: their distance from those made of it",
        identity(metric("unlike_top_row"), SAME),
        control=metric("unlike_top_row_of_another"),
        scope=scope,
    ),
)


def draw(records):
    """Figure 2, the first filters, and how often outputs are 0 and maps follow."""
    names = list(dict.fromkeys(row["module"] for row in records.where(metric="zeros_trained").rows))
    return {
        "figure_2": figure_2.inside(records, names),
        "first_filters": figure_2.filters(records),
        "zeros_and_shifts": figure_2.zeros_and_shifts(records, names),
    }
