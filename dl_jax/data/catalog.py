"""Data by name: what an experiment's --dataset may be."""

from importlib.metadata import version
from pathlib import Path

from dl_jax.data import archive, files, photographs, tfds
from dl_jax.data.checksum import sha256_of
from dl_jax.data.dataset import Dataset
from dl_jax.errors import DataError

NAMES = ("digits", "canids", *tfds.SOURCES, *archive.ARCHIVES, *photographs.PHOTOGRAPHS)
FILES = {".npz": files.from_npz, ".csv": files.from_csv}


def load(name: str, manual_dir: str | None = None, side: int = photographs.SIDE) -> Dataset:
    """One of NAMES, or the user's own .npz or .csv file. Sets by name may have to be prepared, from `manual_dir`.

    side: pixels of the squares that photographs of many sizes are cut to; other pictures keep their size.
    """
    if name == "digits":
        from dl_jax.data.digits import digits  # scikit-learn takes a second to import

        return digits()
    if name == "canids":
        from dl_jax.data.drawn_canids import animals  # and so does drawing what only few runs need

        return animals()
    raw = _folder(manual_dir)
    if name in tfds.SOURCES:
        return tfds.prepared(name, tfds.default_data_dir(), raw)
    if name in archive.ARCHIVES:
        return archive.unpacked(name, tfds.default_data_dir(), raw)
    if name in photographs.PHOTOGRAPHS:
        return photographs.squares(name, side, tfds.default_data_dir(), raw)
    path = _own(name)
    return FILES[path.suffix.lower()](path)


def identity(name: str, manual_dir: str | None = None) -> str:
    """A text that changes when the data would, found without loading them.

    The content of raw files is no part of it: what is not official is refused.
    """
    if name == "digits":
        return f"digits, scikit-learn {version('scikit-learn')}"
    if name == "canids":
        return "canids, drawn by this code"
    if name in tfds.SOURCES:
        return f"{name} {tfds.SOURCES[name].version}"
    if name in archive.ARCHIVES:
        return f"{name} sha256 {archive.ARCHIVES[name].sha256}"
    if name in photographs.PHOTOGRAPHS:
        return photographs.identity(name, tfds.default_data_dir(), _folder(manual_dir))
    return contents(_own(name))


def contents(path: Path) -> str:
    """A text that changes when a file's bytes do. DataError if there is none."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    return f"sha256 {sha256_of(path)}"


def _folder(manual_dir):
    return Path(manual_dir).expanduser() if manual_dir else None


def _own(name):
    path = Path(name).expanduser()
    if path.suffix.lower() not in FILES:
        raise DataError(
            f"there is no data set {name!r}; there are {', '.join(NAMES)}, or your own: --dataset=FILE.npz (arrays x "
            "and y) or --dataset=FILE.csv (a line an example, the label last)"
        )
    return path
