"""The messages that a child process sends through its standard output.

Each is a fixed header (kind, index, time as numerator and denominator, length) and
`length` bytes. The child runs this module too, so it imports nothing heavy.
"""

from __future__ import annotations

import faulthandler
import json
import math
import os
import select
import struct
import time
from fractions import Fraction
from typing import Any, BinaryIO, NamedTuple

from vivant import errors

HEADER = struct.Struct("<c7xqqqQ")
INFO, FRAME, PACKET, ERROR, END = b"I", b"F", b"P", b"E", b"Z"
MAX_JSON = 1 << 22
"""Bytes of the longest message that is not a frame."""


PATIENCE = 60.0
"""Seconds that one frame or packet may take before the child ends itself."""


class Watchdog:
    """Ends the process when nobody says for long that it is alive, even inside C code."""

    def __init__(self) -> None:
        self._set = -math.inf

    def alive(self) -> None:
        """Say that something was got done."""
        now = time.monotonic()
        if now - self._set > PATIENCE / 10:  # setting it costs more than a small frame
            faulthandler.dump_traceback_later(PATIENCE, exit=True, file=2)
            self._set = now

    def pause(self) -> None:
        """Expect no sign of life until `alive` is called."""
        faulthandler.cancel_dump_traceback_later()
        self._set = -math.inf


class Header(NamedTuple):
    """What stands before the bytes of a message."""

    kind: bytes
    number: int
    time: Fraction
    length: int


class Sender:
    """Writes messages into a pipe; waits while the reader is busy."""

    def __init__(self, descriptor: int, dog: Watchdog) -> None:
        self._descriptor = descriptor
        self._dog = dog
        if os.name == "posix":  # elsewhere pipes only know how to block
            os.set_blocking(descriptor, False)
        dog.alive()

    def send(
        self,
        kind: bytes,
        payload: bytes | memoryview = b"",
        number: int = 0,
        at: Fraction = Fraction(0),
    ) -> None:
        """Send one message.

        Raises:
            BrokenPipeError: the reader is gone.
        """
        length = payload.nbytes if isinstance(payload, memoryview) else len(payload)
        self._write(HEADER.pack(kind, number, at.numerator, at.denominator, length))
        if length:
            self._write(payload)

    def send_plain(self, kind: bytes, plain: dict[str, Any]) -> None:
        """Send JSON."""
        self.send(kind, json.dumps(plain).encode())

    def _write(self, data: bytes | memoryview) -> None:
        left = memoryview(data).cast("B")
        if os.name != "posix":
            self._dog.pause()
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [], PATIENCE / 10)
                self._dog.alive()
        self._dog.alive()


def read_into(pipe: BinaryIO, buffer: memoryview) -> bool:
    """Fill `buffer` from an unbuffered pipe; False where it ends before."""
    while buffer:
        count = pipe.readinto(buffer)  # type: ignore[attr-defined]
        if not count:
            return False
        buffer = buffer[count:]
    return True


def read_bytes(pipe: BinaryIO, length: int) -> bytes | None:
    """Read exactly `length` bytes; None where the pipe ends before."""
    data = bytearray(length)
    return bytes(data) if read_into(pipe, memoryview(data)) else None


def read_header(pipe: BinaryIO) -> Header | None:
    """Read the next header; None where the pipe ends."""
    data = read_bytes(pipe, HEADER.size)
    if data is None:
        return None
    kind, number, numerator, denominator, length = HEADER.unpack(data)
    return Header(kind, number, Fraction(numerator, denominator or 1), length)


def plain_error(error: errors.VivantError) -> dict[str, Any]:
    """Return `error` as JSON values."""
    plain: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
    if isinstance(error, errors.MediaError):
        plain["problem"] = str(error).removeprefix(f"{error.path}: ")
    return plain


def error_from_plain(plain: dict[str, Any], path: os.PathLike[str]) -> errors.VivantError:
    """Rebuild an error about `path`; an unknown type becomes `DamagedMedia`."""
    cls = getattr(errors, str(plain.get("type")), None)
    if "problem" not in plain and isinstance(cls, type) and issubclass(cls, errors.AskedWrongly):
        return cls(str(plain.get("message")))
    problem = str(plain.get("problem") or plain.get("message"))
    if cls is errors.PictureTooLarge:
        return errors.PictureTooLarge(path, problem)
    return errors.DamagedMedia(path, problem)
