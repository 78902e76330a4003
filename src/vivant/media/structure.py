"""Does a file end where its own structure says? Answers without decoding."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

_MAX_BOXES = 1_000_000
_SEGMENT = 0x18538067
_BOXES = frozenset(
    b"ftyp styp moov mdat moof mfra sidx free skip wide uuid meta udta emsg prft pnot".split()
)


def cut_short(file: BinaryIO) -> str:
    """Say how a media file is cut off, or return "" where nothing shows that it is.

    Looks at the boxes of mp4/mov, the segment of Matroska/WebM and the chunks of
    AVI/WAV/WebP; other formats do not announce their length. Leaves `file` at 0.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(12)
    try:
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp"):
            problem = _boxes(file, size)
        elif head[:4] == b"\x1aE\xdf\xa3":
            problem = _segment(file, size)
        elif head[:4] == b"RIFF":
            problem = _chunks(file, size)
        else:
            problem = ""
    finally:
        file.seek(0)
    return problem


def _announced(wanted: int, got: int) -> str:
    return f"the file is cut off: it announces {wanted} bytes and has {got}"


def _boxes(file: BinaryIO, size: int) -> str:
    position = 0
    kinds: set[bytes] = set()
    for _ in range(_MAX_BOXES):
        if position >= size:
            break
        file.seek(position)
        head = file.read(16)
        if len(head) < 8:
            return _announced(position + 8, size)
        length, kind = struct.unpack(">I4s", head[:8])
        if kind not in _BOXES:  # garbage behind the last box, or a damaged box
            break
        kinds.add(kind)
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        if length < 8:  # 0: to the end of the file; anything else is damage
            break
        position += length
        if position > size:
            missing = "" if b"moov" in kinds else ", and its index (moov) is missing"
            return _announced(position, size) + missing
    if b"moov" not in kinds:
        return "its index (moov) is missing; the recording was never finished or is cut off"
    return ""


def _segment(file: BinaryIO, size: int) -> str:
    file.seek(4)
    header = _vint(file)
    if header is None:
        return ""
    file.seek(header, os.SEEK_CUR)
    if int.from_bytes(file.read(4), "big") != _SEGMENT:
        return ""
    length = _vint(file)
    if length is None:  # unknown: a live recording
        return ""
    wanted = file.tell() + length
    return _announced(wanted, size) if wanted > size else ""


def _vint(file: BinaryIO) -> int | None:
    """Read an EBML length; None where it says "unknown" or is broken."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    extra = 8 - first[0].bit_length()
    rest = file.read(extra)
    if len(rest) < extra:
        return None
    value = int.from_bytes(first + rest, "big") & ((1 << (7 * (extra + 1))) - 1)
    return None if value == (1 << (7 * (extra + 1))) - 1 else value


def _chunks(file: BinaryIO, size: int) -> str:
    position = 0
    for _ in range(_MAX_BOXES):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8 or head[:4] != b"RIFF":
            break
        length = struct.unpack("<I", head[4:])[0]
        if length in (0, 0xFFFFFFFF):  # written to a pipe: unknown
            break
        position += 8 + length
        if position > size:
            return _announced(position, size)
        position += length % 2
    return ""
