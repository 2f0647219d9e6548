"""Photographs in all formats and colour modes, and one-line errors for broken, malicious and other files."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from dl_jax.data import photo as module
from dl_jax.data.dataset import Dataset
from dl_jax.data.photo import photo, standardize_like
from dl_jax.errors import DataError

RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 180, 30), (20, 20, 200), (255, 255, 255)


def quarters(side=64):
    """Return an image with red and green quarters above blue and white ones."""
    half = np.array([[RED, GREEN], [BLUE, WHITE]], np.uint8)
    return Image.fromarray(half.repeat(side // 2, 0).repeat(side // 2, 1))


def corners(image):
    edge = len(image) // 4
    return [image[row, column].tolist() for row in (edge, -edge) for column in (edge, -edge)]


@pytest.fixture
def saved(tmp_path):
    """Return a function that saves an image and returns its path."""

    def save(image, name="picture.png", **options):
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return save


@pytest.fixture
def refused(tmp_path):
    """Return a function that expects a one-line DataError for the bytes of a file."""

    def refuse(content, match, name="picture.png"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(DataError, match=match) as error:
            photo(path, 8, 8)
        assert "\n" not in str(error.value)
        assert str(path) in str(error.value)

    return refuse


def png(image, **options):
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


# What is read


@pytest.mark.parametrize("format", module.FORMATS)
def test_formats_are_recognised_whatever_the_file_name(saved, format):
    options = {"lossless": True} if format == "WEBP" else {"quality": 95, "subsampling": 0} if format == "JPEG" else {}
    image_HxWx3 = photo(saved(quarters(), "picture.dat", format=format, **options), 16, 16)
    assert image_HxWx3.shape == (16, 16, 3)
    assert image_HxWx3.dtype == np.uint8
    np.testing.assert_allclose(corners(image_HxWx3), [RED, GREEN, BLUE, WHITE], atol=4)


@pytest.mark.parametrize(("size", "box"), [((40, 20), (10, 0)), ((20, 40), (0, 10))])
def test_the_central_square_is_cropped(saved, size, box):
    image = Image.new("RGB", size, "black")
    image.paste(quarters(20), box)
    np.testing.assert_array_equal(corners(photo(saved(image), 20, 20)), [RED, GREEN, BLUE, WHITE])


def test_the_target_may_have_another_shape(saved):
    assert photo(saved(quarters()), 8, 12).shape == (8, 12, 3)


def test_small_images_are_enlarged(saved):
    assert photo(saved(Image.new("RGB", (1, 1), RED)), 8, 8).tolist() == [[list(RED)] * 8] * 8


@pytest.mark.parametrize("mode", ["L", "1", "I;16"])
def test_grey_images_become_rgb(saved, mode):
    level = {"L": 180, "1": 1, "I;16": 180 * 256 + 77}[mode]
    image_HxWx3 = photo(saved(Image.new(mode, (9, 9), level)), 4, 4)
    assert np.unique(image_HxWx3).tolist() == [255 if mode == "1" else 180]


def test_palette_images_become_rgb(saved):
    image_HxWx3 = photo(saved(quarters().convert("P", palette=Image.Palette.ADAPTIVE)), 16, 16)
    np.testing.assert_allclose(corners(image_HxWx3), [RED, GREEN, BLUE, WHITE], atol=2)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_become_white(saved, mode):
    if mode == "P":
        path = saved(Image.new("P", (8, 8), 0), transparency=0)
    else:
        path = saved(Image.new(mode, (8, 8), (0,) * len(mode)))
    assert np.unique(photo(path, 4, 4)).tolist() == [255]


def test_half_transparent_pixels_are_blended_with_white(saved):
    assert photo(saved(Image.new("RGBA", (8, 8), (0, 0, 0, 128))), 2, 2)[0, 0].tolist() == [127] * 3


def test_cmyk_images_become_rgb(saved):
    path = saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "picture.jpg", quality=95)
    np.testing.assert_allclose(photo(path, 2, 2)[0, 0], [255, 0, 0], atol=6)


@pytest.mark.parametrize(("orientation", "degrees"), [(1, 0), (3, 180), (6, 90), (8, 270)])
def test_images_are_rotated_by_their_exif_orientation(saved, orientation, degrees):
    stored, exif = quarters().rotate(degrees), Image.Exif()
    exif[0x0112] = orientation
    path = saved(stored, "picture.jpg", exif=exif, quality=95, subsampling=0)
    np.testing.assert_allclose(corners(photo(path, 16, 16)), [RED, GREEN, BLUE, WHITE], atol=6)


def test_broken_exif_is_ignored(saved):
    path = saved(quarters(), "picture.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff", quality=95, subsampling=0)
    np.testing.assert_allclose(corners(photo(path, 16, 16)), [RED, GREEN, BLUE, WHITE], atol=6)


def test_the_first_image_of_an_mpo_file_is_read(saved):
    path = saved(quarters(), "picture.jpg", format="MPO", save_all=True, append_images=[quarters()], quality=95)
    np.testing.assert_allclose(corners(photo(path, 16, 16)), [RED, GREEN, BLUE, WHITE], atol=40)


# What is refused


def test_missing_files_and_folders_are_errors(tmp_path):
    for path in (tmp_path / "none.png", tmp_path, tmp_path / "pipe"):
        if path.name == "pipe":
            os.mkfifo(path)
        with pytest.raises(DataError, match="no such file" if path.name == "none.png" else "is not a file"):
            photo(path, 8, 8)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_files_are_errors(saved):
    path = saved(quarters())
    path.chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        photo(path, 8, 8)


NOT_IMAGES = [
    b"a text\n" * 20,
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"PK\x03\x04" * 9,
    b"<svg/>",
    b"%!PS-Adobe-3.0 EPSF-3.0\n",
]


@pytest.mark.parametrize("content", NOT_IMAGES)
def test_files_that_are_not_images_are_errors(refused, content):
    refused(content, "not an image in a supported|is damaged")


def test_an_empty_file_is_an_error(refused):
    refused(b"", "is empty")


def test_unsupported_formats_are_errors(refused, tmp_path):
    quarters().save(tmp_path / "a.tiff")
    refused((tmp_path / "a.tiff").read_bytes(), "is not an image in a supported format: JPEG, PNG")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_truncated_files_are_errors(refused, format, share):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    file = io.BytesIO()
    noise.save(file, format)
    refused(file.getvalue()[: int(share * len(file.getvalue()))], "is damaged|not an image in a supported")


def test_a_flipped_byte_in_compressed_data_is_an_error(refused):
    content = bytearray(png(quarters()))
    content[content.index(b"IDAT") + 12] ^= 0xFF
    refused(bytes(content), "is damaged")


def test_animations_are_errors(refused):
    for format in ("GIF", "PNG", "WEBP"):
        file, frames = io.BytesIO(), [Image.new("RGB", (8, 8), colour) for colour in (RED, GREEN, BLUE)]
        frames[0].save(file, format, save_all=True, append_images=frames[1:])
        refused(file.getvalue(), "is an animation of 3 images")


def test_files_with_too_many_bytes_are_not_opened(saved, monkeypatch):
    path = saved(quarters())
    monkeypatch.setattr(module, "MAX_BYTES", path.stat().st_size - 1)
    monkeypatch.setattr(module.Image, "open", lambda *_, **__: pytest.fail("opened"))
    with pytest.raises(DataError, match="bytes; an image may have"):
        photo(path, 8, 8)


def png_header(width, height):
    """Return a PNG file of a few bytes whose header declares this size."""

    def part(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(b"")) + part(b"IEND", b"")


@pytest.mark.parametrize("size", [(8001, 8000), (30_000, 30_000), (2**31 - 1, 1), (1, 2**31 - 1)])
def test_images_with_too_many_pixels_are_not_decoded(refused, monkeypatch, size):
    monkeypatch.setattr(module.Image.Image, "load", lambda self: pytest.fail("decoded"))
    refused(png_header(*size), "pixels")


def test_an_image_without_pixels_is_an_error(refused):
    refused(png_header(0, 5), "is damaged|not an image in a supported|pixels")


def test_an_image_at_the_limit_is_read(saved, monkeypatch):
    monkeypatch.setattr(module, "MAX_PIXELS", 64 * 64)
    assert photo(saved(quarters()), 8, 8).shape == (8, 8, 3)
    monkeypatch.setattr(module, "MAX_PIXELS", 64 * 64 - 1)
    with pytest.raises(DataError, match="64 x 64 = 4096 pixels; at most 4095 are read"):
        photo(saved(quarters()), 8, 8)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(module.FORMATS),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_a_changed_file_gives_an_image_or_a_one_line_error(tmp_path, format, changes):
    file, path = io.BytesIO(), tmp_path / "picture"
    quarters(32).save(file, format)
    content = bytearray(file.getvalue())
    for position, byte in changes:
        content[position % len(content)] = byte
    path.write_bytes(content)
    message = ""
    try:
        assert photo(path, 8, 8).shape == (8, 8, 3)
    except DataError as error:
        message = str(error)
    assert "\n" not in message


# Standardised like a dataset


def dataset_of(x):
    return Dataset("mine", (x, np.arange(len(x)) % 2), (x, np.zeros(len(x))), (x, np.zeros(len(x))), ("a", "b"), "")


@pytest.mark.parametrize(("low", "high", "dtype"), [(0, 255, np.uint8), (0, 16, np.uint8), (-1, 1, np.float32)])
def test_an_image_of_the_dataset_is_standardised_as_in_the_dataset(low, high, dtype):
    x = np.random.default_rng(0).integers(0, 2, (20, 4, 5, 3))
    x[0, 0, 0] = (0, 1, 0)
    dataset = dataset_of((low + (high - low) * x).astype(dtype))
    np.testing.assert_allclose(
        standardize_like((255 * x[3]).astype(np.uint8), dataset)[0], dataset.images().test.x[3], atol=1e-5
    )


@pytest.mark.parametrize("shape", [(20, 4, 5), (20, 4, 5, 1)])
def test_images_become_grey_for_a_grey_dataset(shape):
    x = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    x_1xHxWxC = standardize_like(np.zeros((4, 5, 3), np.uint8), dataset_of(x))
    assert x_1xHxWxC.shape == (1, 4, 5, 1)
    assert np.unique(x_1xHxWxC).size == 1


@pytest.mark.parametrize("shape", [(20, 4), (20, 4, 5, 2)])
def test_datasets_without_grey_or_rgb_images_are_errors(shape):
    with pytest.raises(DataError, match="has no grey or RGB images"):
        standardize_like(np.zeros((4, 5, 3), np.uint8), dataset_of(np.zeros(shape)))
