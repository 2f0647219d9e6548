"""Where two learning curves cross."""

import pytest

from experiments.hand_designed_features.learning_curves import crossing


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        ((0.2, 0.1, -0.05), "near 4642 examples learned ones overtake features by hand"),
        ((-0.1, 0.1, 0.2), "near 316 examples features by hand overtake learned ones"),
        ((0.2, 0.1, 0.1), "features by hand are ahead at every size"),
        ((-0.2, -0.1, 0.0), "learned ones are ahead at every size"),
    ],
)
def test_where_curves_cross_by_the_straight_line_in_the_logarithm(ahead, says):
    assert crossing((100, 1000, 10000), ahead) == says
