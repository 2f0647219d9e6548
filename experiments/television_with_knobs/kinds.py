"""Two kinds of picture, made of the classes of a dataset."""

from collections.abc import Sequence
from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Dataset, Splits
from dl_jax.errors import FlagError


def two_kinds(dataset: Dataset, first: Sequence[int], second: Sequence[int]) -> Dataset:
    """The pictures with labels in `first` (new label 0) or `second` (new label 1), as a dataset of two classes.

    FlagError if a label is listed twice or does not exist, or if pictures that seeds generate are to be left out.
    """
    listed, last = [*first, *second], len(dataset.class_names) - 1
    if len(set(listed)) < len(listed) or not set(listed) <= set(range(last + 1)):
        raise FlagError(f"--first and --second: {dataset.name} has the labels 0 to {last}; each in one of the two only")
    if dataset.redraw and len(listed) <= last:
        raise FlagError(
            f"--first and --second: seeds draw all kinds of {dataset.name}; list every label from 0 to {last}"
        )

    def relabel(pair):
        kept_N = np.isin(pair[1], listed)
        return pair[0][kept_N], np.isin(pair[1][kept_N], second).astype(np.int32)

    def redraw(key):
        splits = dataset.redraw(key)
        is_second = jnp.isin(jnp.arange(last + 1), jnp.asarray(second)).astype(jnp.int32)
        return Splits(*(part._replace(y=is_second[part.y]) for part in splits))

    parts = {name: relabel(getattr(dataset, name)) for name in Splits._fields}
    return replace(dataset, **parts, class_names=("first", "second"), redraw=dataset.redraw and redraw)
