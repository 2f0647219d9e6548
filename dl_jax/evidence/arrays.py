"""Whole arrays beside the rows of the records, and the file that they are kept in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dl_jax.evidence.named import Label


@dataclass(frozen=True)
class NamedArray:
    """One array of the records: its metric, its coordinates `at`, and the labels along each of its dimensions."""

    metric: str
    at: dict[str, Any]
    axes: dict[str, tuple[Label, ...]]
    values: np.ndarray


def arrays_beside(path: Path) -> Path:
    """The file of arrays of a file of rows: arrays.npz beside records.jsonl, NAME.npz beside any other NAME.jsonl."""
    return path.with_name("arrays.npz") if path.name == "records.jsonl" else path.with_suffix(".npz")


def write_arrays(path: Path, arrays: Sequence[NamedArray]) -> None:
    """Write all arrays, and an index of what they are; equal arrays give equal bytes."""
    about = ({"metric": each.metric, "at": each.at, "axes": each.axes} for each in arrays)
    index = [json.dumps(each, ensure_ascii=False) for each in about]
    numbered: dict[str, Any] = {f"a{number:05d}": each.values for number, each in enumerate(arrays)}
    np.savez_compressed(path, index=np.asarray(index), **numbered)


def read_arrays(path: Path) -> tuple[NamedArray, ...]:
    """What `write_arrays` wrote; nothing where there is no such file."""
    if not path.exists():
        return ()
    with np.load(path, allow_pickle=False) as found:
        about = [json.loads(str(text)) for text in found["index"]]
        return tuple(
            NamedArray(
                each["metric"],
                each["at"],
                {name: tuple(labels) for name, labels in each["axes"].items()},
                found[f"a{number:05d}"],
            )
            for number, each in enumerate(about)
        )
