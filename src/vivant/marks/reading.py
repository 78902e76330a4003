"""Read the credentials of one file, whoever made them.

The library is given every file as it is. Of 160,000 signed files with flipped,
cut and inserted bytes none crashed it, took more than 40 ms or 100 MB (version
0.38.1), so it runs in this process; `read` is the one place to isolate.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vivant.errors import DamagedMedia
from vivant.marks.formats import NO_ROOM, media_type, sidecars, unreadable
from vivant.marks.library import context

_MAX_SIDECAR = 64 << 20
"""Bytes."""
_PLAIN = {
    "assertion.dataHash.mismatch": "the picture or sound was changed after signing",
    "assertion.bmffHash.mismatch": "the picture or sound was changed after signing",
    "assertion.boxesHash.mismatch": "the picture or sound was changed after signing",
    "assertion.hashedURI.mismatch": "a statement in the credentials was changed after signing",
    "assertion.missing": "a statement was taken out of the credentials",
    "claimSignature.mismatch": "the signature does not belong to these credentials",
    "signingCredential.expired": "the signer's certificate has expired",
    "signingCredential.invalid": "the signer's certificate is not valid for signing",
    "ingredient.manifest.mismatch": "the credentials of an ingredient were exchanged",
}
_HARMLESS = {"signingCredential.untrusted", "signingCredential.expired"}
"""Failures that say something of the signer, not of the content."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the library found in one file."""

    intact: bool
    """Whether content, statements and signature belong together."""
    trusted: bool
    """Whether the signer chains to a trust anchor."""
    problems: tuple[str, ...]
    """What is wrong, in plain words with the standard's code."""
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
        beside = next((one for one in sidecars(path) if one.is_file()), None)
        if isinstance(found, Credentials) or beside is None:
            return found
        return _parsed(path, kind, _manifest(beside), trust_anchors)
    except OSError as error:
        raise unreadable(path, error) from error


def _parsed(
    path: Path, kind: str, manifest: bytes | None, trust_anchors: str | None
) -> Credentials | str:
    import c2pa

    try:
        with (
            path.open("rb") as file,
            c2pa.Reader(kind, file, manifest, context=context(trust_anchors)) as reader,
        ):
            return _judged(json.loads(reader.json()))
    except c2pa.C2paError.ManifestNotFound:
        return "there are no credentials"
    except (c2pa.C2paError, ValueError, RecursionError) as error:
        if str(error).startswith("Remote"):  # the library has no type of its own for it
            return "its credentials are kept elsewhere on the network; vivant does not fetch them"
        if manifest is not None or _mentions_credentials(path):
            return Credentials(False, False, (f"the credentials cannot be read ({error})",))
        raise DamagedMedia(
            path, f"cannot be read as {kind} ({error}).", "Make or copy it again."
        ) from error


def _manifest(beside: Path) -> bytes:
    """Return the sidecar; one that is too long to be one is cut, and then fails to parse."""
    with beside.open("rb") as file:
        return file.read(_MAX_SIDECAR) or b"empty"  # the library refuses to look at nothing


def _mentions_credentials(path: Path) -> bool:
    """Whether the raw bytes hold the mark of a C2PA store, even where nothing can parse them."""
    tail = b""
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            if b"jumdc2pa" in tail + piece:
                return True
            tail = piece[-8:]
    return False


def _judged(report: Mapping[str, Any]) -> Credentials:
    failures = {
        (status["code"], status.get("explanation", ""))
        for results in _results(report.get("validation_results", {}))
        for status in results.get("failure", [])
    }
    codes = {code for code, _ in failures}
    intact = report.get("validation_state") in ("Valid", "Trusted") or (
        bool(codes) and codes <= _HARMLESS
    )
    problems = sorted(
        f"{_PLAIN.get(code, explanation or 'the credentials are broken')} ({code})"
        for code, explanation in failures
        if code != "signingCredential.untrusted"
    )
    if not intact and not problems:
        problems = ["the credentials are broken, for a reason that the library does not name"]
    manifests = report.get("manifests", {})
    return Credentials(
        intact,
        report.get("validation_state") == "Trusted",
        tuple(problems),
        manifests.get(report.get("active_manifest"), {}),
        manifests,
    )


def _results(validation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield validation.get("activeManifest") or {}
    for delta in validation.get("ingredientDeltas") or []:
        yield delta.get("validationDeltas") or {}
