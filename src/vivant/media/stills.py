"""Read and write one picture, through Pillow."""

from __future__ import annotations

import importlib
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from vivant.errors import DamagedMedia, PictureTooLarge, UnsupportedFormat, VivantError
from vivant.media import formats
from vivant.media.beside import beside
from vivant.types import check_picture

if TYPE_CHECKING:
    from PIL import Image

_PLUGINS = {
    "PNG": "PngImagePlugin",
    "JPEG": "JpegImagePlugin",
    "GIF": "GifImagePlugin",
    "WEBP": "WebPImagePlugin",
    "BMP": "BmpImagePlugin",
    "TIFF": "TiffImagePlugin",
    "AVIF": "AvifImagePlugin",
    "JPEG2000": "Jpeg2KImagePlugin",
    "PPM": "PpmImagePlugin",
}
FORMATS = tuple(_PLUGINS)
"""Formats that are read, by Pillow's names; none of them starts another program."""
MAX_PIXELS = 100_000_000
"""Pixels of the largest still that is decoded; 100 megapixels take 300 MB as RGB."""

_SAVE: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {"compress_level": 3}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".webp": ("WEBP", {"quality": 95, "method": 2}),
    ".bmp": ("BMP", {}),
    ".tif": ("TIFF", {"compression": "tiff_deflate"}),
    ".tiff": ("TIFF", {"compression": "tiff_deflate"}),
}


def read_image(path: str | os.PathLike[str]) -> np.ndarray:
    """Read a picture file as it is meant to be seen.

    The content decides the format, not the name. EXIF orientation is applied, an
    embedded colour profile converted to sRGB, transparency laid over white, CMYK,
    palette, grey and 16-bit pictures converted; of an animation the first frame counts.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        PathRefused: missing, unreadable, or no regular file.
        UnsupportedFormat: not a picture of a format in `FORMATS`.
        PictureTooLarge: more than `MAX_PIXELS`; nothing was decoded.
        DamagedMedia: empty, truncated or broken.
    """
    path = formats.local_path(path)
    with formats.open_regular(path) as file, open_picture(path, file) as picture:
        return to_rgb(path, picture)


def open_picture(path: Path, file: BinaryIO) -> Image.Image:
    """Open a picture of a whitelisted format, its size checked, its pixels not decoded."""
    from PIL import Image, UnidentifiedImageError

    head = file.read(4096)
    file.seek(0)
    formats.refuse_scripts(path, head)
    kind = formats.picture_format(head)
    if kind is None:
        raise UnsupportedFormat(
            f"{path}: not a picture of a kind that vivant reads "
            f"({', '.join(FORMATS)}). Convert it to PNG or JPEG."
        )
    importlib.import_module(f"PIL.{_PLUGINS[kind]}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(file, formats=[kind])
    except Image.DecompressionBombError as error:
        raise _too_large(path, "too many pixels") from error
    except UnidentifiedImageError as error:
        raise DamagedMedia(path, "the picture's header is damaged.", "Get it again.") from error
    except Exception as error:  # Pillow's plugins fail in every way on broken headers
        raise _damaged(path, error) from error
    if picture.width * picture.height > MAX_PIXELS:
        raise _too_large(path, f"{picture.width}x{picture.height} pixels")
    return picture


def to_rgb(path: Path, picture: Image.Image) -> np.ndarray:
    """Decode an opened picture to (height, width, 3) uint8 RGB."""
    from PIL import ImageOps

    try:
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        return np.ascontiguousarray(np.asarray(_flat(path, upright)))
    except VivantError:
        raise
    except Exception as error:  # as above: whatever breaks here, it is the file
        raise _damaged(path, error) from error


def write_image(path: str | os.PathLike[str], image: np.ndarray) -> None:
    """Write a picture; `path` is replaced only once the new file is complete.

    Args:
        path: ends in .png, .jpg, .webp, .bmp or .tif.
        image: (height, width, 3) uint8 RGB.

    Raises:
        ShapeError: `image` is something else.
        UnsupportedFormat: another suffix.
        PathRefused: the place cannot be written to.
        DiskFull: there is no room; nothing is left behind.
    """
    from PIL import Image

    check_picture(image, "write_image: image")
    path = formats.local_path(path)
    kind, options = saving(path)
    with beside(path) as temporary:
        Image.fromarray(np.ascontiguousarray(image)).save(temporary, kind, **options)


def saving(path: Path) -> tuple[str, dict[str, Any]]:
    """Return Pillow's name of the format that `path` is written in, and its options.

    Raises:
        UnsupportedFormat: another suffix.
    """
    if path.suffix.lower() not in _SAVE:
        raise UnsupportedFormat(
            f"{path}: cannot write pictures named {path.suffix or 'without suffix'!r}; "
            f"use one of {', '.join(_SAVE)}."
        )
    return _SAVE[path.suffix.lower()]


def _flat(path: Path, picture: Image.Image) -> Image.Image:
    """Return the picture in mode RGB."""
    from PIL import Image

    if picture.mode in ("RGB", "L", "CMYK"):
        picture = _to_srgb(picture)
    if picture.mode == "F":
        raise UnsupportedFormat(
            f"{path}: its pixels are floating point numbers of unknown range. "
            f"Convert it to PNG or JPEG."
        )
    if picture.mode.startswith("I"):  # 16 bits a pixel, sometimes kept in 32
        deep = np.asarray(picture).astype(np.int64)
        return Image.fromarray((deep.clip(0, 65535) >> 8).astype(np.uint8)).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        solid = picture.convert("RGBA")
        white = Image.new("RGBA", solid.size, (255, 255, 255, 255))
        white.alpha_composite(solid)
        return white.convert("RGB")
    return picture.convert("RGB")


def _to_srgb(picture: Image.Image) -> Image.Image:
    """Convert by the embedded colour profile, if there is a usable one."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode == "L":
        return picture
    import io

    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # a broken profile: the picture is shown as viewers do, without it
    return picture if converted is None else converted


def _too_large(path: Path, what: str) -> PictureTooLarge:
    limit = f"over the limit of {MAX_PIXELS / 1e6:.0f} megapixels; it was not decoded."
    return PictureTooLarge(path, f"{what}, {limit}", "Scale the picture down first.")


def _damaged(path: Path, error: Exception) -> DamagedMedia:
    return DamagedMedia(path, f"the picture is damaged ({error}).", "Copy or download it again.")
