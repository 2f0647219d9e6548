"""How many straight pieces a function of one variable has."""

import jax.numpy as jnp
import numpy as np

from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.models.tent_net import tent_params


def pieces(y_N: np.ndarray, tolerance: float = 1e-6) -> int:
    """Linear pieces of a continuous function given at equal distances that hit all of its kinks.

    Counts where the slope changes by more than `tolerance` of the steepest.
    """
    slope = np.diff(np.asarray(y_N, float))
    return 1 + int(np.sum(np.abs(np.diff(slope)) > tolerance * max(np.abs(slope).max(), 1e-300)))


def tent_pieces(folds: int, nonlinearity: str) -> int:
    """Pieces of the folded tent map written as a net of `folds` layers of two units, with this nonlinearity in it.

    With the rectifier 2^folds. Dyadic points make the float32 arithmetic exact up to 22 folds.
    """
    x_Nx1 = (jnp.arange(2 ** (folds + 1) + 1) / 2.0 ** (folds + 1))[:, None]
    net = mlp((2,) * folds, 1, NONLINEARITIES[nonlinearity])
    return pieces(np.asarray(net.apply(tent_params(folds), x_Nx1))[:, 0])
