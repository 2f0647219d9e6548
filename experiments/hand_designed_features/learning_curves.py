"""Where the learning curves of features by hand and of learned ones cross."""

from collections.abc import Sequence
from itertools import pairwise


def crossing(sizes: Sequence[int], ahead_X: Sequence[float]) -> str:
    """Return in words where features by hand lose their lead over learned ones, linear in the logarithm of the size.

    ahead_X: the lead at each size, in accuracy; negative where learned features are better.
    """
    hand, learned = "features by hand", "learned ones"
    for (size, lead), (larger, then) in pairwise(zip(sizes, ahead_X, strict=True)):
        if (lead > 0) != (then > 0):
            near = size * (larger / size) ** (lead / (lead - then))
            behind, ahead = (learned, hand) if then > 0 else (hand, learned)
            return f"near {near:.0f} examples {ahead} overtake {behind}"
    return f"{(learned, hand)[bool(ahead_X[0] > 0)]} are ahead at every size"
