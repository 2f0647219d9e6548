"""A user's photograph: checked before it is decoded, rotated upright, cropped to the centre and resized."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from dl_jax.data.dataset import Dataset
from dl_jax.errors import DataError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MAX_BYTES = 64 * 2**20
MAX_PIXELS = 64 * 10**6
"""Limit of the decoded size: a file of a few bytes may declare any number of pixels."""


def photo(path: Path, height: int, width: int) -> np.ndarray:
    """Read a photograph as image_HxWx3 uint8.

    DataError, in one line, if it cannot be used; images that are too large are not decoded.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file" if not path.exists() else f"{path} is not a file")
    if (size := path.stat().st_size) > MAX_BYTES:
        raise DataError(f"{path} has {size} bytes; an image may have at most {MAX_BYTES}")
    if not size:
        raise DataError(f"{path} is empty")
    try:
        with warnings.catch_warnings():
            # MAX_PIXELS is stricter than the limit at which Pillow warns, and damaged metadata does not matter here.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as image:
                _check_header(image, path)
                return crop_and_resize(_upright(image), height, width)
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise DataError(f"{path} is not an image in a supported format: {', '.join(FORMATS)}") from error
    except Image.DecompressionBombError as error:
        raise DataError(f"{path} declares far more than the {MAX_PIXELS} pixels that an image may have") from error
    except PermissionError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    except Exception as error:  # decoders raise many kinds of exceptions on broken files
        raise DataError(f"{path} is damaged ({' '.join(str(error).split()) or type(error).__name__})") from error


def crop_and_resize(image: Image.Image, height: int, width: int) -> np.ndarray:
    """Crop the largest central part with the target's aspect ratio and resize it: image_HxWx3 uint8.

    Grey, palette and CMYK images become RGB; transparent pixels become white.
    """
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow would clip at 255
        image = Image.fromarray((np.asarray(image, np.int64) >> 8).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(ImageOps.fit(image.convert("RGB"), (width, height), Image.Resampling.BICUBIC))


def _check_header(image, path):
    """Raise DataError if the header declares too many pixels or an animation."""
    if (pixels := image.width * image.height) > MAX_PIXELS:
        raise DataError(f"{path} has {image.width} x {image.height} = {pixels} pixels; at most {MAX_PIXELS} are read")
    # The second image of an MPO file, which some phones write, is another view and not the next frame.
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        raise DataError(f"{path} is an animation of {image.n_frames} images; give one of them")


def _upright(image):
    """Rotate the image by its EXIF orientation, if that can be read."""
    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # broken metadata in an intact image
        return image


def standardize_like(image_HxWx3: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Return x_1xHxWxC float32: the image in the value range and channels of a dataset, standardised as its images are.

    DataError if the dataset has rows of numbers, or images with other than one or three channels.
    """
    x = dataset.train[0]
    channels = x.shape[3] if x.ndim == 4 else 1
    if x.ndim < 3 or channels not in (1, 3):
        raise DataError(f"{dataset.name} has no grey or RGB images, which a photograph could be compared with")
    rescaled = x.min() + (float(x.max()) - float(x.min())) * image_HxWx3.astype(np.float32) / 255
    x_1xHxWxC = rescaled[None] if channels == 3 else rescaled.mean(-1)[None].reshape(1, *x.shape[1:])
    splits = replace(dataset, test=(x_1xHxWxC.astype(np.float32), np.zeros(1, np.int32))).images()
    return np.asarray(splits.test.x)
