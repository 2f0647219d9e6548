"""The linear classifier of section III: one weighted sum of the inputs per category."""

from dl_jax.models.initializers import Initializer, lecun
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Model
from dl_jax.models.nonlinearities import NONLINEARITIES


def linear(classes: int, initializer: Initializer = lecun) -> Model:
    """Return the model scores = x w + b, an `mlp` without hidden layers.

    Params: {"layer_01": {"w": [D, C], "b": [C]}}.
    """
    return mlp((), classes, NONLINEARITIES["identity"], initializer)
