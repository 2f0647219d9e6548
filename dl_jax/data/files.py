"""The user's own data: a .npz file with arrays x and y, or a .csv file with one example per row.

Splits that are not given are held out: a fifth of every class for testing, then a fifth of the rest for validation.
"""

import csv
import zipfile
import zlib
from pathlib import Path

import numpy as np

from dl_jax.data.dataset import Dataset, hold_out
from dl_jax.errors import DataError

LABEL_COLUMNS = ("label", "class", "target", "y")
"""Names of the label column of a CSV file, in order of precedence; without any of them it is the last column."""


def from_npz(path: Path) -> Dataset:
    """Read arrays x (N x D, N x H x W or N x H x W x C, real numbers) and y (N integers or strings).

    x_test and y_test are the test split if they are in the file. DataError if the arrays cannot be used.
    """
    arrays = _arrays(path, ("x", "y", "x_test", "y_test"))
    lacking = [key for key in ("x", "y") if key not in arrays]
    if "x_test" in arrays or "y_test" in arrays:
        lacking += [key for key in ("x_test", "y_test") if key not in arrays]
    if lacking:
        present = ", ".join(sorted(arrays)) or "no arrays"
        raise DataError(f"{path} lacks {' and '.join(lacking)}; it has {present}: np.savez(path, x=..., y=...)")
    x, y = _inputs(arrays["x"], path, "x"), _labels(arrays["y"], path, "y")
    _check_lengths(x, y, path, "x and y")
    if "x_test" not in arrays:
        return _dataset(path, x, y)
    x_test, y_test = _inputs(arrays["x_test"], path, "x_test"), _labels(arrays["y_test"], path, "y_test")
    _check_lengths(x_test, y_test, path, "x_test and y_test")
    if x_test.shape[1:] != x.shape[1:]:
        raise DataError(f"{path}: an example of x_test has the shape {x_test.shape[1:]}, one of x {x.shape[1:]}")
    return _dataset(path, x, y, (x_test, y_test))


def from_csv(path: Path) -> Dataset:
    """Read rows of numbers and a label, separated by commas, with an optional header line. DataError if it cannot."""
    lines = _lines(path)
    names = _header(lines)
    label = next((names.index(name) for name in LABEL_COLUMNS if name in names), len(lines[0][1]) - 1)
    x, y = [], []
    for number, cells in lines[1:] if names else lines:
        if len(cells) != len(lines[0][1]):
            raise DataError(f"{path}, line {number}: {len(cells)} cells, but the first line has {len(lines[0][1])}")
        if not cells[label]:
            raise DataError(f"{path}, line {number}: the label, in column {label + 1}, is empty")
        inputs_D = np.array([_number(cell) for cell in cells[:label] + cells[label + 1 :]])
        if not np.isfinite(inputs_D).all():
            column = next(i for i, cell in enumerate(cells) if i != label and not np.isfinite(_number(cell)))
            raise DataError(
                f"{path}, line {number}, column {column + 1}: {cells[column]!r} is not a number "
                f"(the label is column {label + 1})"
            )
        x.append(inputs_D)
        y.append(cells[label])
    if not x:
        raise DataError(f"{path} has no rows under its header")
    return _dataset(path, _inputs(np.stack(x), path, "the table"), _labels(_parsed(y), path, "the label"))


def _arrays(path, wanted):
    """Return the arrays by name, with None for those that are not wanted and therefore not read."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path} is not a complete .npz file; write it with np.savez(path, x=..., y=...)")
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            return {key: _array(archive, key, path) if key in wanted else None for key in archive.files}
    except DataError:
        raise
    except (OSError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}); write it again") from error


def _array(archive, key, path):
    try:
        array = archive[key]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        # Unpickling would run any code in the file.
        raise DataError(f"{path}: {key} is an object array, which is never unpickled; save it as numbers") from error
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path}: {key} is not an array; write the file with np.savez(path, x=..., y=...)")
    return array


def _lines(path):
    """Return (line number, cells) of every line that is not blank."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, skipinitialspace=True)
            lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cells)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is not a text table ({error})") from error
    if not lines:
        raise DataError(f"{path} is empty")
    if len(lines[0][1]) < 2:
        raise DataError(f"{path} has one column; give numbers and a label per line, separated by commas")
    return lines


def _header(lines):
    """Return the column names in lower case, or [] if the first line is an example."""
    names = [cell.lower() for cell in lines[0][1]]
    if not np.isfinite([_number(name) for name in names]).any():
        return names
    # A header may be 0, 1, 2, ..., label. But "y" may also be a label: then it occurs in the same column again.
    label_columns = [i for i, name in enumerate(names) if name in LABEL_COLUMNS]
    repeated = any(cells[i : i + 1] == lines[0][1][i : i + 1] for i in label_columns for _, cells in lines[1:])
    return names if label_columns and not repeated else []


def _number(cell):
    try:
        return float(cell)
    except ValueError:
        return np.nan


def _parsed(labels):
    for number in (int, float):
        try:
            return np.array([number(label) for label in labels])
        except ValueError:
            continue
    return np.array(labels)


def _inputs(x, path, name):
    if x.dtype.kind not in "biuf":
        raise DataError(f"{path}: {name} must hold real numbers, not {x.dtype}")
    if not 2 <= x.ndim <= 4:
        raise DataError(f"{path}: {name} has the shape {x.shape}; give one row or image (H x W [x C]) per example")
    if not x.size:
        raise DataError(f"{path}: {name} has the shape {x.shape}, with no {'columns' if len(x) else 'rows'}")
    with np.errstate(over="ignore"):  # numbers beyond float32 become infinite, and are reported with the others
        bad_N = ~np.isfinite(x.astype(np.float32)).reshape(len(x), -1)
    if bad_N.any():
        first = int(bad_N.any(1).argmax())
        raise DataError(
            f"{path}: {name} has {bad_N.sum()} values that are NaN, infinite or beyond float32, the first in row "
            f"{first} (counted from 0); remove or replace them"
        )
    return x


def _labels(y, path, name):
    if y.ndim != 1:
        raise DataError(f"{path}: {name} has the shape {y.shape}; give one label per example (one-hot: y.argmax(1))")
    if y.dtype.kind == "S":
        return np.char.decode(y, "utf-8", "backslashreplace")
    if y.dtype.kind == "f":
        if not np.isfinite(y).all():
            raise DataError(f"{path}: {name} is NaN or infinite in row {int((~np.isfinite(y)).argmax())} (from 0)")
        wrong_N = (y != np.rint(y)) | (np.abs(y) >= 2.0**53)
        if wrong_N.any():
            raise DataError(f"{path}: {name} has {y[wrong_N][0]}, which is not a class; give integers or strings")
        return y.astype(np.int64)
    if y.dtype.kind not in "biuU":
        raise DataError(f"{path}: {name} must hold integers or strings, not {y.dtype}")
    return y


def _check_lengths(x, y, path, names):
    if len(x) != len(y):
        raise DataError(f"{path}: {names} differ in length: {len(x)} and {len(y)}")


def _dataset(path, x, y, test=None):
    classes, number_N = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"{path}: all examples have the label {str(classes[0])!r}; give two classes or more")
    needed = 3 if test is None else 2
    for name, count in zip(classes, np.bincount(number_N), strict=True):
        if count < needed:
            problem = f"class {str(name)!r} has {count} of the {needed} examples that the splits need at least"
            raise DataError(f"{path}: {problem}; add examples or remove the class")
    number_N, official = number_N.astype(np.int32), test is not None
    if test is None:
        (x, number_N), test = hold_out(x, number_N, 0.2)
    else:
        numbers = {label: number for number, label in enumerate(classes.tolist())}
        unknown = [label for label in test[1].tolist() if label not in numbers]
        if unknown:
            raise DataError(f"{path}: y_test has the label {unknown[0]!r}, which y does not have")
        test = test[0], np.array([numbers[label] for label in test[1].tolist()], np.int32)
    train, validation = hold_out(x, number_N, 0.2)
    return Dataset(path.stem, train, validation, test, tuple(map(str, classes)), path.name, official)
