"""Parent side: start a child that decodes, and read what it sends."""

from __future__ import annotations

import json
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vivant import confined
from vivant.errors import DamagedMedia
from vivant.media import _wire

_PIPE_BYTES = 1 << 20


class Child:
    """One decoding process; `close` ends it at once, and so does forgetting it."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.path = Path(job["path"])
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-B", "-m", "vivant.media._child", json.dumps(job)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=confined.environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdout is not None
        self._pipe: BinaryIO = self._process.stdout  # type: ignore[assignment]
        self._guard = weakref.finalize(self, _end, self._process)
        _widen(self._pipe)

    def header(self, wanted: bytes) -> _wire.Header | None:
        """Read the next header; None at the proper end.

        Raises:
            VivantError: what the child reports, or `DamagedMedia` if it died.
        """
        head = _wire.read_header(self._pipe)
        if head is None:
            raise self._died()
        if head.kind == _wire.ERROR:
            raise _wire.error_from_plain(self.plain(head), self.path)
        if head.kind == _wire.END:
            return None
        if head.kind != wanted:
            raise self._died()
        return head

    def plain(self, head: _wire.Header) -> dict[str, Any]:
        """Read the JSON that follows `head`."""
        plain: dict[str, Any] = json.loads(self.payload(head))
        return plain

    def payload(self, head: _wire.Header) -> bytes:
        """Read the bytes that follow `head`."""
        data = _wire.read_bytes(self._pipe, head.length) if head.length <= _wire.MAX_JSON else None
        if data is None:
            raise self._died()
        return data

    def picture(self, head: _wire.Header, height: int, width: int) -> np.ndarray:
        """Read the rows that follow `head` into a fresh (height, width, 3) array."""
        image = np.empty((height, width, 3), np.uint8)
        if head.length != image.nbytes or not _wire.read_into(self._pipe, image.data.cast("B")):
            raise self._died()
        return image

    def _died(self) -> DamagedMedia:
        """Describe how the child ended without saying goodbye."""
        try:
            code = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            code = None
        said = self._process.stderr.read() if code is not None and self._process.stderr else b""
        self.close()
        if b"Timeout" in said:
            how = "the decoder made no progress and was stopped"
        elif code is not None and code < 0:
            how = f"the decoder crashed (signal {-code})"
        else:
            how = f"the decoder ended unexpectedly (code {code})"
        tail = said.decode(errors="replace").strip().splitlines()[-1:]
        detail = f": {tail[0]}" if tail and b"Timeout" not in said else ""
        return DamagedMedia(self.path, f"{how}{detail}.", "The file is damaged; get it again.")

    def close(self) -> None:
        """End the child; safe to call twice and from another thread."""
        self._guard()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _widen(pipe: BinaryIO) -> None:
    """Ask for a pipe that holds about a frame, so that both sides work at once."""
    if sys.platform == "linux":
        import fcntl

        try:
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError:  # the user's share of pipe memory is used up; slower, not wrong
            return
