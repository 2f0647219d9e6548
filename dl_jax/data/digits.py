"""Scikit-learn's digits: 1,797 images of 8 x 8 pixels, at hand with no download."""

from sklearn.datasets import load_digits

from dl_jax.data.dataset import Dataset, hold_out


def digits() -> Dataset:
    """Ten handwritten digits (uint8, 0..16): 1,079 examples to learn from, 359 to choose by, 359 to judge by."""
    bunch = load_digits()
    rest, test = hold_out(bunch.images.astype("uint8"), bunch.target, 0.2)
    train, validation = hold_out(*rest, 0.25)
    names = tuple(str(name) for name in bunch.target_names)
    return Dataset("digits", train, validation, test, names, "sklearn.datasets.load_digits")
