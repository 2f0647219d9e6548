"""The digits of scikit-learn: 1,797 images of 8 x 8 pixels, available without a download."""

from sklearn.datasets import load_digits

from dl_jax.data.dataset import Dataset, hold_out


def digits() -> Dataset:
    """Load ten classes of handwritten digits (uint8, 0 to 16): 1,079 training, 359 validation and 359 test examples."""
    bunch = load_digits()
    rest, test = hold_out(bunch.images.astype("uint8"), bunch.target, 0.2)
    train, validation = hold_out(*rest, 0.25)
    names = tuple(str(name) for name in bunch.target_names)
    return Dataset("digits", train, validation, test, names, "sklearn.datasets.load_digits")
