"""Where vivant keeps what belongs to one user: keys, consents and the journal.

The folder is `vivant.home.home()`. Every file is written beside its place and then put
there in one step, so a reader never meets half a file.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

from vivant.errors import MarkError

T = TypeVar("T")


def read(path: Path) -> bytes | None:
    """Return what `path` holds, or None where there is no such file.

    Raises:
        MarkError: the file is there and cannot be read.
    """
    return _guarded(path, "read", lambda: path.read_bytes() if path.exists() else None)


def opened(path: Path, mode: Literal["rb", "r+b"]) -> BinaryIO:
    """Open an existing file.

    Raises:
        MarkError: it cannot be opened.
    """
    return _guarded(path, "open", lambda: path.open(mode))


def tail(path: Path, length: int) -> bytes:
    """Return the whole lines among the last `length` bytes of a file; empty where it is not there.

    Raises:
        MarkError: the file is there and cannot be read.
    """

    def last() -> bytes:
        if not path.exists():
            return b""
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - length))
            return file.read().rpartition(b"\n")[0]

    return _guarded(path, "read", last)


def append(path: Path, line: bytes) -> None:
    """Add a line to a file of lines; once this returns, it is on the disk.

    Half a line at its end, of a process that was killed, is cut off first.

    Raises:
        MarkError: the file cannot be written.
    """

    def add() -> None:
        if not path.exists():
            _write(path, b"", replace=False)
        with path.open("r+b") as file:
            whole = _whole_lines(file)
            file.truncate(whole)
            file.seek(whole)
            try:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                file.truncate(whole)
                raise

    _guarded(path, "write", add)


def _whole_lines(file: BinaryIO) -> int:
    """Return how many bytes of a file are whole lines."""
    place = file.seek(0, os.SEEK_END)
    while place:
        start = max(0, place - (1 << 16))
        file.seek(start)
        found = file.read(place - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        place = start
    return 0


def write(path: Path, data: bytes, *, replace: bool = True) -> bool:
    """Put `data` at `path` in one step, readable by this user only.

    Args:
        path: the file; missing folders above it are made, private to the user.
        data: all of its content.
        replace: False leaves a file alone that is already there.

    Returns:
        Whether `data` is what now stands at `path` as far as this call knows:
        False where another was first and `replace` is False.

    Raises:
        MarkError: the folder or the file cannot be written.
    """
    return _guarded(path, "write", lambda: _write(path, data, replace))


def _write(path: Path, data: bytes, replace: bool) -> bool:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return _publish(beside, path, replace)
    finally:
        beside.unlink(missing_ok=True)


def _publish(beside: Path, path: Path, replace: bool) -> bool:
    if replace:
        beside.replace(path)
        return True
    try:
        os.link(beside, path)  # unlike a rename, it never takes the place of another's file
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links; the last of two racing files stays
        if path.exists():
            return False
        beside.replace(path)
    return True


def _guarded(path: Path, verb: str, action: Callable[[], T]) -> T:
    try:
        return action()
    except OSError as error:
        raise MarkError(
            f"{path}: cannot {verb} this file of vivant's user data ({error.strerror or error}). "
            f"Make the folder {path.parent} usable for this user, or name another one "
            f"in the variable VIVANT_HOME."
        ) from error
