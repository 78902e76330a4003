"""What a result was made from, as its credentials tell it: the portrait and the drivers."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vivant.errors import VivantError
from vivant.marks import reading
from vivant.marks.claim import DRIVER, EARLIER, PORTRAIT, Claim, thumbnail
from vivant.marks.formats import BESIDE, media_type, sidecars, unreadable

if TYPE_CHECKING:
    import c2pa

_UNREAD = "application/octet-stream"
"""Media type of an ingredient whose file the library is not given."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One of them, read once for any number of signatures."""

    label: str
    title: str
    relationship: str
    """`parentOf`: the result is an edit of it; `componentOf`: its picture is in the result;
    `inputTo`: it only steered it."""
    description: str
    thumbnail: bytes | None = None
    """JPEG."""
    file: tuple[str, Path] | None = None
    """Media type and path of a file whose credentials are kept."""

    def add(self, builder: c2pa.Builder) -> None:
        """Put it into a manifest."""
        import c2pa

        told: dict[str, Any] = {
            "title": self.title,
            "label": self.label,
            "relationship": self.relationship,
            "description": self.description,
        }
        if self.thumbnail is not None:
            name = f"{self.label}.jpg"
            builder.add_resource(name, io.BytesIO(self.thumbnail))
            told["thumbnail"] = {"format": "image/jpeg", "identifier": name}
        if self.file is not None:
            kind, path = self.file
            try:
                with path.open("rb") as file:
                    builder.add_ingredient(told, kind, file)
                return
            except c2pa.C2paError:  # damaged beyond parsing; that is stated, not hidden
                told["description"] += _UNREADABLE
        builder.add_ingredient(told, _UNREAD, io.BytesIO())


_UNREADABLE = "; its own credentials cannot be read"


def of(claim: Claim, source: Path) -> tuple[Ingredient, ...]:
    """Return the ingredients of a result.

    Args:
        claim: what is stated of it.
        source: the file that is going to be signed; if it was marked before, that is kept.

    Raises:
        PathRefused: the portrait, or a driver that may be shown, cannot be read.
    """
    found = []
    earlier, _ = _kept(source) if source.is_file() else (None, "")
    if earlier is not None:
        found.append(Ingredient(EARLIER, EARLIER, "parentOf", "marked before", None, earlier))
    if claim.portrait or claim.portrait_sha256 or claim.portrait_image is not None:
        file, fault = _kept(claim.portrait)
        image = claim.portrait_image
        small = None if image is None else thumbnail(image)
        described = _described(claim.portrait_sha256) + fault
        relationship = "parentOf" if claim.edited and not earlier else "componentOf"
        found.append(Ingredient(PORTRAIT, PORTRAIT, relationship, described, small, file))
    for label, digest in claim.drivers.items():
        found.append(_driver(claim, label, digest))
    return tuple(found)


def _driver(claim: Claim, label: str, digest: str) -> Ingredient:
    released = claim.released
    if released is None or label != DRIVER:
        withheld = "; its own credentials are withheld" if label in claim.withheld else ""
        return Ingredient(label, label, "inputTo", _described(digest) + withheld)
    file, fault = _kept(released.path)
    small = thumbnail(released.image)
    name = released.path.name
    return Ingredient(label, name, "inputTo", _described(digest) + fault, small, file)


def brings_credentials(path: Path) -> bool:
    """Whether a file seems to bring credentials: inside, or in a sidecar beside it.

    Raises:
        PathRefused: the file cannot be read.
    """
    try:
        return any(place.is_file() for place in sidecars(path)) or reading.mentions_credentials(
            path
        )
    except OSError as error:
        raise unreadable(path, error) from error


def _described(sha256: str | None) -> str:
    return f"sha256:{sha256}" if sha256 else "no file"


def _kept(path: Path | None) -> tuple[tuple[str, Path] | None, str]:
    """Return media type and path of a file that brings credentials, and what to say of it.

    Most files come from strangers. Only one that brings credentials is given to the library in
    this process at all, and only after a child has read it without harm.
    """
    if path is None:
        return None, ""
    try:
        beside = any(place.is_file() for place in sidecars(path))
        inside = reading.mentions_credentials(path)
        if beside and (path.suffix.lower() in BESIDE or not inside):
            return None, "; its own credentials lie in a file beside it, which is not kept"
        if not inside:
            return None, ""
        found = reading.read(path)
    except OSError as error:
        raise unreadable(path, error) from error
    except VivantError:
        return None, _UNREADABLE
    if isinstance(found, str) or not found.active:
        return None, _UNREADABLE
    return (media_type(path), path), ""
