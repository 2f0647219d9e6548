"""Examples by number: a function of (seed, number), uniformly drawn, learnable, with a known posterior."""

import numpy as np
import pytest

from experiments.hundreds_of_millions import numbered


def test_an_example_does_not_depend_on_the_others_of_a_call():
    together = numbered.examples(3, np.arange(5000))
    chosen = np.array([4999, 0, 17, 17, 1234])
    assert np.array_equal(numbered.examples(3, chosen), together[chosen])
    assert numbered.examples(3, np.array([10**8]))["x"].shape == (1, 16, 16, 1)


def test_seeds_and_numbers_give_different_images():
    images = [numbered.examples(seed, np.arange(500))["x"].reshape(500, -1) for seed in (0, 1)]
    assert len(np.unique(np.concatenate(images), axis=0)) == 1000
    assert (numbered.examples(0, np.arange(500))["y"] != numbered.examples(1, np.arange(500))["y"]).mean() > 0.8


def test_classes_and_flips_are_drawn_as_stated():
    record_N = numbered.examples(1, np.arange(20_000))
    counts_C = np.bincount(record_N["y"], minlength=numbered.CLASSES)
    assert abs(counts_C / 2000 - 1).max() < 0.1  # 4 deviations are 0.085
    patterns_CxSxP = numbered.shifted_patterns(1)
    bright_NxP = record_N["x"].reshape(len(record_N), -1) == 255
    assert set(np.unique(record_N["x"])) == {0, 255}
    differing_NxS = (bright_NxP[:, None] != patterns_CxSxP[record_N["y"]]).mean(2)
    nearest_N = differing_NxS.min(1)
    assert nearest_N.mean() == pytest.approx(numbered.FLIPPED, abs=0.01)  # the minimum over nine shifts, a little below
    # Flips of neighbouring pixels are independent: the bytes of one word as well as those of two.
    shift_N = differing_NxS.argmin(1)
    flip_NxP = bright_NxP != patterns_CxSxP[record_N["y"], shift_N]
    centred_NxP = flip_NxP - flip_NxP.mean(0)
    near_P = (centred_NxP[:, 1:] * centred_NxP[:, :-1]).mean(0)
    assert abs(near_P).max() < 5 * 0.25 / np.sqrt(len(record_N))


def test_the_posterior_is_that_of_an_enumeration():
    record_N = numbered.examples(2, np.arange(20))
    log_NxC = numbered.log_posterior(2, record_N["x"])
    p, patterns_CxSxP = numbered.FLIPPED, numbered.shifted_patterns(2)
    for x, log_C in zip(record_N["x"].reshape(20, -1) == 255, log_NxC, strict=True):
        likelihood_C = np.where(patterns_CxSxP == x, 1 - p, p).prod(2).sum(1)
        assert np.allclose(np.exp(log_C), likelihood_C / likelihood_C.sum(), atol=1e-9)


def test_the_posterior_is_calibrated():
    record_N = numbered.examples(0, np.arange(10_000))
    log_NxC = numbered.log_posterior(0, record_N["x"])
    wrong = np.mean(log_NxC.argmax(1) != record_N["y"])
    assert 0.02 < wrong < 0.15
    # The error rate that it predicts is the one that is measured.
    assert wrong == pytest.approx(1 - np.exp(log_NxC.max(1)).mean(), abs=4 * np.sqrt(wrong / 10_000))


def test_a_linear_classifier_learns_the_labels_in_part():
    from sklearn.linear_model import RidgeClassifier

    record_N = numbered.examples(0, np.arange(3000))
    x_NxP = record_N["x"].reshape(3000, -1) / 127.5 - 1
    wrong = 1 - RidgeClassifier(100.0).fit(x_NxP[:2000], record_N["y"][:2000]).score(x_NxP[2000:], record_N["y"][2000:])
    best = np.mean(numbered.log_posterior(0, record_N["x"]).argmax(1) != record_N["y"])
    assert best + 0.1 < wrong < 0.5
