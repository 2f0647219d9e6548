"""Preparing a set of TensorFlow Datasets: once, by its own builder, from raw files that are at hand.

Nothing is downloaded. The builder checks the raw files first. It needs TensorFlow, which reading afterwards does not.
"""

import io
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from dl_jax.data.checksum import sha256_of
from dl_jax.errors import DataError


@dataclass(frozen=True)
class Source:
    """A version of a set, the raw files that it is prepared from, and the `content` that must come out where known.

    config: which of the builder's variants, where it has several.
    """

    version: str
    files: tuple[str, ...]
    content: int | None = None
    config: str = ""

    def folder(self, name: str, data_dir: Path) -> Path:
        """Where TensorFlow Datasets keeps it."""
        return data_dir / name / self.config / self.version


def whole(folder: Path) -> bool:
    """Whether a prepared set is there: its description is written last."""
    return (folder / "dataset_info.json").is_file()


def prepare(name: str, source: Source, data_dir: Path, manual_dir: Path | None) -> None:
    """Put the set into its folder of `data_dir`, from the raw files in `manual_dir/<name>`; DataError if it cannot."""
    folder = source.folder(name, data_dir)
    raw = _raw_files(name, source, data_dir, manual_dir)
    if folder.exists() and not whole(folder):
        raise DataError(f"{folder} is in the way and no prepared set; remove it")
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=data_dir))
    except OSError as error:
        raise DataError(f"cannot write to {data_dir} ({error.strerror}); use TFDS_DATA_DIR=FOLDER") from error
    # The set comes into its place whole or not at all, and the first of several that prepare it at once wins.
    try:
        build(name, source, raw, scratch)
        folder.parent.mkdir(parents=True, exist_ok=True)
        source.folder(name, scratch).rename(folder)
    except OSError:
        if not whole(folder):
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _raw_files(name, source, data_dir, manual_dir):
    if manual_dir is None:
        raise DataError(
            f"{name} is not yet in {data_dir}, and nothing is downloaded: type --manual_dir=FOLDER, a folder that "
            f"holds one folder of raw files per data set, here {name}/ with {', '.join(source.files)}"
        )
    raw = manual_dir / name
    missing = [file for file in source.files if not (raw / file).is_file()]
    if missing:
        raise DataError(f"{raw} lacks {', '.join(missing)}; put it there, or type another --manual_dir=FOLDER")
    return raw


def build(name: str, source: Source, raw: Path, scratch: Path) -> None:
    """Prepare the set under `scratch` from the files in `raw`; DataError where one has not its official checksum."""
    with quiet():
        import tensorflow_datasets as tfds

        tfds.disable_progress_bar()
        full_name = "/".join(filter(None, (name, source.config))) + f":{source.version}"
        builder = tfds.builder(full_name, data_dir=scratch, file_format="array_record", try_gcs=False)
        for url, expected in builder.url_infos.items():
            file = expected.filename or url.rpartition("/")[2]  # files that nobody may download have none
            if file in source.files and sha256_of(raw / file) != expected.checksum:
                raise DataError(f"{raw / file} is damaged or another file: its checksum is wrong")
        _import_tensorflow(name)
        # Raw files of several sets have the same names: in a shared extract_dir one set is read as another.
        config = tfds.download.DownloadConfig(
            manual_dir=raw, extract_dir=scratch / "extracted", try_download_gcs=False, force_checksums_validation=True
        )
        builder.download_and_prepare(download_dir=scratch / "downloads", download_config=config)


def _import_tensorflow(name):
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}  # both are looked at on import only
    added = {variable: value for variable, value in quiet.items() if variable not in os.environ}
    os.environ.update(added)
    try:
        import tensorflow  # noqa: F401
    except ImportError as error:
        command = "EXTRAS=prepare bash launch/local.sh ..."
        raise DataError(f"{name} has to be prepared, once, and that needs TensorFlow: {command}") from error
    finally:
        for variable in added:
            del os.environ[variable]


@contextmanager
def quiet() -> Iterator[None]:
    """TensorFlow Datasets prints and warns about itself."""
    logger = logging.getLogger("absl")  # what TFDS warns with
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
