"""One process at a time: a lock that the system gives back when its holder dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from vivant.errors import MarkError
from vivant.marks import store


@contextmanager
def locked(path: Path, *, patience: float = 30.0) -> Iterator[None]:
    """Hold the lock file `path`; it is made where it is missing, and stays.

    Args:
        path: a file that is used for nothing else.
        patience: seconds to wait for another process or thread.

    Raises:
        MarkError: another holds it for longer, or the file cannot be made.
    """
    store.write(path, b"", replace=False)
    with store.opened(path, "r+b") as file:
        until = time.monotonic() + patience
        while not _taken(file):
            if time.monotonic() > until:
                raise MarkError(
                    f"{path}: another process has held this lock for {patience:g} seconds. "
                    f"Wait until it is done, or end it."
                )
            time.sleep(0.02)
        try:
            yield
        finally:
            _give_back(file)


def _taken(file: BinaryIO) -> bool:
    try:
        try:
            import fcntl
        except ImportError:  # Windows
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _give_back(file: BinaryIO) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(file, fcntl.LOCK_UN)
