"""Credentials of a folder of pictures: each picture's own, and a signed list of all.

The list, `SHA256SUMS`, has the form that `sha256sum -c` reads; its credentials
lie beside it. A picture that is taken out stays marked by its own credentials;
the list shows when one was changed, removed, added or put in another's place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vivant.errors import DamagedMedia, PathRefused, UnsupportedFormat
from vivant.marks.claim import sha256_of
from vivant.marks.formats import BESIDE, EMBEDS, LISTING, ONLY_READ, sidecar, unreadable
from vivant.marks.replacing import replacing

if TYPE_CHECKING:
    from vivant.marks.credentials import Signer

LIST = "SHA256SUMS"
"""Name of the list in the folder."""

_LINE = re.compile(r"([0-9a-f]{64}) [ *]([^/\\\0]+)")
_MAX_LIST = 64 << 20
"""Bytes; about 800,000 pictures."""


def sign(source: Path, target: Path, signer: Signer, *, listed: bool) -> str:
    """Sign every picture in the folder `source` and, if `listed`, list them in `target`.

    `target` may be `source`; otherwise it is made where it does not exist.

    Returns:
        the sha256 of the list (or of what the list would be, without names).

    Raises:
        UnsupportedFormat: there is no picture in `source`.
        PathRefused, DiskFull, Cancelled, MarkError: as `vivant.marks.sign` documents. Pictures that
            were signed before the failure stay; the list does not.
    """
    found = pictures(source)
    if not found:
        raise UnsupportedFormat(f"{source}: there is no picture in this folder to sign.")
    try:
        target.mkdir(exist_ok=True)
        (target / LIST).unlink(missing_ok=True)
    except OSError as error:
        raise PathRefused(f"{target}: cannot be written ({error.strerror or error}).") from error
    digests = {}
    for picture in found:
        signed = target / picture.name
        signer.sign(picture, signed, signed)
        digests[signed.name] = sha256_of(signed)
    if not listed:
        return _digest("".join(f"{sha256}\n" for sha256 in digests.values()))
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in digests.items())
    with replacing(found[0], target / LIST, signer.stop) as (_, write):
        write.write(lines.encode())
    signer.sign_beside(target / LIST, target / LIST, target / LIST, LISTING)
    return _digest(lines)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def pictures(folder: Path) -> list[Path]:
    """As `media`, of those kinds only that hold credentials inside."""
    return _with_endings(folder, EMBEDS)


def media(folder: Path) -> list[Path]:
    """Return the pictures and videos directly in `folder`, by their endings, sorted by name.

    Raises:
        PathRefused: the folder cannot be read.
    """
    return _with_endings(folder, {*EMBEDS, *BESIDE, *ONLY_READ})


def _with_endings(folder: Path, endings: Collection[str]) -> list[Path]:
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise unreadable(folder, error) from error
    return sorted(
        entry
        for entry in entries
        if entry.suffix.lower() in endings and not entry.name.startswith(".") and entry.is_file()
    )


def differences(folder: Path) -> Iterator[str]:
    """Yield in plain words each way in which `folder` differs from its list.

    Raises:
        DamagedMedia: the list is not one.
        PathRefused: the folder, or a file in it, cannot be read.
    """
    listed = _read(folder / LIST)
    for name in _beside(folder):
        if name not in listed:
            yield f"{name} is not in the signed list"
    for name, sha256 in listed.items():
        if not (folder / name).is_file():
            yield f"{name} is missing"
        elif sha256_of(folder / name) != sha256:
            yield f"{name} was changed after signing"


def _beside(folder: Path) -> list[str]:
    """Return the names of all regular files but the list and what systems hide there."""
    try:
        names = [entry.name for entry in folder.iterdir() if entry.is_file()]
    except OSError as error:
        raise unreadable(folder, error) from error
    ours = {LIST, sidecar(folder / LIST).name, "Thumbs.db", "desktop.ini"}
    return sorted(name for name in names if name not in ours and not name.startswith("."))


def _read(path: Path) -> dict[str, str]:
    try:
        if path.stat().st_size > _MAX_LIST:
            raise DamagedMedia(path, f"the list is longer than {_MAX_LIST >> 20} MB.")
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedMedia(path, "the list is not text.") from error
    except OSError as error:
        raise unreadable(path, error) from error
    listed = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise DamagedMedia(path, f"line {number} is no sha256 sum and file name.")
        listed[match[2]] = match[1]
    return listed
