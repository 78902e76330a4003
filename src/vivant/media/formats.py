"""Which files are media, and what is refused before any decoder sees them.

Only local, regular files of a whitelist of formats are read. Playlists and scripts
that name other files (m3u8, ffconcat, DASH, SDP) are refused by their content,
whatever they are called; addresses (`http://`, `rtsp://`) before anything is opened.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

from vivant.errors import DamagedMedia, PathRefused, PictureTooLarge, UnsupportedFormat

MAX_SIDE = 8192
"""Pixels; the longest side of a video that is decoded."""
MAX_PIXELS = 8192 * 4320
"""Pixels of one video frame; more are refused before decoding."""

DEMUXERS = (
    "mov,matroska,webm,avi,mpeg,mpegts,mpegvideo,ogg,flv,asf,ivf,mxf,h264,hevc,mp3,aac,wav,flac"
)
"""Containers that may be opened; none of them can name another file."""

PICTURE_SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".jp2", ".ppm")
)

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_SCRIPTS = (
    (re.compile(rb"#EXTM3U"), "an m3u8 playlist"),
    (re.compile(rb"ffconcat version|file\s+['\"/.\w]"), "a concat script"),
    (re.compile(rb"<\?xml|<MPD|<smil|<asx|<svg", re.IGNORECASE), "an XML document"),
    (re.compile(rb"v=0\s+o="), "an SDP description"),
    (re.compile(rb"\[(playlist|Reference)\]", re.IGNORECASE), "a playlist"),
    (re.compile(rb"%PDF|%!PS"), "a PDF or PostScript document"),
)
_PICTURES = (
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WEBP"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (0, b"\0\0\0\x0cjP  ", "JPEG2000"),
    (0, b"P5", "PPM"),
    (0, b"P6", "PPM"),
)


def local_path(path: str | os.PathLike[str]) -> Path:
    """Return `path` as a `Path`, or refuse what is an address.

    Raises:
        UnsupportedFormat: `path` is an address such as `https://...`.

    >>> local_path("rtsp://camera/1")
    Traceback (most recent call last):
    vivant.errors.UnsupportedFormat: rtsp://camera/1: this is an address; vivant reads \
local files only. Download the file first and pass its path.
    """
    text = os.fspath(path)
    if _ADDRESS.match(text) and not (os.name == "nt" and text[1] == ":"):
        raise UnsupportedFormat(
            f"{text}: this is an address; vivant reads local files only. "
            f"Download the file first and pass its path."
        )
    return Path(text)


def is_directory(path: Path) -> bool:
    """Tell whether `path` is a directory; what cannot be looked at is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name too long, or with a zero byte
        return False


def open_regular(path: Path) -> BinaryIO:
    """Open a regular, non-empty file for reading.

    Raises:
        PathRefused: missing, a directory, a device or pipe, or unreadable.
        DamagedMedia: the file is empty.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise PathRefused(f"{path}: this is a directory; pass a file.")
        if not stat.S_ISREG(mode):
            raise PathRefused(f"{path}: this is no regular file (a device or a pipe).")
        file = path.open("rb")
    except FileNotFoundError:
        raise PathRefused(f"{path}: there is no such file. Check the path.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PathRefused(f"{path}: cannot be read: {reason}.") from error
    if os.fstat(file.fileno()).st_size == 0:
        file.close()
        raise DamagedMedia(path, "the file is empty (0 bytes).", "Copy or download it again.")
    return file


def refuse_scripts(path: Path, head: bytes) -> None:
    """Raise `UnsupportedFormat` where `head` begins a playlist, script or document."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for pattern, name in _SCRIPTS:
        if pattern.match(text):
            raise UnsupportedFormat(
                f"{path}: this is {name}, whatever its name says; what it refers to is "
                f"never opened. Pass the video or picture file itself."
            )


def picture_format(head: bytes) -> str | None:
    """Return the still or animated picture format that the first bytes show, or None.

    >>> picture_format(b"GIF89a...")
    'GIF'
    """
    for offset, magic, name in _PICTURES:
        if head[offset : offset + len(magic)] == magic:
            return name
    return None


def check_size(path: Path, width: int, height: int) -> None:
    """Raise `PictureTooLarge` for a video frame over the limits."""
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise PictureTooLarge(
            path,
            f"frames of {width}x{height} pixels are over the limit of {MAX_SIDE} a side "
            f"and {MAX_PIXELS / 1e6:.0f} megapixels.",
            "Scale the video down first.",
        )
