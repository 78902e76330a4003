"""What vivant states about a file that it made, and the C2PA manifest that says so."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from vivant.errors import PathRefused, ShapeError
from vivant.marks.consent import Consent
from vivant.marks.label import LabelSettings
from vivant.types import check_picture

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""The IPTC term that every result carries.

Most of the picture is the portrait, a capture of the real world; what moves in
it was made by an algorithm from what trained networks read in another's face.
That holds for the mesh engine too: it warps pixels instead of dreaming them up,
but the expression was never before the camera, and `digitalCapture` with edits
would hide exactly that.
"""

ASSERTION = "org.vivant.reenactment"
"""Label of vivant's own statement in the manifest."""

WATERMARK = "org.vivant.watermark.1"
"""Name of the kind of invisible watermark, as the soft binding tells it."""

THUMBNAIL = 256
"""Longest side of the portrait's thumbnail, pixels."""

PORTRAIT, DRIVER = "portrait", "driver"
EARLIER = "earlier"
"""Label of a file that was marked before and is marked again."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, eq=False)
class Released:
    """A driving file whose performer agreed to be shown."""

    path: Path
    """The file; its name is told, and credentials that it brings are kept."""
    image: np.ndarray
    """A frame of it, (height, width, 3) uint8 RGB, for its thumbnail."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Claim:
    """What is stated about one result."""

    engine: str
    """Name of the engine that drew it."""
    engine_version: str
    """Version of the program that the engine belongs to."""
    weights: Mapping[str, str] = field(default_factory=dict)
    """The model files that it drew with: name to sha256."""
    settings_sha256: str | None = None
    """64 hex digits over all settings of the job, so that two results can be compared."""
    consent: Consent
    """Why the portrait may be animated."""
    label: LabelSettings
    """The visible label, or why there is none."""
    portrait: Path | None = None
    """The portrait's file; credentials that it brings along are kept."""
    portrait_image: np.ndarray | None = None
    """The portrait, (height, width, 3) uint8 RGB, for its thumbnail."""
    portrait_sha256: str | None = None
    """64 hex digits over the portrait file, or over its pixels where there is no file."""
    edited: bool = False
    """Whether the portrait is a video, which the result is an edit of."""
    driver_sha256: str | None = None
    """64 hex digits over the driving file. Neither its name nor a picture of it is
    told: they show the performer."""
    other_drivers: tuple[str | None, ...] = ()
    """The same of further drivers, where several faces move; None where there is no file."""
    released: Released | None = None
    """The driver as it may be shown; None: its performer has not agreed to be shown."""
    withheld: frozenset[str] = frozenset()
    """Labels of drivers that brought credentials, which are not kept: they could show the
    performer."""
    watermark_id: str | None = None
    """What the invisible watermark says: 16 hex digits, random for each job."""
    title: str = "AI-generated: a portrait moved by another's performance"
    """Title of the result in its credentials; names no person or file by default."""

    def __post_init__(self) -> None:
        if self.portrait_image is not None:
            check_picture(self.portrait_image, "Claim.portrait_image")
        for name, value in self._digests():
            if value is not None and not _DIGEST.fullmatch(value):
                raise ShapeError(f"Claim.{name} must be 64 hex digits, got {value!r}")
        if self.watermark_id is not None and not _ID.fullmatch(self.watermark_id):
            raise ShapeError(f"Claim.watermark_id must be 16 hex digits, got {self.watermark_id!r}")

    def _digests(self) -> Iterator[tuple[str, str | None]]:
        for name in ("portrait_sha256", "driver_sha256", "settings_sha256"):
            yield name, getattr(self, name)
        yield from (("other_drivers", value) for value in self.other_drivers)
        yield from (("weights", value) for value in self.weights.values())

    @property
    def drivers(self) -> dict[str, str]:
        """Label of each driver that is a file, and its sha256."""
        digests = [self.driver_sha256, *self.other_drivers]
        labels = [DRIVER, *(f"{DRIVER} {number}" for number in range(2, len(digests) + 1))]
        return {
            label: digest
            for label, digest in zip(labels, digests, strict=True)
            if digest is not None
        }


def generator_version() -> str:
    """Return vivant's own version."""
    from vivant import __version__

    return __version__


def statement(claim: Claim) -> dict[str, Any]:
    """Return vivant's own assertion as plain data."""
    label = claim.label
    return {
        "format": 1,
        "generator": f"vivant/{generator_version()}",
        "engine": engine(claim),
        "settings": {"sha256": claim.settings_sha256},
        "consent": asdict(claim.consent),
        "label": {"off_reason": label.off_reason} if label.off else {"text": label.words},
        "portrait": {"sha256": claim.portrait_sha256},
        "driver": {
            "sha256": claim.driver_sha256,
            "released": claim.released is not None,
            "credentials_withheld": DRIVER in claim.withheld,
        },
        **_others(claim),
        "watermark": {"id": claim.watermark_id},
    }


def engine(claim: Claim) -> dict[str, Any]:
    """Return the engine as plain data."""
    told: dict[str, Any] = {"name": claim.engine, "version": claim.engine_version}
    return {**told, "weights": dict(claim.weights)} if claim.weights else told


def _others(claim: Claim) -> dict[str, Any]:
    if not claim.other_drivers:
        return {}
    told = {label: digest for label, digest in claim.drivers.items() if label != DRIVER}
    return {"other_drivers": told}


def manifest(claim: Claim, *, portrait: bool, earlier: bool = False) -> dict[str, Any]:
    """Return the C2PA manifest definition for `claim`.

    Args:
        claim: what is stated.
        portrait: whether an ingredient of that label will be added.
        earlier: the same of `EARLIER`.
    """
    agent = {"name": "vivant", "version": generator_version()}
    return {
        "claim_generator_info": [agent],
        "title": claim.title,
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {"actions": list(_actions(claim, agent, portrait, earlier))},
            },
            {"label": ASSERTION, "data": statement(claim), "kind": "Json"},
            *_bindings(claim),
        ],
    }


def _actions(
    claim: Claim, agent: dict[str, str], portrait: bool, earlier: bool
) -> Iterator[dict[str, Any]]:
    """Yield what was done: a video or an earlier result is opened and edited, all else created."""
    opened = EARLIER if earlier else PORTRAIT if portrait and claim.edited else None
    if opened is not None:
        yield {"action": "c2pa.opened", "parameters": {"ingredientIds": [opened]}}
    made: dict[str, Any] = {
        "action": "c2pa.created" if opened is None else "c2pa.edited",
        "when": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "digitalSourceType": SOURCE_TYPE,
        "softwareAgent": agent,
        "description": f"A portrait moved by a driving performance (engine {claim.engine}).",
    }
    if claim.drivers:
        made["parameters"] = {"ingredientIds": list(claim.drivers)}
    yield made
    if portrait and opened != PORTRAIT:
        yield {"action": "c2pa.placed", "parameters": {"ingredientIds": [PORTRAIT]}}
    if claim.watermark_id is not None:
        yield {"action": "c2pa.watermarked"}


def _bindings(claim: Claim) -> Iterator[dict[str, Any]]:
    """Yield the soft binding: what leads from the picture alone back to this claim."""
    if claim.watermark_id is not None:
        blocks = [{"scope": {}, "value": claim.watermark_id}]
        yield {"label": "c2pa.soft-binding", "data": {"alg": WATERMARK, "blocks": blocks}}


def thumbnail(image: np.ndarray) -> bytes:
    """Return `image` as a JPEG of at most `THUMBNAIL` pixels a side, without metadata."""
    import cv2

    share = THUMBNAIL / max(image.shape[:2])
    if share < 1:
        size = max(1, round(image.shape[1] * share)), max(1, round(image.shape[0] * share))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85]
    )
    return bytes(data)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file as 64 hex digits; it is read in pieces.

    Raises:
        PathRefused: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PathRefused(f"{path}: cannot be read ({error.strerror or error}).") from error
