"""Recognising objects in pictures: convolutional nets, and the best before them (statements 3 and 43; sections I, II).

What it says   Deep learning recognises objects in pictures far more accurately than earlier methods, and set records.
Refuted if     a convolutional net makes nearly as many errors as the best of earlier methods (3), or no fewer than any
               of them with any hyperparameter (43): nearest neighbours, a Gaussian kernel on pixels, and one on
               histograms of oriented gradients, which were the usual way then
Control        the same net on pictures whose pixels are permuted: what it has to know of pictures is of no use there
Run            bash launch/local.sh image_recognition --dataset=fashion_mnist --manual_dir=DIR --steps=2000
               bash launch/local.sh image_recognition --dataset=mnist --manual_dir=DIR --examples=12000 --steps=5000
               bash launch/local.sh image_recognition --dataset=cifar10_jpeg --manual_dir=DIR --net=vgg --steps=4000 \\
                   --learning_rates=0.0001,0.0003,0.001,0.003,0.01
Takes          80 s on 2 CPU cores for the digits; 3,000 pictures of 28 x 28 pixels are for an accelerator
Left open      the paper means photographs: 1.2 million of 1,000 kinds, where a convolutional net made 15.3 % errors
               among its best five and the best other method 26.2 % (Krizhevsky et al. 2012). Digits of 8 x 8 pixels
               say little of that, and of speech nothing; the verdicts name the data that they are about. All methods
               learn from the same examples, which each seed draws anew, and none from the validation examples, which
               select the one hyperparameter of each; earlier methods have no fewer values to select from than nets.
               From few examples gradients and a kernel may do as well: it takes larger data to judge 3
"""

from dataclasses import dataclass

from dl_jax.data import catalog
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.selection import select
from dl_jax.models.convnet import convnet
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.image_recognition import figures
from experiments.image_recognition.criteria import CRITERIA, NOT_JUDGED
from experiments.image_recognition.methods import EARLIER, METHODS, fit_earlier, train_nets
from experiments.image_recognition.nets import NETS
from experiments.image_recognition.pictures import pictures

__all__ = ["CRITERIA", "NOT_JUDGED", "PRESETS", "SECONDS", "Config", "draw", "measure"]


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"what to recognise: {', '.join(catalog.NAMES)}, or your own file.npz of images")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each data set")
    net: str = flag("small", "the convolutional net", choices=NETS)
    examples: int = flag(0, "training examples of a seed; 0 is all, 3,000 at most", at_least=0)
    learning_rates: tuple[float, ...] = flag((1e-3, 3e-3, 1e-2, 3e-2), "learning rates to select from", above=0)
    steps: int = flag(500, "training steps of 64 examples", at_least=1)


PRESETS = {"smoke": {"seeds": 2, "examples": 150, "learning_rates": (3e-3,), "steps": 30}, "accelerator": {"seeds": 20}}
SECONDS = {"smoke": 20, "laptop": 80, "accelerator": 80}


def measure(config: Config, context: Context) -> Records:
    """Return the test error of every method on the same examples, with the hyperparameter that is selected."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    data, classes, seeds = pictures(dataset, config.examples), len(dataset.class_names), config.all_seeds
    axes = {"dataset": config.dataset, "net": config.net}
    examples = len(data.shapes.train.y)
    model = convnet(*NETS[config.net], classes, NONLINEARITIES["relu"])
    nets = train_nets(model, data, config.learning_rates, seeds, config.steps, context, examples=examples, **axes)
    earlier = fit_earlier(classes, data, seeds, context, **axes)
    return Records.gather(
        (
            select(nets, over="learning_rate", by="validation_accuracy", within=("method",)),
            select(earlier, over="hyperparameter", by="validation_accuracy", within=("method",)),
            measured({"test_pictures": len(data.shapes.test.y)}, **axes),
        )
    )


def draw(records):
    """Draw the test errors of all methods."""
    return {"errors": figures.errors(records, METHODS, EARLIER)}
