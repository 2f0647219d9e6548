"""Random features: a network of which only the output layer learns."""

import jax

from dl_jax.models.model import Model


def random_features(net: Model) -> Model:
    """Return the network with all layers but the last fixed at their initial weights, by stopping their gradients.

    With a convnet these are the random convolutional features of Ranzato, Huang, Boureau & LeCun (2007). The output
    layer is the last of the params in alphabetical order, as in `mlp` and `convnet`.
    """

    def fixed(params):
        return {name: w if name == max(params) else jax.lax.stop_gradient(w) for name, w in params.items()}

    return Model(
        net.init, lambda params, x: net.apply(fixed(params), x), lambda params, x: net.layers(fixed(params), x)
    )
