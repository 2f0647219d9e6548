"""Features that nobody made: a net whose layers stay as they were drawn, all but the scores."""

import jax

from dl_jax.models.model import Model


def unlearned(net: Model) -> Model:
    """The same net, of which only the scores learn: no derivative reaches any layer below them.

    With a convolutional net these are the random convolutional features of Ranzato, Huang, Boureau & LeCun
    (2007). The scores are the last of the params by name, as in `mlp` and `convnet`.
    """

    def held(params):
        return {name: w if name == max(params) else jax.lax.stop_gradient(w) for name, w in params.items()}

    return Model(net.init, lambda params, x: net.apply(held(params), x), lambda params, x: net.layers(held(params), x))
