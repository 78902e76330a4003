"""Which containers can carry credentials, known by their first bytes."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

from vivant.errors import DamagedMedia, PathRefused, UnsupportedFormat

EMBEDS = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
"""Endings of files that hold their credentials inside, and their media types."""

BESIDE = {".webm": "video/webm", ".mkv": "video/x-matroska"}
"""Endings whose containers have no place for credentials: they lie beside, in a sidecar."""

ONLY_READ = frozenset((".avi", ".tif", ".tiff", ".heic", ".heif", ".avif"))
"""Endings of further files whose credentials can be read."""

SIDECAR = ".c2pa"
"""Ending of a sidecar: `talk.webm` has `talk.webm.c2pa` beside it."""

LISTING = "text/plain"
"""Media type of the list of a picture sequence."""

NO_ROOM = {"video/webm", LISTING}
"""Media types whose credentials can only lie beside."""

_HEAD = 32


def media_type(path: Path) -> str:
    """Return the media type of `path` by its first bytes; the name does not count.

    Raises:
        PathRefused: there is no such file, it is a pipe or folder, or it cannot be read.
        DamagedMedia: the file is empty.
        UnsupportedFormat: it is no picture or video that can carry credentials.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for its writer
            raise PathRefused(f"{path}: this is no regular file. Wanted: a picture or video.")
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise unreadable(path, error) from error
    if not head:
        raise DamagedMedia(path, "the file is empty.", "Make or copy it again.")
    kind = sniff(head)
    if kind is None:
        raise UnsupportedFormat(
            f"{path}: this is no picture or video that vivant knows "
            f"(it starts with {head[:8]!r}). Wanted: mp4, mov, webm, mkv, avi, png, jpg, gif, "
            f"webp, tiff, heic or avif."
        )
    return kind


def sniff(head: bytes) -> str | None:
    """Return the media type of a file that starts with `head`, or None.

    >>> sniff(b"GIF89a and so on")
    'image/gif'
    >>> sniff(b"dear diary") is None
    True
    """
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand == b"qt  ":
            return "video/quicktime"
        if brand in (b"heic", b"heix", b"mif1", b"msf1"):
            return "image/heic"
        return "image/avif" if brand in (b"avif", b"avis") else "video/mp4"
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"AVI ": "video/avi"}.get(head[8:12])
    for magic, kind in (
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"\x1a\x45\xdf\xa3", "video/webm"),
        (b"II*\x00", "image/tiff"),
        (b"MM\x00*", "image/tiff"),
    ):
        if head.startswith(magic):
            return kind
    return None


def sidecar(path: Path) -> Path:
    """Return where vivant puts the credentials of `path` that cannot be inside.

    >>> sidecar(Path("talk.webm")).name
    'talk.webm.c2pa'
    """
    return path.with_name(path.name + SIDECAR)


def sidecars(path: Path) -> tuple[Path, Path]:
    """Return where credentials may lie beside `path`: vivant's place, then that of other tools.

    >>> [place.name for place in sidecars(Path("talk.webm"))]
    ['talk.webm.c2pa', 'talk.c2pa']
    """
    return sidecar(path), path.with_suffix(SIDECAR)


def unreadable(path: Path, error: OSError) -> PathRefused:
    """Say in our own words why `path` cannot be opened."""
    if error.errno == errno.ENOENT:
        return PathRefused(f"{path}: there is no such file. Check the name.")
    return PathRefused(
        f"{path}: cannot be read ({error.strerror or error}). Check its permissions."
    )
