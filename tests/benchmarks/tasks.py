"""The tasks that all competitors train: data, sizes, initial weights.

It imports only NumPy, so that no competitor pays for the imports of another.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

GAINS = {"relu": 1.4142136, "tanh": 1.4674136, "logistic": 4.7226461, "identity": 1.0}
"""Initial weights are N(0, gain^2 / fan_in), biases 0; the layer of scores has gain 1. A test compares them."""
MOMENTUM = 0.9
Pair = tuple[np.ndarray, np.ndarray]
NETS = {
    "convnet": (((32, 5, "SAME"), (64, 5, "SAME")), (256,)),
    "lenet5": (((6, 5, "SAME"), (16, 5, "VALID")), (120, 84)),
}
"""(maps, kernel, padding) of each convolution, followed by 2 x 2 pooling; units of the dense layers. All relu."""


@dataclass(frozen=True)
class Reference:
    """The reference sweep: a plain net for each depth, nonlinearity and seed."""

    depths: tuple[int, ...] = (1, 2, 5, 10, 20)
    nonlinearities: tuple[str, ...] = ("relu", "tanh", "logistic", "identity")
    seeds: int = 4
    steps: int = 2000
    width: int = 128
    batch_size: int = 128
    inputs: int = 784
    classes: int = 10
    examples: int = 10_240
    learning_rate: float = 0.01

    def cells(self) -> list[tuple[int, str, int]]:
        """Return (depth, nonlinearity, seed) of every training, the longest first, for an even load of workers."""
        return list(product(sorted(self.depths, reverse=True), self.nonlinearities, range(self.seeds)))

    def data(self) -> tuple[Pair, Pair]:
        """Return the training and test set (x_NxD, y_N): points around four random centres per class.

        The centres lie in six dimensions, which a random matrix maps to all inputs. Forty centres in six dimensions
        are not linearly separable, so that the accuracy depends on learning.
        """
        generator = np.random.default_rng(0)
        centres = generator.standard_normal((4 * self.classes, 6), np.float32)
        spread = generator.standard_normal((6, self.inputs), np.float32) / np.float32(6**0.5)

        def draw(count):
            centre_N = generator.integers(0, len(centres), count)
            hidden_Nx6 = centres[centre_N] + 0.2 * generator.standard_normal((count, 6), np.float32)
            noise_NxD = 0.5 * generator.standard_normal((count, self.inputs), np.float32)
            return hidden_Nx6 @ spread + noise_NxD, (centre_N % self.classes).astype(np.int32)

        return draw(self.examples), draw(2048)


@dataclass(frozen=True)
class Tiny:
    """Tiny nets (P6): two inputs, two hidden layers of tanh, many seeds; points on two rings."""

    widths: tuple[int, ...] = (2, 8, 32)
    trials: int = 200
    steps: int = 2000
    batch_size: int = 64
    examples: int = 2048
    learning_rate: float = 0.1
    measured: int = 3
    """Trials that are timed where all would take too long; the time of all is extrapolated."""

    def data(self) -> tuple[Pair, Pair]:
        """Return the training and test set (x_Nx2, y_N): a circle inside another."""
        generator = np.random.default_rng(0)

        def draw(count):
            angle_N = generator.uniform(0, 2 * np.pi, count)
            y_N = generator.integers(0, 2, count)
            radius_N = np.where(y_N, 1.0, 0.5) + 0.1 * generator.standard_normal(count)
            x_Nx2 = radius_N[:, None] * np.stack([np.cos(angle_N), np.sin(angle_N)], 1)
            return x_Nx2.astype(np.float32), y_N.astype(np.int32)

        return draw(self.examples), draw(1024)


@dataclass(frozen=True)
class Images:
    """A convolutional net (P10) at several seeds; images of ten classes at random positions."""

    net: str = "convnet"
    seeds: int = 4
    steps: int = 200
    batch_size: int = 128
    side: int = 28
    classes: int = 10
    examples: int = 5120
    learning_rate: float = 0.01

    def data(self) -> tuple[Pair, Pair]:
        """Return the training and test set (x_NxHxWx1, y_N): a smooth pattern per class, shifted, with noise."""
        generator = np.random.default_rng(0)
        coarse = generator.standard_normal((self.classes, 7, 7), np.float32)
        patterns = np.kron(coarse, np.ones((1, self.side // 7, self.side // 7), np.float32))

        def draw(count):
            y_N = generator.integers(0, self.classes, count)
            moved = [np.roll(patterns[y], generator.integers(-6, 7, 2), (0, 1)) for y in y_N]
            x_NxHxW = np.stack(moved) + generator.standard_normal((count, self.side, self.side), np.float32)
            return x_NxHxW[..., None], y_N.astype(np.int32)

        return draw(self.examples), draw(1024)
