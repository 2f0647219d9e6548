"""Inside a convolutional net: the maps of every layer for one picture (statements 52, 93 to 99; figure 2, section III).

What it says   For a picture, the net outputs a score for each category. The figure draws the outputs of each layer:
               maps, each the match to one feature at every position. Information flows from the bottom up, low
               features detect edges of one orientation, and outputs are rectified.
Refuted if     the net is no better than chance on held-out pictures; if some class's score does not rank its own
               pictures first; if the median first filter of a net for natural pictures is not an edge detector of one
               orientation, or that of a net for permuted pixels is one too. Exact, and so not evidence: scores follow
               from the maps drawn below them, maps shift with the picture, weights above change none of the maps
               below, and outputs are not negative
Counter        above a pooling maps do not follow a shift by one pixel (94); in training, information flows down (95);
               pictures of random phase, which have orientations and no edges, teach such filters too (96)
Run            bash launch/local.sh fig2_inside_convnet --image=photo.jpg
               bash launch/local.sh fig2_inside_convnet --photographs=cifar10_jpeg --manual_dir=DIR --filter_steps=4000
               bash launch/local.sh fig2_inside_convnet --dataset=imagenette --preset=accelerator --require_device=gpu
Takes          210 s on 2 CPU cores, 2 min on an accelerator
Left open      the paper gives neither net nor weights; these are trained here, on drawn canids unless --dataset says
               otherwise, and the picture is a drawn Samoyed. The maps are those of the first seed's net. First filters
               are those of small nets that recognise 64 spots of two photographs at any shift and in any light; they
               start at a fifth of the usual scale. A filter is an oriented edge detector where it is as selective,
               band-pass and like a Gabor as Sobel's and Canny's are. At most 2,000 test pictures are used; photographs
               of ImageNet are cropped to squares, 100 of each class where there are 1,000 classes
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from dl_jax.data import catalog, drawn_canids
from dl_jax.data.photo import crop_and_resize, photo, standardize_like
from dl_jax.errors import DataError
from dl_jax.evidence.named import array
from dl_jax.evidence.records import Records, measured
from dl_jax.models.convnet import Stage, convnet, scale_first_layer
from dl_jax.models.model import Model
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.grid import grid
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from experiments.fig2_inside_convnet.criteria import CRITERIA, NOT_JUDGED
from experiments.fig2_inside_convnet.figures import draw
from experiments.fig2_inside_convnet.first_filters import FIRST_SCALE, PICTURES, train_filters
from experiments.fig2_inside_convnet.metrics import evaluate, facts

__all__ = ["CRITERIA", "NOT_JUDGED", "PRESETS", "SECONDS", "Config", "draw", "measure"]

PORTRAIT = 160
"""Pixels along the picture that is drawn beside the smaller one that the net gets."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    image: str = flag("", "the picture: a JPEG, PNG, WebP, GIF or BMP file; a drawn Samoyed if empty")
    dataset: str = flag("canids", f"the training data: {', '.join(catalog.NAMES)}, or your own file.npz of images")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each data set")
    side: int = flag(64, "pixels of the squares to which photographs of ImageNet are cropped", at_least=16)
    maps: int = flag(8, "maps of the first convolution; the second has half as many more, the third twice", at_least=2)
    steps: int = flag(500, "training steps of 32 examples", at_least=1)
    learning_rate: float = flag(0.002, "learning rate of Adam", above=0)
    photographs: str = flag("", "data set of the first filters; patches of scikit-learn's two photographs if empty")
    filter_steps: int = flag(3000, "training steps of the nets of the first filters", at_least=1)
    filter_pictures: tuple[str, ...] = flag(PICTURES, "of which nets learn first filters", choices=PICTURES)

    def data_sources(self) -> tuple[tuple[str, str], ...]:
        """Return the data of the net, and the photographs if there are any."""
        return tuple((name, self.manual_dir) for name in (self.dataset, self.photographs) if name)


PRESETS = {
    "smoke": {"seeds": 2, "dataset": "digits", "maps": 4, "steps": 8, "filter_steps": 8},
    "accelerator": {"seeds": 20, "maps": 32, "steps": 4000, "filter_steps": 4000},
}
SECONDS = {"smoke": 40, "laptop": 210, "accelerator": 120}


def stages(maps: int) -> tuple[Stage, ...]:
    """Convolution and max pooling twice, then a convolution, as in the paper's figure."""
    return Stage(maps, 5, 2), Stage(maps + maps // 2, 3, 2), Stage(2 * maps, 3, 1)


def model_of(net: tuple[Stage, ...], classes: int) -> Model:
    """The net, whose first filters start small: what their maps show was learned."""
    return scale_first_layer(convnet(net, (), classes, NONLINEARITIES["relu"]), FIRST_SCALE)


def measure(config: Config, context: Context) -> Records:
    """Train the net at every seed, and measure it on one picture and on held-out ones; then nets for first filters."""
    dataset = catalog.load(config.dataset, config.manual_dir or None, config.side)
    if dataset.train[0].ndim < 3 or min(dataset.train[0].shape[1:3]) < 4:
        raise DataError(f"{config.dataset} must hold pictures of 4 x 4 pixels or more")
    portrait_HxWx3, picture_HxWx3 = pictures(config.image, dataset.train[0].shape[1:3])
    net, input_1xHxWxC = stages(config.maps), standardize_like(picture_HxWx3, dataset)
    model = model_of(net, len(dataset.class_names))
    trained = sweep(
        lambda trial: Learner(model, cross_entropy, adam(config.learning_rate)),
        dataset.by_seed(images=True),
        grid(seed=config.all_seeds),
        steps=config.steps,
        evaluate=partial(evaluate, net, input_1xHxWxC, dataset.class_names),
        context=context,
        batch_size=32,
        dataset=config.dataset,
        image=config.image,
    )
    filters = train_filters(
        config.photographs, config.manual_dir, config.filter_steps, config.all_seeds, config.filter_pictures, context
    )
    picture_HxWxC = picture_HxWx3 if input_1xHxWxC.shape[3] == 3 else picture_HxWx3.mean(-1, keepdims=True)
    drawn = {"portrait": portrait_HxWx3, "picture": picture_HxWxC}
    drawn = {name: array(pixels, "row", "column", "channel") for name, pixels in drawn.items()}
    return Records.gather([trained, filters, facts(net, model, input_1xHxWxC, dataset.train[1]), measured(drawn)])


def pictures(image: str, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The picture large, to be drawn, and at the size that the net gets: pixels_HxWx3, 0 to 255."""
    large = [side * max(1, PORTRAIT // max(size)) for side in size]
    if image:
        portrait_HxWx3 = photo(Path(image).expanduser(), *large)
    else:
        portrait_HxWx3 = crop_and_resize(Image.fromarray(drawn_canids.portrait()), *large)
    return portrait_HxWx3, crop_and_resize(Image.fromarray(portrait_HxWx3), *size)
