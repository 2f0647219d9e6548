"""A row of the records as a line of records.jsonl."""

import json
import math
from typing import Any


def as_line(row: dict[str, Any]) -> str:
    """Return a row as a JSON object: NaN is null, and infinity 1e999, a number in JSON that is read as infinite."""
    axes = json.dumps({name: label for name, label in row.items() if name != "value"}, ensure_ascii=False)
    value = row["value"]
    infinite = "-1e999" if value < 0 else "1e999"
    number = "null" if math.isnan(value) else json.dumps(value) if math.isfinite(value) else infinite
    return f'{axes[:-1]}, "value": {number}}}'


def of_line(line: str) -> dict[str, Any]:
    """Return the row in a line."""
    row = json.loads(line)
    return {**row, "value": math.nan if row["value"] is None else row["value"]}
