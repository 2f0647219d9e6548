"""A picture file of the user's: examined before it is decoded, turned upright, cut to the middle, and made small."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from dl_jax.data.dataset import Dataset
from dl_jax.errors import DataError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MOST_BYTES = 64 * 2**20
MOST_PIXELS = 64 * 10**6
"""A file of a few bytes may claim any number of pixels, and each takes memory."""


def photo(path: Path, height: int, width: int) -> np.ndarray:
    """picture_HxWx3 uint8 of the file. DataError, one line, if it cannot be used; what is too large is not decoded."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such file" if not path.exists() else f"{path} is no file")
    if (size := path.stat().st_size) > MOST_BYTES:
        raise DataError(f"{path} has {size} bytes; a picture may have {MOST_BYTES} at most")
    if not size:
        raise DataError(f"{path} is empty")
    try:
        with warnings.catch_warnings():
            # The limit here is stricter than the one that Pillow warns at; damaged details are told as it sees fit.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as image:
                _examine(image, path)
                return fitted(_upright(image), height, width)
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise DataError(f"{path} is no picture of a kind that is read here: {', '.join(FORMATS)}") from error
    except Image.DecompressionBombError as error:
        raise DataError(f"{path} claims far more than the {MOST_PIXELS} pixels that a picture may have") from error
    except PermissionError as error:
        raise DataError(f"{path} may not be read: {error.strerror}") from error
    except Exception as error:  # decoders of broken files raise nearly anything
        raise DataError(f"{path} is damaged ({' '.join(str(error).split()) or type(error).__name__})") from error


def fitted(image: Image.Image, height: int, width: int) -> np.ndarray:
    """picture_HxWx3 uint8: the largest part about the middle that has the shape of the target, resized to it.

    Grey, palette and CMYK become red, green and blue; what is transparent becomes white.
    """
    if image.mode.startswith("I"):  # grey of 16 bits, which Pillow would clip at 255
        image = Image.fromarray((np.asarray(image, np.int64) >> 8).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(ImageOps.fit(image.convert("RGB"), (width, height), Image.Resampling.BICUBIC))


def _examine(image, path):
    """By its header alone."""
    if (pixels := image.width * image.height) > MOST_PIXELS:
        raise DataError(f"{path} has {image.width} x {image.height} = {pixels} pixels; {MOST_PIXELS} at most are read")
    # The second picture of an MPO, as telephones write them, is no next moment but a view of the same.
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        raise DataError(f"{path} is an animation of {image.n_frames} pictures; give one of them")


def _upright(image):
    """As its camera was held; a picture that does not say so clearly is taken as it is."""
    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # the picture is whole, only what is told about it is not
        return image


def as_shown(picture_HxWx3: np.ndarray, dataset: Dataset) -> np.ndarray:
    """x_1xHxWxC of float32: in the levels and colours of a data set's pictures, standardised as they are.

    DataError if these are rows of numbers, or have neither one colour nor three.
    """
    x = dataset.train[0]
    colours = x.shape[3] if x.ndim == 4 else 1
    if x.ndim < 3 or colours not in (1, 3):
        raise DataError(f"{dataset.name} has no pictures in grey or in red, green and blue, as a photograph is")
    levels = x.min() + (float(x.max()) - float(x.min())) * picture_HxWx3.astype(np.float32) / 255
    one_1xHxWxC = levels[None] if colours == 3 else levels.mean(-1)[None].reshape(1, *x.shape[1:])
    return replace(dataset, test=(one_1xHxWxC.astype(np.float32), np.zeros(1, np.int32))).images().test.x
