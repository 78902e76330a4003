"""Write beside, then put in place: what stands at the target is old or whole, never half."""

from __future__ import annotations

import errno
import io
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from vivant.errors import Cancelled, DiskFull, MarkError, PathRefused, VivantError
from vivant.marks.formats import unreadable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_BUFFER = 1 << 20
_NO_ROOM = (errno.ENOSPC, 112)
"""How the system says that a disk is full: POSIX, Windows."""


@contextmanager
def replacing(
    source: Path,
    target: Path,
    stop: threading.Event,
    settle: Callable[[Path], object] | None = None,
) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Open `source`, and a file beside `target` that takes its place when all went well.

    Args:
        source: what is read.
        target: what is replaced; it may be `source`.
        stop: once it is set, the next read or write ends the work.
        settle: called with the complete file before it takes its place; an error in it ends
            the work.

    Raises:
        PathRefused: `source` cannot be read or `target` not written.
        DiskFull: there is no room.
        Cancelled: `stop` was set.
        MarkError: the C2PA library failed. In each case `target` is as it was.
    """
    import c2pa

    beside = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    try:
        read = io.BufferedReader(_Watched(source, "r", stop), _BUFFER)
    except OSError as error:
        raise unreadable(source, error) from error
    output: _Watched | None = None
    try:
        with read:
            output = _Watched(beside, "x+", stop)
            with io.BufferedRandom(output, _BUFFER) as write:
                yield read, write
        if settle is not None:
            settle(beside)
        beside.replace(target)
    except (c2pa.C2paError, OSError) as error:
        if stop.is_set():
            raise Cancelled(f"{target}: not signed, because the caller asked to stop.") from error
        cause = output.error if output is not None and output.error is not None else error
        raise _explained(target, cause) from error
    finally:
        beside.unlink(missing_ok=True)


class _Watched(io.FileIO):
    """A file that can be told to stop, and keeps the error that the library would reword."""

    def __init__(self, path: Path, mode: str, stop: threading.Event) -> None:
        super().__init__(path, mode)
        self._stop = stop
        self.error: OSError | None = None

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._check()
        return super().readinto(buffer) or 0

    def write(self, data: ReadableBuffer) -> int:
        self._check()
        try:
            return super().write(data) or 0
        except OSError as error:
            self.error = error
            raise

    def _check(self) -> None:
        if self._stop.is_set():
            raise OSError(errno.ECANCELED, "asked to stop")


def _explained(target: Path, cause: Exception) -> VivantError:
    if not isinstance(cause, OSError):
        if any(f"(os error {code})" in str(cause) for code in _NO_ROOM):
            return DiskFull(
                tempfile.gettempdir(),
                "no room for temporary files while signing.",
                "Free space there, or name another folder in the variable TMPDIR.",
            )
        return MarkError(
            f"{target}: the credentials could not be signed ({cause}). "
            f"The file to be signed is damaged; make it again."
        )
    if cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            target, "no room to write the signed file.", "Free space, or choose another disk."
        )
    return PathRefused(f"{target}: cannot be written ({cause.strerror or cause}).")
