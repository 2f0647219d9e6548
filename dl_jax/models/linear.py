"""The linear classifier of section III: a weighted sum of the inputs for each category."""

from dl_jax.models.initializers import Initializer, lecun
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Model
from dl_jax.models.nonlinearities import NONLINEARITIES


def linear(classes: int, initializer: Initializer = lecun) -> Model:
    """scores = x w + b: the multilayer net with no hidden layer. Params: {"layer_01": {"w": [D, C], "b": [C]}}."""
    return mlp((), classes, NONLINEARITIES["identity"], initializer)
