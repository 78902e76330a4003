"""Tells by a file's own bytes what it is, before anything is asked to read it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final, Literal

from vivant.errors import PathRefused, WeightsError

Kind = Literal["torch", "old torch", "safetensors"]

LARGEST: Final = 4 << 30
"""Bytes of the largest file that is read; the largest public ones have under 1 GB."""
ENTRIES: Final = 100_000
"""Entries of the longest archive."""
_HEADER: Final = 64 << 20
"""Bytes of the longest list of tensors."""

_AGAIN: Final = "Get it again."
_WEB: Final = (
    "is a web page, not a checkpoint: the site answered with a page instead of the file. Open "
    "the address in a browser and download the file itself."
)
_STARTS: Final = {
    b"version https://git-lfs": (
        "is only a pointer of Git LFS: the file itself was not fetched. Run git lfs pull, or "
        "download it from the site."
    ),
    b"\x89HDF": "is an HDF5 file (Keras, TensorFlow); a checkpoint of PyTorch is wanted.",
    b"\x1f\x8b": "is compressed by gzip; unpack it first and add what is inside.",
    b"7z\xbc\xaf": "is a 7z archive; unpack it first and add what is inside.",
    b"Rar!": "is a RAR archive; unpack it first and add what is inside.",
    b"%PDF": "is a PDF document, not a checkpoint.",
    b"\x93NUMPY": "is an array of NumPy; a checkpoint of PyTorch is wanted.",
    b"\x7fELF": "is a program, not a checkpoint.",
    b"MZ": "is a program, not a checkpoint.",
}
"""First bytes of what is often given by mistake."""
_OLD_TORCH: Final = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""How files of torch before 1.6 begin."""


def kind(path: Path) -> Kind:
    """Return what kind of checkpoint a file is.

    Raises:
        PathRefused: it cannot be read.
        WeightsError: it is empty, cut off, too large, or something else altogether.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(1024)
    except OSError as error:
        raise PathRefused(f"{path}: cannot be read: {error.strerror}.") from error
    if size == 0:
        raise WeightsError(f"{path}: is empty (0 bytes): the download failed. {_AGAIN}")
    if size > LARGEST:
        raise WeightsError(
            f"{path}: has {size / 1e9:.1f} GB; at most {LARGEST / 1e9:.1f} GB are read."
        )
    problem = mistaken(start)
    if problem is not None:
        raise WeightsError(f"{path}: {problem}")
    if start.startswith(b"PK"):
        check_archive(path)
        return "torch"
    if start.startswith(_OLD_TORCH):
        return "old torch"
    if start[8:9] == b"{":
        _check_safetensors(path, start, size)
        return "safetensors"
    if start.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")):
        raise WeightsError(
            f"{path}: is a bare pickle, not a checkpoint that torch saved; a pickle may hold a "
            f"program, so it is not read."
        )
    raise WeightsError(
        f"{path}: is no checkpoint: it begins like no file that torch or safetensors writes. "
        f"A file such as .pth, .pth.tar or .safetensors is wanted."
    )


def mistaken(start: bytes) -> str | None:
    """Return what is wrong with a file that begins so, or None."""
    for first, problem in _STARTS.items():
        if start.startswith(first):
            return problem
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<!--", b"<script")):
        return _WEB
    if start[257:262] == b"ustar":
        return "is an archive of files (tar); unpack it first and add what is inside."
    if not start.strip(b"\x00"):
        return f"holds nothing but zeros where it begins: the download failed. {_AGAIN}"
    try:
        told = start.decode("ascii")
    except UnicodeDecodeError:
        return None
    if all(letter.isprintable() or letter in "\r\n\t\f" for letter in told):
        return f"is text, not a checkpoint. It begins {told.strip()[:40]!r}."
    return None


def check_archive(path: Path) -> None:
    """Refuse a zip archive that torch did not write, or that unpacks to more than it has.

    Raises:
        WeightsError: what is wrong with it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, OverflowError) as error:
        raise WeightsError(
            f"{path}: is cut off or damaged: an archive without its end. {_AGAIN}"
        ) from error
    names = [entry.filename for entry in entries]
    if not any(name.endswith("data.pkl") for name in names):
        raise WeightsError(
            f"{path}: is a zip archive that torch did not write (it holds "
            f"{', '.join(repr(name) for name in names[:3]) or 'nothing'}). Unpack it first and "
            f"add what is inside."
        )
    if any(name.split("/")[1:2] == ["code"] for name in names):
        raise WeightsError(
            f"{path}: is a whole program (TorchScript), not weights; a program is not run. Its "
            f"state_dict is wanted."
        )
    whole = sum(entry.file_size for entry in entries)
    squeezed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    if squeezed or whole > LARGEST or len(entries) > ENTRIES:
        raise WeightsError(
            f"{path}: unpacks to {whole} bytes in {len(entries)} entries; torch packs without "
            f"compression, and at most {LARGEST} bytes in {ENTRIES} entries are read."
        )


def _check_safetensors(path: Path, start: bytes, size: int) -> None:
    """Refuse a safetensors file whose list of tensors reaches past its end."""
    length = int.from_bytes(start[:8], "little")
    if length > min(size - 8, _HEADER):
        raise WeightsError(
            f"{path}: is cut off or damaged: its list of tensors would end at byte {length + 8} "
            f"of {size}. {_AGAIN}"
        )
