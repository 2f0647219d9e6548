"""Axes as a phrase: no Python syntax, ranges and choices in words."""

import pytest

from dl_jax.evidence.axes import describe_axes


@pytest.mark.parametrize(
    ("axes", "phrase"),
    [
        ({}, ""),
        ({"depth": 5}, "depth 5"),
        ({"depth": range(5, 21), "nonlinearity": "relu"}, "depth 5 to 20, nonlinearity relu"),
        ({"learning_rate": 0.1}, "learning rate 0.1"),
        ({"learning_rate": (0.0003, 1.0)}, "learning rate 0.0003 or 1"),
        ({"nonlinearity": ("relu", "tanh", "logistic")}, "nonlinearity relu, tanh or logistic"),
        ({"nonlinearity": {"tanh", "relu"}}, "nonlinearity relu or tanh"),
        ({"depth": (20,)}, "depth 20"),
        ({"depth": [1, 2]}, "depth 1 or 2"),
        ({"depth": [3, 1, 2]}, "depth 1 to 3"),
        ({"depth": {1, 2, 5, 20}}, "depth 1, 2, 5 or 20"),
        ({"depth": ()}, "depth nothing"),
        ({"pretrained": True, "layer": "stage 2"}, "pretrained yes, layer stage 2"),
    ],
)
def test_axes_are_described_in_words(axes, phrase):
    assert describe_axes(axes) == phrase
