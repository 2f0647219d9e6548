import numpy as np

from dl_jax.data.dataset import Examples
from dl_jax.measures.look_inside import some


def test_some_are_from_all_over_and_no_more_than_there_are():
    sorted_by_class = Examples(np.arange(1000), np.repeat(np.arange(10), 100))
    found = some(sorted_by_class, 50)
    assert np.bincount(found.y).tolist() == [5] * 10
    np.testing.assert_array_equal(sorted_by_class.y[found.x], found.y)
    assert np.bincount(some(Examples(np.arange(1024), np.arange(1024) % 2), 64).y).min() > 20
    assert len(some(sorted_by_class, 5000).x) == 1000
