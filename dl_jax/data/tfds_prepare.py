"""Preparing a dataset of TensorFlow Datasets once, by its official builder, from local raw files.

Nothing is downloaded, and the builder verifies the checksums of the raw files. Preparing needs TensorFlow; reading does
not.
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
    """A version of a dataset, and the raw files that it is prepared from.

    checksum: the `tfds.content_checksum` of the prepared dataset, where known.
    config: the variant of the builder, if it has several.
    """

    version: str
    files: tuple[str, ...]
    checksum: int | None = None
    config: str = ""

    def folder(self, name: str, data_dir: Path) -> Path:
        """Return the folder of the prepared dataset, as TensorFlow Datasets names it."""
        return data_dir / name / self.config / self.version


def is_prepared(folder: Path) -> bool:
    """Return whether a folder has a complete dataset: its description is written last."""
    return (folder / "dataset_info.json").is_file()


def prepare(name: str, source: Source, data_dir: Path, manual_dir: Path | None) -> None:
    """Prepare a dataset in `data_dir` from the raw files in `manual_dir/<name>`. DataError if that is impossible."""
    folder = source.folder(name, data_dir)
    raw = _raw_files(name, source, data_dir, manual_dir)
    if folder.exists() and not is_prepared(folder):
        raise DataError(f"{folder} is not a prepared dataset, and the new one would be written there; remove it")
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=data_dir))
    except OSError as error:
        raise DataError(f"cannot write to {data_dir} ({error.strerror}); use TFDS_DATA_DIR=FOLDER") from error
    # The rename makes the dataset appear complete or not at all; of concurrent preparations the first one wins.
    try:
        build(name, source, raw, scratch)
        folder.parent.mkdir(parents=True, exist_ok=True)
        source.folder(name, scratch).rename(folder)
    except OSError:
        if not is_prepared(folder):
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _raw_files(name, source, data_dir, manual_dir):
    if manual_dir is None:
        raise DataError(
            f"{name} is not yet in {data_dir}, and nothing is downloaded: type --manual_dir=FOLDER, a folder with one "
            f"folder of raw files per dataset, here {name}/ with {', '.join(source.files)}"
        )
    raw = manual_dir / name
    missing = [file for file in source.files if not (raw / file).is_file()]
    if missing:
        raise DataError(f"{raw} lacks {', '.join(missing)}; put it there, or type another --manual_dir=FOLDER")
    return raw


def build(name: str, source: Source, raw: Path, scratch: Path) -> None:
    """Build the dataset under `scratch` from the files in `raw`. DataError if a checksum is not the official one."""
    with silence_tfds():
        import tensorflow_datasets as tfds

        tfds.disable_progress_bar()
        full_name = "/".join(filter(None, (name, source.config))) + f":{source.version}"
        builder = tfds.builder(full_name, data_dir=scratch, file_format="array_record", try_gcs=False)
        for url, expected in builder.url_infos.items():
            file = expected.filename or url.rpartition("/")[2]  # files without a public download have no filename
            if file in source.files and sha256_of(raw / file) != expected.checksum:
                raise DataError(f"{raw / file} is damaged or another file: its checksum is wrong")
        _import_tensorflow(name)
        # Raw files of several datasets have the same names: a shared extract_dir would mix them up.
        config = tfds.download.DownloadConfig(
            manual_dir=raw, extract_dir=scratch / "extracted", try_download_gcs=False, force_checksums_validation=True
        )
        builder.download_and_prepare(download_dir=scratch / "downloads", download_config=config)


def _import_tensorflow(name):
    log_settings = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}  # TensorFlow reads them on import only
    added = {variable: value for variable, value in log_settings.items() if variable not in os.environ}
    os.environ.update(added)
    try:
        import tensorflow  # noqa: F401
    except ImportError as error:
        command = "EXTRAS=prepare bash launch/local.sh ..."
        raise DataError(f"{name} must be prepared once, which needs TensorFlow: {command}") from error
    finally:
        for variable in added:
            del os.environ[variable]


@contextmanager
def silence_tfds() -> Iterator[None]:
    """Suppress the output and the warnings of TensorFlow Datasets."""
    logger = logging.getLogger("absl")  # TensorFlow Datasets logs its warnings here
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
