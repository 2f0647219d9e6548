"""Pictures among the rows of a sweep: a long vector becomes one row a picture, its pixels as levels from 0 to 255."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from dl_jax.evidence.records import Row


def as_pictures(rows: Iterable[Row], shapes: dict[str, Sequence[int]], seed: int) -> list[Row]:
    """The rows, those of metrics in `shapes` packed: for this seed one row a picture, for others none.

    shapes: metric -> (pictures, height, width) of its vector, values 0 or more. A packed row has the columns "map"
    (counted from 1), "height", "width" and "levels", two hexadecimal digits a pixel; its value is that of level 255.
    """
    kept, vectors = [], {}
    for row in rows:
        if row["metric"] not in shapes:
            kept.append(row)
        elif row["seed"] == seed:
            at = {name: value for name, value in row.items() if name not in ("layer", "value")}
            vectors.setdefault(tuple(at.items()), []).append(row["value"])
    for at, values in vectors.items():
        shape = shapes[dict(at)["metric"]]
        kept += picture_rows(dict(at), np.reshape(np.asarray(values), shape))
    return kept


def picture_rows(at: Row, picture_MxHxW: np.ndarray) -> list[Row]:
    """One row a picture, with the columns `at`. Values that are not finite are drawn as 0."""
    count, height, width = picture_MxHxW.shape
    found = []
    for number in range(count):
        picture_HxW = np.nan_to_num(picture_MxHxW[number].astype(float), posinf=0.0, neginf=0.0)
        most = float(picture_HxW.max())
        levels = np.round(255 * np.clip(picture_HxW / most if most > 0 else 0 * picture_HxW, 0, 1)).astype(np.uint8)
        about = {"map": number + 1, "height": height, "width": width, "levels": levels.tobytes().hex()}
        found.append({**at, **about, "value": most if math.isfinite(most) else 0.0})
    return found
