"""Photographs in ImageNet's format, from miniature datasets with images of many sizes."""

import importlib.util
import io
import json
import shutil
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dl_jax.data import catalog, photographs
from dl_jax.errors import DataError

REPOSITORY = Path(__file__).parents[2]
CLASSES = ("n01440764", "n02102040", "n02979186")
SIZES = ((50, 40), (40, 50), (33, 33), (90, 45), (20, 70))
COUNT = {"train": 45, "validation": 15}


def shade(split, number):
    """Return the grey level of the central square of an image."""
    return 10 + 4 * number + (2 if split == "validation" else 0)


def image_file(split, number):
    """Return a JPEG or PNG file in some colour mode: grey in the central square, black or white outside it."""
    width, height = SIZES[number % 5]
    image = Image.new("L", (width, height), 255 * (number % 2))
    side = min(width, height)
    image.paste(
        shade(split, number), ((width - side) // 2, (height - side) // 2, (width + side) // 2, (height + side) // 2)
    )
    file = io.BytesIO()
    mode = ("RGB", "L", "CMYK", "P")[number % 4]
    image.convert(mode).save(file, "PNG" if mode == "P" else "JPEG", quality=95)
    return file.getvalue()


def labelled(split):
    """Return (bytes, label) of every image of a split, with alternating labels."""
    return [(image_file(split, number), number % len(CLASSES)) for number in range(COUNT[split])]


@pytest.fixture(scope="session")
def miniature(tmp_path_factory):
    """Return a data_dir with a small `imagenette` that has the splits and features of the official builder."""
    import tensorflow_datasets as tfds

    class Imagenette(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        VERSION = tfds.core.Version("1.0.0")
        BUILDER_CONFIGS = (tfds.core.BuilderConfig(name="160px-v2"),)

        def _info(self):
            image, label = tfds.features.Image(encoding_format="jpeg"), tfds.features.ClassLabel(names=CLASSES)
            features = tfds.features.FeaturesDict({"image": image, "label": label})
            return tfds.core.DatasetInfo(builder=self, features=features)

        def _split_generators(self, _):
            return {split: self._generate_examples(split) for split in COUNT}

        def _generate_examples(self, split):
            for number, (file, label) in enumerate(labelled(split)):
                yield number, {"image": io.BytesIO(file), "label": label}

    folder = tmp_path_factory.mktemp("photographs")
    tfds.disable_progress_bar()
    Imagenette(data_dir=folder, file_format="array_record").download_and_prepare(
        download_dir=tmp_path_factory.mktemp("downloads")
    )
    return folder


@pytest.fixture
def data_dir(miniature, tmp_path, monkeypatch):
    """Return a copy of the miniature, as TFDS_DATA_DIR."""
    shutil.copytree(miniature, tmp_path / "data")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def dataset_folder(data_dir):
    return data_dir / "imagenette" / "160px-v2" / "1.0.0"


def has_shade(x_HxWx3, level):
    """Return whether most pixels are within 2 of a level: JPEG changes flat colours a little, and more at edges."""
    return np.median(np.abs(x_HxWx3.astype(int) - level)) <= 2


def test_images_of_all_sizes_and_colour_modes_are_cropped_to_the_centre(data_dir):
    dataset = catalog.load("imagenette", side=16)
    assert dataset.train[0].shape[1:] == (16, 16, 3)
    assert dataset.train[0].dtype == np.uint8
    assert dataset.class_names == CLASSES
    assert [len(split[1]) for split in (dataset.train, dataset.validation, dataset.test)] == [39, 6, 15]
    for split, (x, y) in (("train", dataset.train), ("train", dataset.validation), ("validation", dataset.test)):
        for x_HxWx3, label in zip(x, y, strict=True):
            number = next(n for n in range(COUNT[split]) if has_shade(x_HxWx3, shade(split, n)))
            assert label == number % len(CLASSES)
            assert np.abs(x_HxWx3[2:-2, 2:-2].astype(int) - shade(split, number)).max() < 30  # nothing of the border


def test_every_image_occurs_once_and_images_are_ordered_by_class(data_dir):
    test = catalog.load("imagenette", side=8).test
    assert test[1].tolist() == sorted(test[1])
    shades = sorted(round(float(np.median(x))) for x in test[0])
    np.testing.assert_allclose(shades, [shade("validation", n) for n in range(15)], atol=2)


def test_the_first_images_of_each_class_are_taken_and_no_more_are_read(data_dir, monkeypatch):
    monkeypatch.setattr(photographs, "MAX_IMAGES", {"train": 13, "validation": 6})
    dataset = catalog.load("imagenette", side=8)
    assert np.bincount(np.concatenate([dataset.train[1], dataset.validation[1]])).tolist() == [4, 4, 4]
    assert np.bincount(dataset.test[1]).tolist() == [2, 2, 2]
    read = []
    rows = ({"label": read.append(number) or number % 2} for number in range(1000))
    assert [row["label"] for row in photographs.first_of_each_class(rows, 3, 2)] == [0, 1, 0, 1, 0, 1]
    assert len(read) == 6


def test_the_squares_are_cached_for_each_side(data_dir):
    first = {side: catalog.load("imagenette", side=side).fingerprint for side in (8, 16)}
    for file in dataset_folder(data_dir).glob("*array_record*"):
        file.unlink()
    assert {side: catalog.load("imagenette", side=side).fingerprint for side in (8, 16)} == first
    assert first[8] != first[16]
    with pytest.raises(DataError, match="is damaged"):
        catalog.load("imagenette", side=12)


def test_tfrecord_files_are_read(data_dir):
    """The default format of TensorFlow Datasets: length, checksum, record, checksum; checksums are not verified."""
    from array_record.python.array_record_module import ArrayRecordReader

    first = catalog.load("imagenette", side=8)
    folder = dataset_folder(data_dir)
    for file in folder.glob("*array_record*"):
        records = ArrayRecordReader(str(file)).read_all()
        framed = [struct.pack("<Q", len(record)) + b"...." + record + b"...." for record in records]
        file.with_name(file.name.replace("array_record", "tfrecord")).write_bytes(b"".join(framed))
        file.unlink()
    info = folder / "dataset_info.json"
    info.write_text(info.read_text().replace("array_record", "tfrecord"))
    next(folder.glob("*.npz")).unlink()
    assert catalog.load("imagenette", side=8).fingerprint == first.fingerprint
    next(folder.glob("*.npz")).unlink()
    shard = next(folder.glob("*validation*tfrecord*"))
    intact = shard.read_bytes()
    for rest, reason in ((intact[:-7], "ends too early"), (intact[: len(framed[0])], "of .* examples")):
        shard.write_bytes(rest)
        with pytest.raises(DataError, match=f"is damaged .*{reason}"):
            catalog.load("imagenette", side=8)


# Errors


def test_a_missing_dataset_is_an_error_that_says_what_to_type(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "data"))
    with pytest.raises(DataError, match=r"nothing is downloaded: type --manual_dir=FOLDER.*imagenette2-160.tgz$"):
        catalog.load("imagenette")
    with pytest.raises(DataError, match=r"imagenet2012/ with ILSVRC2012_img_train.tar, ILSVRC2012_img_val.tar$"):
        catalog.load("imagenet2012")
    (tmp_path / "raw" / "imagenet2012").mkdir(parents=True)
    (tmp_path / "raw" / "imagenet2012" / "ILSVRC2012_img_train.tar").touch()
    with pytest.raises(DataError, match=r"imagenet2012 lacks ILSVRC2012_img_val.tar"):
        catalog.load("imagenet2012", str(tmp_path / "raw"))
    assert not (tmp_path / "data").exists()


def test_a_dataset_without_its_validation_split_is_an_error(data_dir):
    info = dataset_folder(data_dir) / "dataset_info.json"
    content = json.loads(info.read_text())
    content["splits"] = [split for split in content["splits"] if split["name"] == "train"]
    info.write_text(json.dumps(content))
    with pytest.raises(DataError, match="has no split 'validation': prepare all splits"):
        catalog.load("imagenette", side=8)
    assert not list(dataset_folder(data_dir).glob("*.npz"))


def test_a_partly_prepared_dataset_is_an_error(data_dir):
    (dataset_folder(data_dir) / "dataset_info.json").unlink()
    raw = data_dir.parent / "raw" / "imagenette"
    raw.mkdir(parents=True)
    (raw / "imagenette2-160.tgz").touch()
    with pytest.raises(DataError, match=r"is not a prepared dataset, .*; remove it"):
        catalog.load("imagenette", str(raw.parent))


def test_an_archive_with_another_checksum_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "raw" / "imagenette").mkdir(parents=True)
    (tmp_path / "raw" / "imagenette" / "imagenette2-320.tgz").write_bytes(b"another")
    with pytest.raises(DataError, match=r"imagenette2-320.tgz is damaged or another file: its checksum is wrong"):
        catalog.load("imagenette", str(tmp_path / "raw"))
    assert not list((tmp_path / "data").iterdir())


def test_a_damaged_image_is_an_error(data_dir, monkeypatch):
    monkeypatch.setattr(photographs, "examples", lambda *_, **__: iter([{"image": b"no image", "label": 0}]))
    with pytest.raises(DataError, match=r"has a damaged image \(cannot identify.* in its split 'train'"):
        catalog.load("imagenette", side=8)


# Variants


def test_the_prepared_variant_is_read(data_dir, tmp_path):
    assert catalog.source_version("imagenette") == "imagenette 160px-v2 1.0.0"
    dataset_folder(data_dir).parent.rename(data_dir / "imagenette" / "full-size-v2")
    assert catalog.source_version("imagenette") == "imagenette full-size-v2 1.0.0"
    shutil.rmtree(data_dir)
    (tmp_path / "raw" / "imagenette").mkdir(parents=True)
    (tmp_path / "raw" / "imagenette" / "imagenette2-320.tgz").touch()
    assert catalog.source_version("imagenette", str(tmp_path / "raw")) == "imagenette 320px-v2 1.0.0"
    assert catalog.source_version("imagenette") == "imagenette 160px-v2 1.0.0"
    (data_dir / "imagenet2012" / "5.0.0").mkdir(parents=True)
    (data_dir / "imagenet2012" / "5.0.0" / "dataset_info.json").touch()
    assert catalog.source_version("imagenet2012") == "imagenet2012 5.0.0"


@pytest.mark.parametrize("name", photographs.PHOTOGRAPHS)
def test_files_and_versions_are_those_of_tensorflow_datasets(name):
    import tensorflow_datasets as tfds

    builder = tfds.builder_cls(name)
    known = {info.filename or url.rpartition("/")[2] for url, info in builder.url_infos.items()}
    for source in photographs.PHOTOGRAPHS[name]:
        assert set(source.files) <= known
        assert source.version in map(str, (builder.VERSION, *builder.SUPPORTED_VERSIONS))
        assert source.config in builder.builder_configs or not source.config


# The official builders, on miniatures of the raw files

OFFICIAL = """
import dataclasses, hashlib, socket, sys
from pathlib import Path
import tensorflow_datasets as tfds
from dl_jax.data import catalog
from dl_jax.data.tfds_prepare import silence_tfds

def refuse(*_, **__):
    raise AssertionError("a network access")

socket.socket.connect = socket.getaddrinfo = refuse
data_dir, raw = map(Path, sys.argv[1:])
for name in ("imagenette", "imagenet2012", "cifar10"):
    # Replace the checksums of the official files by those of the miniatures.
    infos = tfds.builder_cls(name).url_infos
    for url, info in infos.items():
        path = raw / name / (info.filename or url.rpartition("/")[2])
        if path.exists():
            content = path.read_bytes()
            infos[url] = dataclasses.replace(info, size=len(content), checksum=hashlib.sha256(content).hexdigest())
    print(catalog.load(name, str(raw)).fingerprint)
with silence_tfds():
    config = tfds.download.DownloadConfig(manual_dir=raw / "imagenette", try_download_gcs=False)
    tfds.builder("imagenette/160px-v2", data_dir=data_dir / "default", file_format="tfrecord").download_and_prepare(
        download_dir=data_dir / "downloads", download_config=config
    )
"""


def write_tar(path, files):
    """Write a tar archive of (name, bytes), compressed if its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture(scope="session")
def raw_miniatures(tmp_path_factory):
    """Return small archives with the layout of the official ones of imagenette, imagenet2012 and cifar10."""
    raw, scratch = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("scratch")
    images = [
        (f"imagenette2-160/{'val' if split == 'validation' else split}/{CLASSES[label]}/{number:08}.JPEG", file)
        for split in COUNT
        for number, (file, label) in enumerate(labelled(split))
    ]
    write_tar(raw / "imagenette" / "imagenette2-160.tgz", images)
    of_class = {
        name: [(f"{name}_{n}.JPEG", file) for n, (file, label) in enumerate(labelled("train")) if label == k]
        for k, name in enumerate(CLASSES)
    }
    tars = [(f"{name}.tar", write_tar(scratch / name, files).read_bytes()) for name, files in of_class.items()]
    write_tar(raw / "imagenet2012" / "ILSVRC2012_img_train.tar", tars)
    validation = [(f"ILSVRC2012_val_{n:08}.JPEG", file) for n, (file, _) in enumerate(labelled("validation"), 1)]
    write_tar(raw / "imagenet2012" / "ILSVRC2012_img_val.tar", validation)
    generator = np.random.default_rng(0)
    rows = {
        f"cifar-10-batches-bin/{name}.bin": b"".join(
            bytes([label]) + generator.integers(0, 256, 3072, np.uint8).tobytes() for label in range(10)
        )
        for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
    }
    rows["cifar-10-batches-bin/batches.meta.txt"] = "\n".join(f"class {label}" for label in range(10)).encode()
    write_tar(raw / "cifar10" / "cifar-10-binary.tar.gz", rows.items())
    return raw, rows


@pytest.mark.slow
def test_the_official_builders_prepare_the_miniatures(raw_miniatures, data_dir, tmp_path, monkeypatch):
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("preparing needs TensorFlow: the extra `prepare`")
    (raw, rows), prepared = raw_miniatures, tmp_path / "prepared"
    ours = catalog.load("imagenette", side=16)
    monkeypatch.setenv("TFDS_DATA_DIR", str(prepared))
    command = [sys.executable, "-c", OFFICIAL, prepared, raw]
    process = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, "")
    assert sorted(path.name for path in prepared.iterdir()) == [
        "cifar10", "default", "downloads", "imagenet2012", "imagenette",
    ]  # fmt: skip

    def sorted_test(dataset):
        return sorted((int(y), x.tobytes()) for x, y in zip(*dataset.test, strict=True))

    official = catalog.load("imagenette", side=16)
    assert official.class_names[:2] == CLASSES[:2]
    assert len(official.class_names) == 10
    assert sorted_test(official) == sorted_test(ours)
    monkeypatch.setenv("TFDS_DATA_DIR", str(prepared / "default"))
    assert catalog.load("imagenette", side=16).fingerprint == official.fingerprint
    monkeypatch.setenv("TFDS_DATA_DIR", str(prepared))
    imagenet = catalog.load("imagenet2012", side=16)
    assert len(imagenet.class_names) == 1000
    assert imagenet.class_names[:1] == CLASSES[:1]
    assert len(imagenet.train[1]) + len(imagenet.validation[1]) == COUNT["train"]
    assert sorted(x for _, x in sorted_test(imagenet)) == sorted(x for _, x in sorted_test(ours))
    cifar = catalog.load("cifar10")
    assert cifar.class_names == tuple(f"class {label}" for label in range(10))
    assert cifar.test[0].shape == (10, 32, 32, 3)
    expected = rows["cifar-10-batches-bin/test_batch.bin"]
    for x_HxWx3, label in zip(*cifar.test, strict=True):
        assert np.moveaxis(x_HxWx3, -1, 0).tobytes() == expected[3073 * label + 1 : 3073 * (label + 1)]
