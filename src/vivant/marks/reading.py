"""Read the credentials of one file, whoever made them.

The library that parses them runs in a child process (`vivant.marks._child`), which has little to
lose and no network. Whatever happens to it is an answer about the file.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vivant.confined import Ended, Worker
from vivant.errors import DamagedMedia
from vivant.marks.formats import NO_ROOM, media_type, sidecars, unreadable

_PATIENCE = 60.0
"""Seconds that a small file may take."""
_PACE = 20e6
"""Bytes a second that a slow disk gives at least."""
UNTRUSTED = "signingCredential.untrusted"
"""What the standard calls a signer whom no trust list names."""
HARMLESS = {UNTRUSTED, "signingCredential.expired"}
"""Failures that say something of the signer, not of the content."""
_CHANGED = "the picture or sound was changed after signing"
_PLAIN = {
    "assertion.dataHash.mismatch": _CHANGED,
    "assertion.bmffHash.mismatch": _CHANGED,
    "assertion.boxesHash.mismatch": _CHANGED,
    "assertion.boxHash.mismatch": _CHANGED,
    "assertion.hashedURI.mismatch": "a statement in the credentials was changed after signing",
    "assertion.missing": "a statement was taken out of the credentials",
    "claim.missing": "the claim was taken out of the credentials",
    "claimSignature.mismatch": "the signature does not belong to these credentials",
    "claimSignature.missing": "the signature was taken out of the credentials",
    "signingCredential.expired": "the signer's certificate has expired",
    "signingCredential.invalid": "the signer's certificate is not valid for signing",
    "ingredient.manifest.mismatch": "the credentials of an ingredient were exchanged",
    "ingredient.manifest.missing": "the credentials of an ingredient were taken out",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that does not fit in a file's credentials."""

    code: str
    """The standard's name for it, such as `assertion.dataHash.mismatch`."""
    where: str
    """The assertion or other part that broke, such as `c2pa.hash.data`; empty where untold."""
    ingredient: str | None = None
    """The ingredient's assertion in whose credentials it broke; None: in the file's own."""
    explanation: str = ""
    """The library's words."""

    def __str__(self) -> str:
        told = _PLAIN.get(self.code, self.explanation or "the credentials are broken")
        where = f" in {self.where}" if self.where else ""
        whose = f", of the ingredient {self.ingredient}" if self.ingredient else ""
        return f"{told} ({self.code}{where}{whose})"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the library found in one file."""

    intact: bool
    """Whether content, statements and signature belong together."""
    trusted: bool
    """Whether the signer chains to a trust anchor."""
    failures: tuple[Failure, ...] = ()
    """What does not fit."""
    problems: tuple[str, ...] = ()
    """The same in plain words, with the standard's code."""
    active: Mapping[str, Any] = field(default_factory=dict)
    """The manifest of the file itself; empty where it cannot be read."""
    manifests: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """All manifests by label: the file's own and its ingredients'."""


def read(path: Path, trust_anchors: str | None = None) -> Credentials | str:
    """Return the credentials of `path`, or why there are none, in plain words.

    They are looked for inside the file, then in a sidecar beside it. Nothing is
    fetched: credentials kept elsewhere count as none.

    Raises:
        PathRefused: the file cannot be read.
        UnsupportedFormat: it is no picture or video.
        DamagedMedia: it cannot be parsed, and there is no sign of credentials in it.
    """
    return read_as(path, media_type(path), trust_anchors)


def read_as(path: Path, kind: str, trust_anchors: str | None = None) -> Credentials | str:
    """As `read`, for a file whose media type is known."""
    inside = kind not in NO_ROOM
    try:
        found = _parsed(path, kind, None, trust_anchors) if inside else "there are no credentials"
        beside = next((one for one in sidecars(path) if os.path.isfile(one)), None)  # noqa: PTH113
        if isinstance(found, Credentials) or beside is None:
            return found
        return _parsed(path, kind, beside, trust_anchors)
    except OSError as error:
        raise unreadable(path, error) from error


@functools.cache
def _worker() -> Worker:
    """The one child of this process; it ends itself when nobody asks for a while."""
    return Worker("vivant.marks._child")


def _parsed(
    path: Path, kind: str, beside: Path | None, trust_anchors: str | None
) -> Credentials | str:
    with path.open("rb"):  # say in our words what cannot be opened
        size = path.stat().st_size
    job = {
        "path": str(path.absolute()),
        "kind": kind,
        "sidecar": None if beside is None else str(beside.absolute()),
        "anchors": trust_anchors,
    }
    try:
        answer = _worker().ask(job, patience=_PATIENCE + size / _PACE)
    except Ended as error:
        answer = {"unreadable": f"the process that read them {error}"}
    if "none" in answer:
        return str(answer["none"])
    if "found" in answer:
        return _credentials(answer["found"])
    why = str(answer["unreadable"])
    if beside is not None or mentions_credentials(path):
        return Credentials(False, False, problems=(f"the credentials cannot be read ({why})",))
    raise DamagedMedia(path, f"cannot be read as {kind} ({why}).", "Make or copy it again.")


def mentions_credentials(path: Path) -> bool:
    """Whether the raw bytes hold the mark of a C2PA store, even where nothing can parse them."""
    tail = b""
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            if b"jumdc2pa" in tail + piece:
                return True
            tail = piece[-8:]
    return False


def _credentials(found: Mapping[str, Any]) -> Credentials:
    failures = tuple(
        Failure(code, _last(url), _last(place) or None, explanation)
        for code, url, place, explanation in found["failures"]
    )
    problems = [str(one) for one in failures]
    if not found["intact"] and not problems:
        problems = ["the credentials are broken, for a reason that the library does not name"]
    return Credentials(
        found["intact"],
        found["trusted"],
        failures,
        tuple(problems),
        found["active"],
        found["manifests"],
    )


def _last(address: str) -> str:
    """Return the last part of an address inside the credentials.

    >>> _last("self#jumbf=/c2pa/urn:c2pa:5a44/c2pa.assertions/c2pa.hash.data")
    'c2pa.hash.data'
    """
    return address.rsplit("/", 1)[-1]
