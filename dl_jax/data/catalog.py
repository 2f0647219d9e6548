"""Datasets by name: the values of the flag --dataset."""

from importlib.metadata import version
from pathlib import Path

from dl_jax.data import archive, files, photographs, tfds
from dl_jax.data.checksum import sha256_of
from dl_jax.data.dataset import Dataset
from dl_jax.data.drawn_canids import drawn_canids
from dl_jax.errors import DataError

NAMES = ("digits", "canids", *tfds.SOURCES, *archive.ARCHIVES, *photographs.PHOTOGRAPHS)
FILES = {".npz": files.from_npz, ".csv": files.from_csv}


def load(name: str, manual_dir: str | None = None, side: int = photographs.DEFAULT_SIDE) -> Dataset:
    """Load a dataset: one of NAMES, or the path of a .npz or .csv file. DataError if it cannot be used.

    manual_dir: a folder of raw files, from which some datasets are prepared the first time.
    side: pixels of the squares to which photographs are cropped and resized; other images keep their size.
    """
    if name == "digits":
        from dl_jax.data.digits import digits  # scikit-learn takes a second to import

        return digits()
    if name == "canids":
        return drawn_canids()
    raw = _folder(manual_dir)
    if name in tfds.SOURCES:
        return tfds.load(name, tfds.default_data_dir(), raw)
    if name in archive.ARCHIVES:
        return archive.load(name, tfds.default_data_dir(), raw)
    if name in photographs.PHOTOGRAPHS:
        return photographs.load(name, side, tfds.default_data_dir(), raw)
    path = _user_file(name)
    return FILES[path.suffix.lower()](path)


def source_version(name: str, manual_dir: str | None = None) -> str:
    """Return a text that changes whenever the data of a dataset would, without loading the data.

    The contents of raw files are not included: only files with the official checksums are accepted.
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
        return photographs.source_version(name, tfds.default_data_dir(), _folder(manual_dir))
    return file_version(_user_file(name))


def file_version(path: Path) -> str:
    """Return a text that changes whenever the bytes of a file do. DataError if the file does not exist."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    return f"sha256 {sha256_of(path)}"


def _folder(manual_dir):
    return Path(manual_dir).expanduser() if manual_dir else None


def _user_file(name):
    path = Path(name).expanduser()
    if path.suffix.lower() not in FILES:
        raise DataError(
            f"there is no dataset {name!r}; there are {', '.join(NAMES)}, or your own: --dataset=FILE.npz (arrays x "
            "and y) or --dataset=FILE.csv (one example per line, its label last or in a column named label)"
        )
    return path
