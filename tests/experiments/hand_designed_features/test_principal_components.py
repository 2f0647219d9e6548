"""Principal components against scikit-learn."""

import jax.numpy as jnp
import numpy as np
from sklearn.decomposition import PCA

from experiments.hand_designed_features.principal_components import principal_components


def test_mean_and_directions_equal_those_of_scikit_learn():
    x_NxD = np.random.default_rng(0).normal(size=(60, 7)).astype(np.float32) * np.arange(1, 8, dtype=np.float32)
    pca = PCA(3).fit(x_NxD)
    mean_D, direction_DxK = principal_components(jnp.asarray(x_NxD), 3)
    np.testing.assert_allclose(mean_D, pca.mean_, atol=1e-5)
    cosine_KxK = np.abs(pca.components_ @ np.asarray(direction_DxK))  # the signs are arbitrary
    np.testing.assert_allclose(cosine_KxK, np.eye(3), atol=1e-3)
