"""Write beside the target and rename: a file is there completely or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vivant.errors import DiskFull, PathRefused
from vivant.media.formats import is_directory

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give a hidden temporary path next to `path`, and rename it on success.

    On any error, Ctrl-C included, the temporary file is removed and `path` is left
    as it was.

    Raises:
        PathRefused: the place cannot be written to.
        DiskFull: there is no room.
    """
    temporary = claim(path)
    try:
        with writing(path):
            yield temporary
            temporary.replace(path)
    finally:
        discard(temporary)


def claim(path: Path) -> Path:
    """Create an empty hidden file next to `path` that nobody else uses.

    Raises:
        PathRefused: there is no such directory, or it cannot be written to.
        DiskFull: there is no room.
    """
    if is_directory(path):
        raise PathRefused(f"{path}: this is a directory; pass the name of a file.")
    if not is_directory(path.parent):
        raise PathRefused(
            f"{path}: there is no directory {path.parent}. Create it, or choose another place."
        )
    temporary = hidden(path)
    with writing(path):
        temporary.open("xb").close()
    return temporary


def hidden(path: Path) -> Path:
    """Return an unused hidden name next to `path`, of the same suffix."""
    return path.with_name(f".{path.stem[:60]}.{secrets.token_hex(4)}.part{path.suffix}")


def discard(temporary: Path) -> None:
    """Remove a temporary file or directory, if it is still there."""
    if temporary.is_dir():
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        temporary.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says while `path` is written into our own errors."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(
                path,
                f"could not be written to its end: {os.strerror(error.errno or 0)}.",
                "Nothing was left behind. Make room, or choose another place.",
            ) from error
        if error.errno is None:
            raise
        raise PathRefused(
            f"{path}: cannot be written: {os.strerror(error.errno)}. Choose another place."
        ) from error
