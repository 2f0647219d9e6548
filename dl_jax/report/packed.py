"""Pictures that stand in the records, one a row, as numbers again."""

import numpy as np

from dl_jax.evidence.records import Missing, Records


def pictures(records: Records, metric: str, **axes) -> np.ndarray:
    """picture_MxHxW, in the order of the column "map". Missing if there are none."""
    rows = sorted(records.where(metric=metric, **axes).rows, key=lambda row: row["map"])
    if not rows:
        raise Missing(f"no {metric} at {axes}")
    return np.stack([_picture(row) for row in rows])


def _picture(row):
    levels = np.frombuffer(bytes.fromhex(row["levels"]), np.uint8)
    return row["value"] / 255 * levels.reshape(row["height"], row["width"])
